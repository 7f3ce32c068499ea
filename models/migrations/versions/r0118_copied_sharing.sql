DROP POLICY patient_reads ON care.course;
DROP POLICY patient_reads ON care.evaluation;
DROP POLICY patient_reads ON care.side_effect;
DROP POLICY patient_reads ON care.profile;
ALTER TABLE care.course ADD COLUMN profile_sharing character varying;
ALTER TABLE care.evaluation ADD COLUMN profile_sharing character varying;
ALTER TABLE care.side_effect ADD COLUMN profile_sharing character varying;
UPDATE care.course c SET profile_sharing = p.sharing FROM care.profile p WHERE p.member_id = c.member_id;
UPDATE care.evaluation e SET profile_sharing = p.sharing FROM care.profile p WHERE p.member_id = e.member_id;
UPDATE care.side_effect s SET profile_sharing = p.sharing FROM care.profile p WHERE p.member_id = s.member_id;
CREATE OR REPLACE FUNCTION care.place_evaluation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    SELECT c.community_id INTO NEW.community_id FROM care.course c WHERE c.id = NEW.course_id FOR SHARE;
    SELECT p.sharing INTO NEW.profile_sharing FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    NEW.sharing := care.sharing_in(NEW.member_id, NEW.community_id);
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.copy_sharing()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    SELECT p.sharing INTO NEW.profile_sharing FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.share_tracking()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := coalesce(NEW.member_id, OLD.member_id);
BEGIN
    UPDATE care.course c SET profile_sharing = NEW.sharing
    WHERE c.member_id = whose AND c.profile_sharing IS DISTINCT FROM NEW.sharing;
    UPDATE care.evaluation e SET profile_sharing = NEW.sharing
    WHERE e.member_id = whose AND e.profile_sharing IS DISTINCT FROM NEW.sharing;
    UPDATE care.side_effect s SET profile_sharing = NEW.sharing
    WHERE s.member_id = whose AND s.profile_sharing IS DISTINCT FROM NEW.sharing;
    RETURN NULL;
END $function$;

CREATE VIEW care.common_membership WITH (security_barrier=true) AS  SELECT member_id
   FROM care.membership m
  WHERE ((((sharing)::text = 'ALL_MEMBERS'::text) OR ((sharing)::text = 'MY_COMMUNITIES'::text)) AND (community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[])));

CREATE TRIGGER copy_sharing BEFORE INSERT ON care.course FOR EACH ROW EXECUTE FUNCTION care.copy_sharing();
CREATE TRIGGER copy_sharing BEFORE INSERT ON care.side_effect FOR EACH ROW EXECUTE FUNCTION care.copy_sharing();
CREATE TRIGGER share_tracking AFTER INSERT OR DELETE OR UPDATE OF sharing ON care.profile FOR EACH ROW EXECUTE FUNCTION care.share_tracking();
CREATE POLICY patient_reads ON care.profile FOR SELECT TO cohorte_patient USING (
CASE (member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))
    WHEN true THEN true
    WHEN false THEN (((sharing)::text = 'ALL_MEMBERS'::text) OR (((sharing)::text = 'MY_COMMUNITIES'::text) AND ( SELECT true
       FROM care.common_membership c
      WHERE (c.member_id = profile.member_id)
     LIMIT 1)) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[])))
    ELSE NULL::boolean
END);

CREATE POLICY patient_reads ON care.course FOR SELECT TO cohorte_patient USING (
CASE (member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))
    WHEN true THEN true
    WHEN false THEN (((profile_sharing)::text = 'ALL_MEMBERS'::text) OR (((profile_sharing)::text = 'MY_COMMUNITIES'::text) AND ( SELECT true
       FROM care.common_membership c
      WHERE (c.member_id = course.member_id)
     LIMIT 1)) OR ((profile_sharing IS NOT NULL) AND (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))))
    ELSE NULL::boolean
END);

CREATE POLICY patient_reads ON care.evaluation FOR SELECT TO cohorte_patient USING (
CASE (member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))
    WHEN true THEN true
    WHEN false THEN (((profile_sharing)::text = 'ALL_MEMBERS'::text) OR (((profile_sharing)::text = 'MY_COMMUNITIES'::text) AND ( SELECT true
       FROM care.common_membership c
      WHERE (c.member_id = evaluation.member_id)
     LIMIT 1)) OR ((profile_sharing IS NOT NULL) AND (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))))
    ELSE NULL::boolean
END);

CREATE POLICY patient_reads ON care.side_effect FOR SELECT TO cohorte_patient USING (
CASE (member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))
    WHEN true THEN true
    WHEN false THEN (((profile_sharing)::text = 'ALL_MEMBERS'::text) OR (((profile_sharing)::text = 'MY_COMMUNITIES'::text) AND ( SELECT true
       FROM care.common_membership c
      WHERE (c.member_id = side_effect.member_id)
     LIMIT 1)) OR ((profile_sharing IS NOT NULL) AND (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))))
    ELSE NULL::boolean
END);

GRANT SELECT ON care.common_membership TO cohorte_patient;

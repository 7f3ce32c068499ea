DROP POLICY patient_reads ON care.observation;
DROP POLICY patient_reads ON care.course;
DROP POLICY patient_reads ON care.evaluation;
DROP POLICY patient_reads ON care.side_effect;
DROP POLICY patient_reads ON care.profile;
DROP POLICY patient_reads ON care.membership;
DROP POLICY patient_reads ON care.own_indicator;
DROP POLICY patient_reads ON care.own_observation;
DROP POLICY patient_reads ON care.own_treatment;
DROP POLICY patient_reads ON care.own_course;
CREATE OR REPLACE FUNCTION care.viewer_patients()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY(
        SELECT l.patient_id FROM care.care_link l
        WHERE l.relative_id = nullif(current_setting('cohorte.member', true), '')::uuid AND l.status = 'ACCEPTED')
$function$;

CREATE POLICY patient_reads ON care.observation FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR ( SELECT true
   FROM care.profile p
  WHERE (p.member_id = observation.member_id))));

CREATE POLICY patient_reads ON care.profile FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (((sharing)::text = 'ALL_MEMBERS'::text) AND (( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL)) OR (((sharing)::text = 'MY_COMMUNITIES'::text) AND ( SELECT true
   FROM care.membership theirs
  WHERE ((theirs.member_id = profile.member_id) AND (theirs.community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[])))
 LIMIT 1)) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))));

CREATE POLICY patient_reads ON care.course FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR ( SELECT true
   FROM care.profile p
  WHERE (p.member_id = course.member_id))));

CREATE POLICY patient_reads ON care.membership FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (((sharing)::text = 'ALL_MEMBERS'::text) AND (( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL)) OR (((sharing)::text = 'MY_COMMUNITIES'::text) AND (community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[]))) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))));
CREATE POLICY patient_reads ON care.evaluation FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR ( SELECT true
   FROM care.profile p
  WHERE (p.member_id = evaluation.member_id))));

CREATE POLICY patient_reads ON care.own_indicator FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))));
CREATE POLICY patient_reads ON care.own_treatment FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))));
CREATE POLICY patient_reads ON care.own_course FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))));
CREATE POLICY patient_reads ON care.own_observation FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[]))));
CREATE POLICY patient_reads ON care.side_effect FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR ( SELECT true
   FROM care.profile p
  WHERE (p.member_id = side_effect.member_id))));

GRANT EXECUTE ON FUNCTION care.viewer_patients() TO cohorte_patient;

DROP INDEX care.ix_evaluation_treatment_id_community_id_evaluated_on_id;
DROP INDEX care.ix_evaluation_treatment_id_evaluated_on_id;
ALTER TABLE care.evaluation ADD COLUMN sharing character varying DEFAULT 'ONLY_ME'::character varying NOT NULL;
CREATE INDEX ix_evaluation_treatment_id_community_id_sharing_evaluated_on_id ON care.evaluation USING btree (treatment_id, community_id, sharing, evaluated_on, id);
CREATE INDEX ix_evaluation_treatment_id_sharing_evaluated_on_id ON care.evaluation USING btree (treatment_id, sharing, evaluated_on, id);
CREATE INDEX ix_membership_community_id_sharing_joined_on_member_id ON care.membership USING btree (community_id, sharing, joined_on, member_id);
CREATE OR REPLACE FUNCTION care.viewer_communities()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY(
        SELECT m.community_id FROM care.membership m
        WHERE m.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        UNION
        SELECT c.id FROM care.membership m JOIN catalog.community c ON c.merged_into_id = m.community_id
        WHERE m.member_id = nullif(current_setting('cohorte.member', true), '')::uuid)
$function$;

CREATE OR REPLACE FUNCTION care.sharing_in(member uuid, community uuid)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce((
        SELECT p.sharing FROM care.profile p
        WHERE p.member_id = sharing_in.member AND (p.sharing <> 'MY_COMMUNITIES' OR EXISTS (
            SELECT FROM care.membership m
            WHERE m.member_id = sharing_in.member AND m.community_id = sharing_in.community))
    ), 'ONLY_ME')
$function$;

CREATE OR REPLACE FUNCTION care.place_evaluation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    SELECT c.community_id INTO NEW.community_id FROM care.course c WHERE c.id = NEW.course_id FOR SHARE;
    PERFORM FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    NEW.sharing := care.sharing_in(NEW.member_id, NEW.community_id);
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.move_evaluation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE care.evaluation e
    SET community_id = NEW.community_id, sharing = care.sharing_in(e.member_id, NEW.community_id)
    WHERE e.course_id = NEW.id;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.share_evaluations()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := coalesce(NEW.member_id, OLD.member_id);
BEGIN
    UPDATE care.evaluation e SET sharing = care.sharing_in(whose, e.community_id)
    WHERE e.member_id = whose AND e.sharing <> care.sharing_in(whose, e.community_id);
    RETURN NULL;
END $function$;

UPDATE care.evaluation e SET sharing = care.sharing_in(e.member_id, e.community_id)
WHERE e.sharing <> care.sharing_in(e.member_id, e.community_id);
CREATE TRIGGER share_evaluations_of_profile AFTER INSERT OR UPDATE OF sharing ON care.profile FOR EACH ROW EXECUTE FUNCTION care.share_evaluations();
CREATE TRIGGER share_evaluations_of_member AFTER INSERT OR DELETE OR UPDATE OF community_id ON care.membership FOR EACH ROW EXECUTE FUNCTION care.share_evaluations();

CREATE OR REPLACE FUNCTION catalog.unschedule_survey(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    drafted integer;
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'DRAFT', version = s.version + 1
    WHERE s.id = unschedule_survey.survey AND s.status = 'WAITING'
    RETURNING s.version INTO drafted;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM catalog.question q WHERE q.survey_id = unschedule_survey.survey AND q.version < drafted - 1;
    UPDATE catalog.question q SET version = drafted WHERE q.survey_id = unschedule_survey.survey;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION catalog.set_survey_terms(survey uuid, opens_on date, minimum_participants integer, offered_to text[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s
    SET opens_on = set_survey_terms.opens_on, minimum_participants = set_survey_terms.minimum_participants,
        offered_to = set_survey_terms.offered_to
    WHERE s.id = set_survey_terms.survey AND s.status = 'DRAFT';
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION catalog.keep_question()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM (
        SELECT q.kind, q.minimum, q.maximum, q.bins, q.max_choices FROM catalog.question q
        WHERE q.survey_id = NEW.survey_id AND q.key = NEW.key AND q.version < NEW.version
        ORDER BY q.version DESC LIMIT 1
    ) q WHERE (q.kind, q.minimum, q.maximum, q.bins, q.max_choices)
        IS DISTINCT FROM (NEW.kind, NEW.minimum, NEW.maximum, NEW.bins, NEW.max_choices);
    IF FOUND THEN
        RAISE 'an earlier version of the survey asks another question with this key' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;

CREATE TRIGGER keep_question BEFORE INSERT ON catalog.question FOR EACH ROW EXECUTE FUNCTION catalog.keep_question();
CREATE POLICY manager_updates ON catalog.eligibility FOR UPDATE TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles))))) AND (EXISTS ( SELECT
   FROM catalog.survey s
  WHERE ((s.id = eligibility.survey_id) AND ((s.status)::text = 'DRAFT'::text)))))) WITH CHECK (((EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles))))) AND (EXISTS ( SELECT
   FROM catalog.survey s
  WHERE ((s.id = eligibility.survey_id) AND ((s.status)::text = 'DRAFT'::text))))));

GRANT UPDATE (born_from, born_to, kinds, regions, sexes, treatment_ids) ON catalog.eligibility TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.unschedule_survey(uuid) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.set_survey_terms(uuid,date,integer,text[]) TO cohorte_manager;

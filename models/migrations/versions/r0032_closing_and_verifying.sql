DROP FUNCTION research.close_at_once(uuid);
ALTER TABLE catalog.survey ADD COLUMN no_dataset character varying(32);
-- Whatever has closed so far was frozen at once.
UPDATE catalog.survey s SET no_dataset = CASE
    WHEN EXISTS (SELECT FROM insight.dataset d WHERE d.survey_id = s.id) THEN 'TOO_FEW' ELSE 'NOT_OPENED' END
WHERE s.status = 'CLOSED';
ALTER TABLE catalog.survey ADD CONSTRAINT ck_survey_no_dataset CHECK (no_dataset IN ('NOT_OPENED', 'TOO_FEW'));
ALTER TABLE catalog.survey ADD CONSTRAINT ck_survey_without CHECK (no_dataset IS NULL OR status = 'CLOSED');
CREATE OR REPLACE FUNCTION catalog.close_survey(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE catalog.survey s
    SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today())),
        no_dataset = CASE s.status WHEN 'WAITING' THEN 'NOT_OPENED' END
    WHERE s.id = close_survey.survey AND s.status IN ('WAITING', 'OPEN');
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION catalog.is_to_freeze(survey catalog.survey)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT survey.status = 'CLOSED' AND survey.no_dataset IS NULL $function$;

CREATE OR REPLACE FUNCTION research.delete_answers(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = delete_answers.survey AND catalog.is_to_freeze(s) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC')
    WHERE p.survey_id = delete_answers.survey AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL);
    -- Nobody can answer any more.
    UPDATE research.participation p SET status = 'LAPSED'
    WHERE p.survey_id = delete_answers.survey AND p.status IN ('INVITED', 'STARTED');
    DELETE FROM care.notification n WHERE n.subject_id = delete_answers.survey AND n.kind = 'SURVEY_OPEN';
    DELETE FROM research.answer_sheet a WHERE a.survey_id = delete_answers.survey;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION catalog.surveys_due()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT s.id FROM catalog.survey s
    WHERE s.status IN ('WAITING', 'OPEN') AND catalog.is_over(s.closes_on)
        OR catalog.is_to_freeze(s) OR catalog.is_look_due(s)
    ORDER BY s.id
$function$;

CREATE OR REPLACE FUNCTION catalog.release_survey(survey uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE catalog.survey s
    SET status = CASE d.status WHEN 'OPEN' THEN 'RELEASED' ELSE s.status END,
        no_dataset = CASE d.status WHEN 'TOO_SMALL' THEN 'TOO_FEW' END
    FROM insight.dataset d
    WHERE s.id = release_survey.survey AND catalog.is_to_freeze(s) AND d.survey_id = s.id
        AND d.status IN ('OPEN', 'TOO_SMALL')
$function$;

GRANT EXECUTE ON FUNCTION catalog.close_survey(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.is_to_freeze(catalog.survey) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.delete_answers(uuid) TO cohorte_publisher;
DROP POLICY manager_updates ON care.member;
CREATE POLICY manager_updates ON care.member FOR UPDATE TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) AND ((kind)::text = 'ASSOCIATION'::text))) WITH CHECK (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) AND ((kind)::text = 'ASSOCIATION'::text)));

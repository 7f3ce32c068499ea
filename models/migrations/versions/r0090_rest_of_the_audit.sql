ALTER TABLE research.survey_opening ALTER COLUMN threshold DROP NOT NULL;
UPDATE catalog.survey SET minimum_participants = 200 WHERE minimum_participants < 200;
ALTER TABLE catalog.survey ADD CONSTRAINT ck_survey_least_participants CHECK (minimum_participants >= 200);
CREATE OR REPLACE FUNCTION research.spent_on_surveys(community uuid, day date)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(sum(r.micro_rho), 0)::integer
    FROM insight.count_release r JOIN catalog.survey s ON s.id = r.survey_id
    LEFT JOIN research.survey_opening o ON o.survey_id = s.id AND r.kind = 'OPENING'
    WHERE r.community_id = spent_on_surveys.community
        AND (r.published_at >= catalog.year_before(spent_on_surveys.day) OR o.looked_on > spent_on_surveys.day - 365
            OR r.kind = 'OPENING' AND s.status = 'WAITING')
$function$;

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
    UPDATE research.survey_opening o SET threshold = NULL WHERE o.survey_id = unschedule_survey.survey;
    DELETE FROM catalog.question q WHERE q.survey_id = unschedule_survey.survey AND q.version < drafted - 1;
    UPDATE catalog.question q SET version = drafted WHERE q.survey_id = unschedule_survey.survey;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION research.begin_opening(survey uuid, threshold integer)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO research.survey_opening (survey_id, threshold, demonstration)
    SELECT s.id, begin_opening.threshold, s.demonstration FROM catalog.survey s WHERE s.id = begin_opening.survey
    ON CONFLICT (survey_id) DO UPDATE SET threshold = excluded.threshold
$function$;

CREATE OR REPLACE FUNCTION research.is_opening(survey uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (SELECT FROM research.survey_opening o
        WHERE o.survey_id = is_opening.survey AND o.threshold IS NOT NULL)
$function$;

CREATE OR REPLACE FUNCTION catalog.open_survey(survey uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    community uuid;
BEGIN
    SELECT s.community_id INTO community FROM catalog.survey s WHERE s.id = open_survey.survey;
    PERFORM catalog.lock_community(community);
    UPDATE catalog.survey s SET status = 'OPEN', opens_on = coalesce(s.opens_on, catalog.today())
    WHERE s.id = open_survey.survey AND s.status = 'WAITING';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE research.survey_opening o SET threshold = NULL WHERE o.survey_id = open_survey.survey;
    PERFORM identity.queue_news('SURVEY_OPENED', open_survey.survey);
    PERFORM care.announce('surveyOpened', open_survey.survey, community);
END $function$;

GRANT EXECUTE ON FUNCTION research.spent_on_surveys(uuid,date) TO cohorte_publisher;

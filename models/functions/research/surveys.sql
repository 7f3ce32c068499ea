-- How surveys open, close and are released.
--
-- Locks are taken in one order, which avoids deadlocks: the member and their consents, communities, datasets, surveys,
-- their progress, the public ledger. A survey is locked FOR SHARE while it is answered, FOR UPDATE while its status
-- changes.

-- Opens a waiting survey whose day has come and which enough members can answer. Whether it did.
CREATE FUNCTION research.open_if_ready(survey uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today date := catalog.today();
    found_survey catalog.survey;
BEGIN
    SELECT * INTO found_survey FROM catalog.survey s WHERE s.id = open_if_ready.survey FOR UPDATE;
    IF found_survey.status IS DISTINCT FROM 'WAITING' OR found_survey.opens_on > today
        OR catalog.is_over(found_survey.closes_on)
        OR (SELECT count(*) FROM research.eligible(found_survey.id)) < found_survey.minimum_participants
    THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'OPEN', opens_on = coalesce(s.opens_on, today) WHERE s.id = found_survey.id;
    PERFORM research.invite(found_survey.id);
    PERFORM care.announce('surveyOpened', found_survey.id, found_survey.community_id);
    RETURN true;
END $$;

-- Closes a waiting or open survey and cuts every link between members and their answers. Whether it did.
--
-- Only the publisher closes surveys: the survey becomes a dataset in the same transaction, before the links are cut.
CREATE FUNCTION research.close_at_once(survey uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = close_at_once.survey AND s.status IN ('WAITING', 'OPEN') FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today()))
    WHERE s.id = close_at_once.survey;
    -- Answers that were not submitted are deleted.
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = close_at_once.survey AND p.status <> 'COMPLETED' AND a.id = p.answer_sheet_id;
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC')
    WHERE p.survey_id = close_at_once.survey AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL);
    -- Nobody can answer any more.
    UPDATE research.participation p SET status = 'LAPSED'
    WHERE p.survey_id = close_at_once.survey AND p.status IN ('INVITED', 'STARTED');
    DELETE FROM care.notification n WHERE n.subject_id = close_at_once.survey AND n.kind = 'SURVEY_OPEN';
    -- All answers are rewritten under new ids, in their order: neither an id that was seen before nor a row's position
    -- or transaction shows when it was given, and so by whom.
    WITH renamed AS MATERIALIZED (
        SELECT a.id AS was, gen_random_uuid() AS becomes, a.demonstration FROM research.answer_sheet a
        WHERE a.survey_id = close_at_once.survey
    ), taken AS (
        DELETE FROM research.answer a USING renamed r WHERE a.answer_sheet_id = r.was RETURNING r.becomes, a.*
    ), gone AS (
        DELETE FROM research.answer_sheet a USING renamed r WHERE a.id = r.was
    ), sheets AS (
        INSERT INTO research.answer_sheet (id, survey_id, demonstration)
        SELECT r.becomes, close_at_once.survey, r.demonstration FROM renamed r ORDER BY r.becomes
    )
    INSERT INTO research.answer (answer_sheet_id, question_id, codes, number, day, text, demonstration)
    SELECT t.becomes, t.question_id, t.codes, t.number, t.day, t.text, t.demonstration FROM taken t
    ORDER BY t.becomes, t.question_id;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION research.close_at_once(uuid) TO cohorte_publisher;

-- Opens the waiting surveys of a community that have become ready, and invites the viewer to its open ones. Called
-- after a change of memberships, of consents or of what eligibility depends on.
--
-- The community's row is locked, also when a survey is scheduled: two concurrent transactions would not see each
-- other's change, and the viewer would never be invited.
CREATE FUNCTION catalog.readiness_changed(community uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    one uuid;
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = readiness_changed.community FOR NO KEY UPDATE;
    FOR one IN
        SELECT s.id FROM catalog.survey s
        WHERE s.community_id = readiness_changed.community AND s.status = 'WAITING' ORDER BY s.id
    LOOP
        PERFORM research.open_if_ready(one);
    END LOOP;
    IF viewer IS NOT NULL THEN
        FOR one IN
            SELECT s.id FROM catalog.survey s
            WHERE s.community_id = readiness_changed.community AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on)
            ORDER BY s.id FOR SHARE
        LOOP
            PERFORM research.invite(one, viewer);
        END LOOP;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION catalog.readiness_changed(uuid) TO cohorte_patient, cohorte_manager;

-- Raises insufficient_privilege unless the viewer is a survey manager.
CREATE FUNCTION identity.require_survey_manager() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'SURVEY_MANAGER' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'only survey managers may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.require_survey_manager() TO cohorte_publisher;

-- Schedules a draft and opens it if it is ready. Its new status; null if it is no draft, or its last day is over.
CREATE FUNCTION catalog.schedule_survey(survey uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_survey_manager();
    PERFORM FROM catalog.community c JOIN catalog.survey s ON s.community_id = c.id
    WHERE s.id = schedule_survey.survey FOR NO KEY UPDATE OF c;
    UPDATE catalog.survey s SET status = 'WAITING'
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND NOT catalog.is_over(s.closes_on);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN CASE WHEN research.open_if_ready(schedule_survey.survey) THEN 'OPEN' ELSE 'WAITING' END;
END $$;
GRANT EXECUTE ON FUNCTION catalog.schedule_survey(uuid) TO cohorte_manager;

-- The status of a survey, which stays so until the transaction ends; null if there is none.
CREATE FUNCTION research.lock_survey(survey uuid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT s.status::text FROM catalog.survey s WHERE s.id = lock_survey.survey FOR UPDATE $$;
GRANT EXECUTE ON FUNCTION research.lock_survey(uuid) TO cohorte_publisher;

-- Surveys that may be due to open or close. Each is then handled in a transaction of its own, which checks again.
CREATE FUNCTION catalog.surveys_due() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id FROM catalog.survey s
    WHERE s.status IN ('WAITING', 'OPEN') AND catalog.is_over(s.closes_on)
        OR s.status = 'WAITING' AND (s.opens_on IS NULL OR s.opens_on <= catalog.today())
    ORDER BY s.id
$$;
GRANT EXECUTE ON FUNCTION catalog.surveys_due() TO cohorte_publisher;

-- Opens a survey if it is ready: OPEN, or null if it isn't.
CREATE FUNCTION catalog.open_due(survey uuid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN research.open_if_ready(open_due.survey) THEN 'OPEN' END $$;
GRANT EXECUTE ON FUNCTION catalog.open_due(uuid) TO cohorte_publisher;

-- Marks a closed survey as released if its dataset is open. It stays closed if its dataset is too small.
CREATE FUNCTION catalog.release_survey(survey uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE catalog.survey s SET status = 'RELEASED'
    WHERE s.id = release_survey.survey AND s.status = 'CLOSED'
        AND EXISTS (SELECT FROM insight.dataset d WHERE d.survey_id = s.id AND d.status = 'OPEN')
$$;
GRANT EXECUTE ON FUNCTION catalog.release_survey(uuid) TO cohorte_publisher;

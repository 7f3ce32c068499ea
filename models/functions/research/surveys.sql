-- Opens a waiting survey whose day has come and whom enough can answer; whether it did.
CREATE FUNCTION research.open_if_ready(survey uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today date := catalog.today();
    found_survey catalog.survey;
BEGIN
    SELECT * INTO found_survey FROM catalog.survey s WHERE s.id = open_if_ready.survey FOR UPDATE;
    IF found_survey.status IS DISTINCT FROM 'WAITING' OR found_survey.opens_on > today
        OR found_survey.closes_on < today
        OR (SELECT count(*) FROM research.eligible(found_survey.id)) < found_survey.minimum_participants
    THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'OPEN', opens_on = coalesce(s.opens_on, today) WHERE s.id = found_survey.id;
    PERFORM research.invite(found_survey.id);
    PERFORM care.announce('surveyOpened', found_survey.id, found_survey.community_id);
    RETURN true;
END $$;

-- Closes a survey that waits or is open, and cuts every link between a member and its answers; whether it did.
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
    -- Answers that were begun and not sent are not given.
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = close_at_once.survey AND p.status <> 'COMPLETED' AND a.id = p.answer_sheet_id;
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC')
    WHERE p.survey_id = close_at_once.survey AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL);
    -- New ids, in whose order all is written anew: neither an id that was seen before, nor a row's place or transaction
    -- says when it was answered, and so by whom.
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

-- What a change of who belongs to a community, of what the viewer consents to or of what surveys go by opens: waiting
-- surveys that enough can answer now, and open ones to the viewer. Who changes it and who schedules a survey hold the
-- community one after the other: at once, neither would see the other, and the viewer would never be invited.
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
            WHERE s.community_id = readiness_changed.community AND s.status = 'OPEN' AND s.closes_on >= catalog.today()
            ORDER BY s.id FOR SHARE
        LOOP
            PERFORM research.invite(one, viewer);
        END LOOP;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION catalog.readiness_changed(uuid) TO cohorte_patient, cohorte_manager;

-- For the house's survey managers alone: what may be done to a survey's standing. Each says where it stands afterwards,
-- null where there was nothing to do.
CREATE FUNCTION identity.require_survey_manager() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'SURVEY_MANAGER' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'a survey manager''s alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.require_survey_manager() TO cohorte_publisher;

CREATE FUNCTION catalog.schedule_survey(survey uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_survey_manager();
    PERFORM FROM catalog.community c JOIN catalog.survey s ON s.community_id = c.id
    WHERE s.id = schedule_survey.survey FOR NO KEY UPDATE OF c;
    UPDATE catalog.survey s SET status = 'WAITING'
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND s.closes_on >= catalog.today();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN CASE WHEN research.open_if_ready(schedule_survey.survey) THEN 'OPEN' ELSE 'WAITING' END;
END $$;
GRANT EXECUTE ON FUNCTION catalog.schedule_survey(uuid) TO cohorte_manager;

-- Who is in a dataset, and how one leaves it. What a member is worth to a dataset depends on that member's own rows
-- alone: nobody comes in, or stays out, for what others have said.
--
-- Locks are taken in one order here too: the member and its consents, datasets, surveys, the register. The publisher
-- holds a dataset FOR NO KEY UPDATE while it counts, who leaves it FOR SHARE: of the two the second waits.

-- Where a survey stands, which stays so until the transaction ends; null where there is none.
CREATE FUNCTION research.lock_survey(survey uuid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT s.status::text FROM catalog.survey s WHERE s.id = lock_survey.survey FOR UPDATE $$;
GRANT EXECUTE ON FUNCTION research.lock_survey(uuid) TO cohorte_publisher;

-- What time brings about, and nobody needs to be asked for. The ids of surveys that may have fallen due; then each in a
-- transaction of its own, which looks again: what it did, null for nothing.
CREATE FUNCTION catalog.surveys_due() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id FROM catalog.survey s
    WHERE s.status IN ('WAITING', 'OPEN') AND s.closes_on < catalog.today()
        OR s.status = 'WAITING' AND (s.opens_on IS NULL OR s.opens_on <= catalog.today())
    ORDER BY s.id
$$;
GRANT EXECUTE ON FUNCTION catalog.surveys_due() TO cohorte_publisher;

-- Opens a waiting survey whose day has come and whom enough can answer: OPEN, or null for nothing.
CREATE FUNCTION catalog.open_due(survey uuid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN research.open_if_ready(open_due.survey) THEN 'OPEN' END $$;
GRANT EXECUTE ON FUNCTION catalog.open_due(uuid) TO cohorte_publisher;

-- Says of a survey that has closed that its dataset can be asked; a survey whose dataset is too small stays closed.
CREATE FUNCTION catalog.release_survey(survey uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE catalog.survey s SET status = 'RELEASED'
    WHERE s.id = release_survey.survey AND s.status = 'CLOSED'
        AND EXISTS (SELECT FROM insight.dataset d WHERE d.survey_id = s.id AND d.status = 'OPEN')
$$;
GRANT EXECUTE ON FUNCTION catalog.release_survey(uuid) TO cohorte_publisher;

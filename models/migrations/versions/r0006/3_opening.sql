-- Opening and closing. Days are UTC's, as everywhere.
--
-- Locks are taken in one order, or two would wait for each other: the member, communities, surveys, their progress. A
-- survey that is being answered is held FOR SHARE, one whose standing changes FOR UPDATE.

CREATE FUNCTION catalog.today() RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT (now() AT TIME ZONE 'UTC')::date $$;

-- Whom a survey asks: members of its community whose consent extends to everybody that it is offered to, since others'
-- answers could never be used; patients, unless its eligibility says otherwise. All of them, or whether one is.
CREATE FUNCTION research.eligible(survey uuid, only_member uuid DEFAULT NULL) RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id
    FROM catalog.survey s
    LEFT JOIN catalog.eligibility e ON e.survey_id = s.id
    JOIN care.membership b ON b.community_id = s.community_id
    JOIN care.member m ON m.id = b.member_id
    JOIN research.consent k ON k.member_id = m.id AND k.purpose = 'SURVEY_RESEARCH' AND k.granted
        AND k.recipients @> s.offered_to
    LEFT JOIN care.profile p ON p.member_id = m.id
    WHERE s.id = eligible.survey AND (eligible.only_member IS NULL OR m.id = eligible.only_member)
        AND CASE WHEN cardinality(e.kinds) > 0 THEN m.kind = ANY (e.kinds) ELSE m.kind = 'PATIENT' END
        AND (coalesce(cardinality(e.sexes), 0) = 0 OR p.sex = ANY (e.sexes))
        AND (e.born_from IS NULL OR p.birth_year >= e.born_from)
        AND (e.born_to IS NULL OR p.birth_year <= e.born_to)
        AND (coalesce(cardinality(e.regions), 0) = 0 OR p.region = ANY (e.regions))
        AND (coalesce(cardinality(e.treatment_ids), 0) = 0 OR EXISTS (
            SELECT FROM care.course t WHERE t.member_id = m.id AND t.treatment_id = ANY (e.treatment_ids)))
    ORDER BY m.id
$$;

-- A participation and a notification for each whom an open survey asks and has not asked before.
CREATE FUNCTION research.invite(survey uuid, only_member uuid DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    invited uuid;
    count integer := 0;
BEGIN
    FOR invited IN
        INSERT INTO research.participation (member_id, survey_id, status, demonstration)
        SELECT e.member_id, s.id, 'INVITED', s.demonstration
        FROM catalog.survey s, research.eligible(invite.survey, invite.only_member) e (member_id)
        WHERE s.id = invite.survey
        ON CONFLICT (member_id, survey_id) DO NOTHING
        RETURNING member_id
    LOOP
        PERFORM care.notify_member(invited, 'SURVEY_OPEN', 'svy', invite.survey);
        count := count + 1;
    END LOOP;
    RETURN count;
END $$;

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
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
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

-- For the house's survey managers alone: what may be done to a survey's standing. Each says where it stands afterwards,
-- null where there was nothing to do.
CREATE FUNCTION identity.require_survey_manager() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'SURVEY_MANAGER' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'a survey manager''s alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

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

CREATE FUNCTION catalog.close_survey(survey uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_survey_manager();
    RETURN CASE WHEN research.close_at_once(close_survey.survey) THEN 'CLOSED' END;
END $$;

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

CREATE FUNCTION catalog.carry_out_due(survey uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = carry_out_due.survey AND s.closes_on < catalog.today() FOR UPDATE;
    IF FOUND THEN
        RETURN CASE WHEN research.close_at_once(carry_out_due.survey) THEN 'CLOSED' END;
    END IF;
    RETURN CASE WHEN research.open_if_ready(carry_out_due.survey) THEN 'OPEN' END;
END $$;

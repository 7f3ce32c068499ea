-- How surveys open, close and are released.
--
-- Locks are taken in one order, which avoids deadlocks: the member and their consents, communities, datasets, surveys,
-- their progress, the public ledger. A survey is locked FOR SHARE while it is answered, FOR UPDATE while its status
-- changes.

-- Begins the opening of a waiting survey: from now on it opens on the day on which the number of members who can answer
-- it, with noise, reaches the threshold, which has noise too. If another opening of the survey was looked at today, this
-- one is from tomorrow on.
CREATE FUNCTION research.begin_opening(survey uuid, threshold integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO research.survey_opening (survey_id, threshold, demonstration)
    SELECT s.id, begin_opening.threshold, s.demonstration FROM catalog.survey s WHERE s.id = begin_opening.survey
    ON CONFLICT (survey_id) DO UPDATE SET threshold = excluded.threshold
$$;
GRANT EXECUTE ON FUNCTION research.begin_opening(uuid, integer) TO cohorte_publisher;

-- Whether the opening of a survey has begun, and has not ended.
CREATE FUNCTION research.is_opening(survey uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM research.survey_opening o
        WHERE o.survey_id = is_opening.survey AND o.threshold IS NOT NULL)
$$;
GRANT EXECUTE ON FUNCTION research.is_opening(uuid) TO cohorte_publisher;

-- Whether a waiting survey is looked at today: once a day, from its first day to its last.
CREATE FUNCTION catalog.is_look_due(survey catalog.survey) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT survey.status = 'WAITING' AND (survey.opens_on IS NULL OR survey.opens_on <= catalog.today())
        AND NOT catalog.is_over(survey.closes_on)
        AND NOT EXISTS (SELECT FROM research.survey_opening o
            WHERE o.survey_id = survey.id AND o.looked_on >= catalog.today())
$$;

-- The noisy threshold of a survey, and the exact number of members who can answer it, if it is to be looked at: no row
-- otherwise. It is not looked at again that day. Members who are counted since the opening began, and was charged, are
-- noted as part of it.
CREATE FUNCTION research.look(survey uuid) RETURNS TABLE (threshold integer, eligible integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE research.counted_membership c SET openings = c.openings || l.position
    FROM catalog.survey s
    JOIN research.survey_opening o ON o.survey_id = s.id
    CROSS JOIN LATERAL (
        SELECT e.position, e.published_at
        FROM insight.ledger_entry e JOIN insight.count_release r ON r.id = e.count_release_id
        WHERE r.survey_id = s.id AND r.kind = 'OPENING' ORDER BY e.position DESC LIMIT 1) l
    WHERE s.id = look.survey AND catalog.is_look_due(s) AND c.community_id = s.community_id AND c.left_at IS NULL
        AND c.counted_since > l.published_at AND l.position <> ALL (c.openings);
    RETURN QUERY
        UPDATE research.survey_opening o SET looked_on = catalog.today()
        FROM catalog.survey s
        WHERE s.id = look.survey AND o.survey_id = s.id AND catalog.is_look_due(s)
        RETURNING o.threshold, (
            SELECT count(*)::integer FROM research.eligible(s.id) e (member_id)
            JOIN research.counted_membership c ON c.member_id = e.member_id
            WHERE c.community_id = s.community_id AND c.left_at IS NULL);
END $$;
GRANT EXECUTE ON FUNCTION research.look(uuid) TO cohorte_publisher;

-- Opens a waiting survey, which the caller has found to be ready. Those who can answer it are invited afterwards.
--
-- The community's row is locked: of a member who joins or consents meanwhile, one of the two transactions sees the other
-- and invites them.
CREATE FUNCTION catalog.open_survey(survey uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION catalog.open_survey(uuid) TO cohorte_publisher;

-- Closes a waiting or open survey. It changes one row, however many have answered: an open survey is frozen afterwards,
-- by scheduled work. If that is before its last day, those who had begun to answer it are notified. Whether it did.
CREATE FUNCTION catalog.close_survey(survey uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_early boolean;
    has_closed boolean;
BEGIN
    SELECT s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on) INTO is_early
    FROM catalog.survey s WHERE s.id = close_survey.survey FOR UPDATE;
    UPDATE catalog.survey s
    SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today())),
        no_dataset = CASE s.status WHEN 'WAITING' THEN 'NOT_OPENED' END
    WHERE s.id = close_survey.survey AND s.status IN ('WAITING', 'OPEN');
    has_closed := FOUND;
    IF is_early THEN
        PERFORM identity.queue_news('SURVEY_CLOSED', close_survey.survey);
    END IF;
    RETURN has_closed;
END $$;
GRANT EXECUTE ON FUNCTION catalog.close_survey(uuid) TO cohorte_publisher;

-- Whether a survey has closed and is still to be frozen.
CREATE FUNCTION catalog.is_to_freeze(survey catalog.survey) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT survey.status = 'CLOSED' AND survey.no_dataset IS NULL $$;
GRANT EXECUTE ON FUNCTION catalog.is_to_freeze(catalog.survey) TO cohorte_publisher;

-- Deletes the answers that members with ids above `after`, up to `last`, gave to a survey that has closed. Whether it was
-- still to be frozen.
--
-- In the same transaction, they have become records, which contain the categories of the answers. Nobody may read the
-- answers from then on. They would show, beside the records, whose texts, days and exact numbers they are: a record's
-- categories are nearly always unlike any other's.
CREATE FUNCTION research.delete_answers(survey uuid, after uuid, last uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sheets uuid[];
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = delete_answers.survey AND catalog.is_to_freeze(s) FOR SHARE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    sheets := ARRAY(
        SELECT p.answer_sheet_id FROM research.participation p
        WHERE p.survey_id = delete_answers.survey AND p.answer_sheet_id IS NOT NULL
            AND p.member_id > delete_answers.after AND p.member_id <= delete_answers.last);
    -- Nobody can answer any more.
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC'),
        status = CASE WHEN p.status IN ('INVITED', 'STARTED') THEN 'LAPSED' ELSE p.status END
    WHERE p.survey_id = delete_answers.survey
        AND p.member_id > delete_answers.after AND p.member_id <= delete_answers.last
        AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL OR p.status IN ('INVITED', 'STARTED'));
    DELETE FROM care.notification n
    WHERE n.subject_id = delete_answers.survey AND n.kind = 'SURVEY_OPEN'
        AND n.member_id > delete_answers.after AND n.member_id <= delete_answers.last;
    DELETE FROM research.answer_sheet a WHERE a.id = ANY (sheets);
    RETURN true;
END $$;

-- Invites a member to the open surveys of a community that they can answer. Called after a change of memberships, of
-- consents or of what eligibility depends on. No change opens a survey: that would tell who made it.
--
-- The community's row is locked, as when a survey opens.
CREATE FUNCTION research.invite_member(member uuid, community uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one uuid;
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = invite_member.community FOR NO KEY UPDATE;
    FOR one IN
        SELECT s.id FROM catalog.survey s
        WHERE s.community_id = invite_member.community AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on)
        ORDER BY s.id FOR SHARE
    LOOP
        PERFORM research.invite(one, member);
    END LOOP;
END $$;

-- As above, for the viewer, if they are a member.
CREATE FUNCTION catalog.readiness_changed(community uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
BEGIN
    IF viewer IS NOT NULL THEN
        PERFORM research.invite_member(viewer, community);
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

-- Schedules a draft, which then waits, with the cap of its dataset. Whether it was one of an open community, whose last day
-- is not over.
CREATE FUNCTION catalog.schedule_survey(survey uuid, cap_micro_rho integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'WAITING', cap_micro_rho = schedule_survey.cap_micro_rho
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND NOT catalog.is_over(s.closes_on)
        AND EXISTS (SELECT FROM catalog.community c WHERE c.id = s.community_id AND c.status = 'OPEN');
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION catalog.schedule_survey(uuid, integer) TO cohorte_publisher;

-- The status of a survey, which stays so until the transaction ends; null if there is none.
CREATE FUNCTION research.lock_survey(survey uuid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT s.status::text FROM catalog.survey s WHERE s.id = lock_survey.survey FOR UPDATE $$;
GRANT EXECUTE ON FUNCTION research.lock_survey(uuid) TO cohorte_publisher;

-- Surveys that may be due to open, to close or to be frozen. Each is then handled in a transaction of its own, which checks again.
CREATE FUNCTION catalog.surveys_due() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id FROM catalog.survey s
    WHERE s.status IN ('WAITING', 'OPEN') AND catalog.is_over(s.closes_on)
        OR catalog.is_to_freeze(s) OR catalog.is_look_due(s)
    ORDER BY s.id
$$;
GRANT EXECUTE ON FUNCTION catalog.surveys_due() TO cohorte_publisher;

-- Marks a closed survey as released if its dataset is open. It stays closed, with the reason, if it is too small.
CREATE FUNCTION catalog.release_survey(survey uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE catalog.survey s
    SET status = CASE d.status WHEN 'OPEN' THEN 'RELEASED' ELSE s.status END,
        no_dataset = CASE d.status WHEN 'TOO_SMALL' THEN 'TOO_FEW' END
    FROM insight.dataset d
    WHERE s.id = release_survey.survey AND catalog.is_to_freeze(s) AND d.survey_id = s.id
        AND d.status IN ('OPEN', 'TOO_SMALL')
$$;
GRANT EXECUTE ON FUNCTION catalog.release_survey(uuid) TO cohorte_publisher;

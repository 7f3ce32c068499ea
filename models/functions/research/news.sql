-- How news of the outbox reaches members: part after part of them, each in a transaction of its own.
--
-- A member's part depends on their id alone, and the server delivers each part at its own time after the first: when a
-- member is notified says nothing about how many others are.

-- Delivers news to one part of the members, at most `most` of them. Whether some of the part may be left: if so, it is
-- to be called again. Does nothing if the part has been delivered to, so that it can be repeated after a crash.
--
-- Whom the news is for is found now, not when it was queued: nobody is notified of a dataset that they have left.
CREATE FUNCTION research.deliver(entry uuid, part integer, most integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    news identity.outbox_entry;
    delivered integer;
BEGIN
    SELECT * INTO news FROM identity.outbox_entry o
    WHERE o.id = deliver.entry AND o.kind NOT IN ('MAIL', 'EVENT', 'WEBHOOK') AND o.part = deliver.part FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    delivered := CASE news.kind
        WHEN 'INSIGHT_PUBLISHED' THEN research.notify_enrolled(news, deliver.most)
        WHEN 'SURVEY_OPENED' THEN research.invite_eligible(news, deliver.most)
        WHEN 'SURVEY_CLOSED' THEN research.notify_begun(news, deliver.most)
    END;
    IF delivered >= deliver.most THEN
        RETURN true;
    END IF;
    IF news.part < 63 THEN
        UPDATE identity.outbox_entry o SET part = news.part + 1 WHERE o.id = news.id;
    ELSE
        DELETE FROM identity.outbox_entry o WHERE o.id = news.id;
    END IF;
    RETURN false;
END $$;
GRANT EXECUTE ON FUNCTION research.deliver(uuid, integer, integer) TO cohorte_publisher;

-- Notifies members of a dataset of a new insight, unless an earlier notification of the dataset is unread. Returns how
-- many. Members who are being deleted are skipped.
CREATE FUNCTION research.notify_enrolled(news identity.outbox_entry, most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dataset uuid := (SELECT i.dataset_id FROM insight.insight i WHERE i.id = news.subject_id);
    members uuid[];
BEGIN
    members := ARRAY(
        SELECT m.id
        FROM research.enrolment e JOIN care.member m ON m.id = e.member_id
        WHERE e.dataset_id = dataset AND e.withdrawn_at IS NULL AND research.part_of(e.member_id) = news.part
            AND NOT EXISTS (
                SELECT FROM care.notification n JOIN insight.insight i ON i.id = n.subject_id
                WHERE n.member_id = e.member_id AND n.kind = 'INSIGHT_PUBLISHED' AND i.dataset_id = dataset
                    AND (n.read_at IS NULL OR i.id = news.subject_id))
        ORDER BY m.id LIMIT notify_enrolled.most
        FOR KEY SHARE OF m SKIP LOCKED);
    PERFORM research.report(news, 'INSIGHT_PUBLISHED', 'ins', members);
    RETURN cardinality(members);
END $$;

-- Invites members who can answer a survey that is still open, unless they were invited or have begun to answer it.
-- Returns how many. Members who are being deleted are skipped.
CREATE FUNCTION research.invite_eligible(news identity.outbox_entry, most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    members uuid[];
    invited uuid[];
BEGIN
    -- Locked as while it is answered: it cannot close meanwhile.
    PERFORM FROM catalog.survey s WHERE s.id = news.subject_id AND s.status = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    members := ARRAY(
        SELECT m.id
        FROM research.eligible(news.subject_id, part => news.part) e (member_id) JOIN care.member m ON m.id = e.member_id
        WHERE NOT EXISTS (SELECT FROM research.participation p
            WHERE p.survey_id = news.subject_id AND p.member_id = m.id)
        ORDER BY m.id LIMIT invite_eligible.most
        FOR KEY SHARE OF m SKIP LOCKED);
    WITH made AS (
        INSERT INTO research.participation (member_id, survey_id, status, demonstration)
        SELECT f.id, s.id, 'INVITED', s.demonstration FROM unnest(members) f (id), catalog.survey s
        WHERE s.id = news.subject_id
        ON CONFLICT (member_id, survey_id) DO NOTHING  -- they have just joined, or begun to answer
        RETURNING member_id
    )
    SELECT array_agg(m.member_id) INTO invited FROM made m;
    PERFORM research.report(news, 'SURVEY_OPEN', 'svy', invited);
    RETURN cardinality(members);
END $$;

-- Notifies members who had answered a survey, or begun to, that it has closed early. Returns how many. Members who are
-- being deleted are skipped.
CREATE FUNCTION research.notify_begun(news identity.outbox_entry, most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    members uuid[];
BEGIN
    members := ARRAY(
        SELECT m.id
        FROM research.participation p JOIN care.member m ON m.id = p.member_id
        WHERE p.survey_id = news.subject_id AND p.begun AND research.part_of(m.id) = news.part
            AND NOT EXISTS (
                SELECT FROM care.notification n
                WHERE n.member_id = m.id AND n.kind = 'SURVEY_CLOSED' AND n.subject_id = news.subject_id)
        ORDER BY m.id LIMIT notify_begun.most
        FOR KEY SHARE OF m SKIP LOCKED);
    PERFORM research.report(news, 'SURVEY_CLOSED', 'svy', members);
    RETURN cardinality(members);
END $$;

-- Notifies members of news, with the time at which it was queued, which is the same for all.
CREATE FUNCTION research.report(news identity.outbox_entry, kind text, subject_type text, members uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
BEGIN
    FOR one IN
        INSERT INTO care.notification (member_id, kind, subject_type, subject_id, created_at, demonstration)
        SELECT m.id, report.kind, report.subject_type, news.subject_id, news.created_at, m.demonstration
        FROM care.member m WHERE m.id = ANY (report.members)
        ON CONFLICT DO NOTHING  -- in an earlier attempt
        RETURNING id, member_id
    LOOP
        PERFORM care.announce('notificationAdded', one.id, one.member_id);
    END LOOP;
END $$;

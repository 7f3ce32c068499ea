-- Counts of people that are published with noise, and the members that they include.
--
-- A member is included in the counts of the five communities that they joined first, as long as their allowance has room
-- (research.counted_membership). What a community publishes of them within a year is limited, and reserved from the
-- allowance until a year after they left: how many counts include a member is limited whatever they join and leave.
-- Only the publisher calls what counts: its results leave the server's memory with noise only.

-- Plans of what is reserved are kept, and may be made when nobody is enrolled or counted: they use indexes nevertheless.

-- What the datasets of these members reserve of their allowances on a day, in micro-rho: the whole cap of those from which
-- insights can still be published, and of others what was published within the year. No row of who is in none.
CREATE FUNCTION research.reserved_by_datasets(members uuid[], day date) RETURNS TABLE (member_id uuid, micro_rho bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
    WITH enrolled AS MATERIALIZED (
        SELECT e.member_id, e.dataset_id, e.reserved_micro_rho
        FROM research.enrolment e WHERE e.member_id = ANY (reserved_by_datasets.members)
    ), dataset AS MATERIALIZED (
        SELECT d.id, d.status IN ('FREEZING', 'OPEN') AND d.ends_on >= reserved_by_datasets.day AS whole, coalesce((
            SELECT sum(l.micro_rho) FROM insight.ledger_entry l
            WHERE l.dataset_id = d.id AND l.published_at >= catalog.year_before(reserved_by_datasets.day)), 0) AS published
        FROM insight.dataset d WHERE d.id IN (SELECT e.dataset_id FROM enrolled e)
    )
    SELECT e.member_id, sum(CASE WHEN d.whole THEN e.reserved_micro_rho
        ELSE least(e.reserved_micro_rho, d.published) END)::bigint
    FROM enrolled e JOIN dataset d ON d.id = e.dataset_id
    GROUP BY e.member_id
$$;

-- What the counts that include these members reserve of their allowances on a day, in micro-rho. No row of whom none does.
CREATE FUNCTION research.reserved_by_counts(members uuid[], day date) RETURNS TABLE (member_id uuid, micro_rho bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
    SELECT r.member_id, sum(r.micro_rho)::bigint
    FROM (
        SELECT c.member_id, count(DISTINCT c.community_id) * 33096 AS micro_rho
        FROM research.counted_membership c
        WHERE c.member_id = ANY (reserved_by_counts.members)
            AND (c.left_at IS NULL OR c.left_at >= catalog.year_before(reserved_by_counts.day))
        GROUP BY c.member_id
        UNION ALL
        SELECT n.member_id, 636
        FROM research.counted_member n WHERE n.member_id = ANY (reserved_by_counts.members)
    ) r
    GROUP BY r.member_id
$$;

-- Both, for each of these members.
CREATE FUNCTION research.reserved(members uuid[], day date)
RETURNS TABLE (member_id uuid, by_datasets bigint, by_counts bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
    -- Added up instead of joined: how many there are is not known when it is planned.
    SELECT r.member_id, sum(r.by_datasets)::bigint, sum(r.by_counts)::bigint
    FROM (
        SELECT m.id, 0, 0 FROM unnest(reserved.members) m (id)
        UNION ALL
        SELECT d.member_id, d.micro_rho, 0 FROM research.reserved_by_datasets(reserved.members, reserved.day) d
        UNION ALL
        SELECT c.member_id, 0, c.micro_rho FROM research.reserved_by_counts(reserved.members, reserved.day) c
    ) r (member_id, by_datasets, by_counts)
    GROUP BY r.member_id
$$;

-- Includes in a community's counts, from the next one on, the members for whom it is one of the five that they joined
-- first, and whose allowance has room: of the first so many who are not included, with ids above `after`. The last of these
-- ids; null if there is none. Called until then, each time in a transaction of its own, as in research.include_in_network.
CREATE FUNCTION research.include_members(
    community uuid, after uuid DEFAULT '00000000-0000-0000-0000-000000000000', most integer DEFAULT NULL
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    today date := catalog.today();
    members uuid[];
BEGIN
    -- Enrolments reserve from the same allowances: one at a time.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    members := ARRAY(
        SELECT b.member_id FROM care.membership b
        WHERE b.community_id = include_members.community AND b.member_id > include_members.after
            -- Looked up for each, and not joined, whatever the plan assumes of how many are counted.
            AND (SELECT count(*) FROM research.counted_membership o
                WHERE o.member_id = b.member_id AND o.community_id = b.community_id AND o.left_at IS NULL) = 0
            AND (SELECT count(*) FROM care.membership e
                WHERE e.member_id = b.member_id AND (e.joined_on, e.community_id) < (b.joined_on, b.community_id)) < 5
        ORDER BY b.member_id LIMIT include_members.most);
    INSERT INTO research.counted_membership (member_id, community_id, demonstration)
    SELECT m.id, include_members.community, m.demonstration
    FROM research.reserved(members, today) r
    JOIN care.member m ON m.id = r.member_id
    WHERE EXISTS (SELECT FROM research.counted_membership o
            WHERE o.member_id = r.member_id AND o.community_id = include_members.community
                AND o.left_at >= catalog.year_before(today))  -- returns to what is still reserved
        OR r.by_counts < 5 * 33096 AND r.by_datasets + r.by_counts + 33096 <= 500000
    FOR KEY SHARE OF m SKIP LOCKED;
    RETURN members[cardinality(members)];
END $$;
GRANT EXECUTE ON FUNCTION research.include_members(uuid, uuid, integer) TO cohorte_publisher;

CREATE FUNCTION research.membership_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE research.counted_membership c SET left_at = clock_timestamp()
    WHERE c.member_id = OLD.member_id AND c.community_id = OLD.community_id AND c.left_at IS NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER membership_gone AFTER DELETE ON care.membership
    FOR EACH ROW EXECUTE FUNCTION research.membership_gone();

-- The exact counts of a community: its members, and the patients among them who consent to surveys.
CREATE FUNCTION research.count_community(community uuid) RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[count(*), count(*) FILTER (WHERE m.kind = 'PATIENT' AND k.granted)]::integer[]
    FROM research.counted_membership c
    JOIN care.member m ON m.id = c.member_id
    LEFT JOIN research.consent k ON k.member_id = m.id AND k.purpose = 'SURVEY_RESEARCH'
    WHERE c.community_id = count_community.community AND c.left_at IS NULL
$$;
GRANT EXECUTE ON FUNCTION research.count_community(uuid) TO cohorte_publisher;

-- The exact numbers of members whom a survey is for and who are not invited, are invited, have started, and have
-- completed it. A member is in one of them.
CREATE FUNCTION research.count_progress(survey uuid) RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[count(*) FILTER (WHERE p.status IS NULL), count(*) FILTER (WHERE p.status IN ('INVITED', 'WITHDRAWN')),
        count(*) FILTER (WHERE p.status = 'STARTED'), count(*) FILTER (WHERE p.status = 'COMPLETED')]::integer[]
    FROM catalog.survey s
    JOIN research.counted_membership c ON c.community_id = s.community_id
    LEFT JOIN research.participation p ON p.survey_id = s.id AND p.member_id = c.member_id
    LEFT JOIN research.eligible(count_progress.survey) e (member_id) ON e.member_id = c.member_id
    WHERE s.id = count_progress.survey AND c.left_at IS NULL AND (p.member_id IS NOT NULL OR e.member_id IS NOT NULL)
$$;
GRANT EXECUTE ON FUNCTION research.count_progress(uuid) TO cohorte_publisher;

-- Communities of which no counts were published this month. The ledger names them: drafts have none, and those that have
-- merged none any more. A sandbox has nobody to count: its mark is read as insight.is_sandbox() reads it, with the owner's
-- rights, because that function is created after this file.
CREATE FUNCTION catalog.communities_to_count() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.id FROM catalog.community c
    WHERE c.status IN ('OPEN', 'CLOSED') AND NOT (SELECT l.sandbox FROM insight.ledger l)
        AND (c.counted_on IS NULL OR c.counted_on < date_trunc('month', catalog.today()))
    ORDER BY c.id
$$;
GRANT EXECUTE ON FUNCTION catalog.communities_to_count() TO cohorte_publisher;

-- Locks a community until the transaction ends. The day on which its counts were published last.
CREATE FUNCTION catalog.lock_community(community uuid) RETURNS date
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT c.counted_on FROM catalog.community c WHERE c.id = lock_community.community FOR NO KEY UPDATE $$;
GRANT EXECUTE ON FUNCTION catalog.lock_community(uuid) TO cohorte_publisher;

-- Shows the counts of a community that have noise and are rounded.
CREATE FUNCTION catalog.show_counts(community uuid, members integer, consenting integer, day date) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE catalog.community c
    SET member_count = show_counts.members, consenting_count = show_counts.consenting, counted_on = show_counts.day
    WHERE c.id = show_counts.community
$$;
GRANT EXECUTE ON FUNCTION catalog.show_counts(uuid, integer, integer, date) TO cohorte_publisher;

-- What openings and progress of a community's surveys cost within the 365 days that end with a day, in micro-rho. An
-- opening is charged once and says something on each day on which it is looked at: it is part of the year as long as its
-- survey waits, and until a year after the last look.
CREATE FUNCTION research.spent_on_surveys(community uuid, day date) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(r.micro_rho), 0)::integer
    FROM insight.count_release r JOIN catalog.survey s ON s.id = r.survey_id
    LEFT JOIN research.survey_opening o ON o.survey_id = s.id AND r.kind = 'OPENING'
    WHERE r.community_id = spent_on_surveys.community
        AND (r.published_at >= catalog.year_before(spent_on_surveys.day) OR o.looked_on > spent_on_surveys.day - 365
            OR r.kind = 'OPENING' AND s.status = 'WAITING')
$$;
GRANT EXECUTE ON FUNCTION research.spent_on_surveys(uuid, date) TO cohorte_publisher;

-- Surveys that wait or are open, and of which no progress was published this month.
CREATE FUNCTION catalog.surveys_to_count() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id FROM catalog.survey s LEFT JOIN catalog.survey_progress g ON g.survey_id = s.id
    WHERE s.status IN ('WAITING', 'OPEN') AND NOT catalog.is_over(s.closes_on)
        AND (g.counted_on IS NULL OR g.counted_on < date_trunc('month', catalog.today()))
    ORDER BY s.id
$$;
GRANT EXECUTE ON FUNCTION catalog.surveys_to_count() TO cohorte_publisher;

-- Counts of the network that are published with noise, and the members that they include.
--
-- A member is included as long as their account exists, from the first count on for which their allowance has room. Only
-- the publisher calls what counts: its results leave the server's memory with noise only.

-- Includes members in the network's counts, from the next one on: of the first so many who are not yet, with ids above
-- `after`, those whose allowance has room. The last of these ids; null if there is none. Called until then, each time in a
-- transaction of its own: whoever deletes their account meanwhile waits for it.
CREATE FUNCTION research.include_in_network(
    after uuid DEFAULT '00000000-0000-0000-0000-000000000000', most integer DEFAULT NULL
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
        SELECT m.id FROM care.member m
        WHERE m.id > include_in_network.after
            AND NOT EXISTS (SELECT FROM research.counted_member c WHERE c.member_id = m.id)
        ORDER BY m.id LIMIT include_in_network.most);
    INSERT INTO research.counted_member (member_id, demonstration)
    SELECT m.id, m.demonstration
    FROM research.reserved(members, today) r
    JOIN care.member m ON m.id = r.member_id
    WHERE r.by_datasets + r.by_counts + 636 <= 500000
    FOR KEY SHARE OF m SKIP LOCKED;
    RETURN members[cardinality(members)];
END $$;
GRANT EXECUTE ON FUNCTION research.include_in_network(uuid, integer) TO cohorte_publisher;

-- The exact counts of the network: members who have signed in within 365 days, and their courses of treatment, of which
-- each member adds at most four.
CREATE FUNCTION research.count_network() RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[count(*), coalesce(sum(least(coalesce(k.courses, 0), 4)), 0)]::integer[]
    FROM research.counted_member c
    JOIN identity.account a ON a.member_id = c.member_id AND a.signed_in_on > catalog.today() - 365
    LEFT JOIN (SELECT r.member_id, count(*) AS courses FROM care.course r GROUP BY r.member_id) k
        ON k.member_id = c.member_id
$$;
GRANT EXECUTE ON FUNCTION research.count_network() TO cohorte_publisher;

DROP FUNCTION research.include_members(uuid);
DROP FUNCTION research.include_in_network();
CREATE OR REPLACE FUNCTION research.include_members(community uuid, after uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid, most integer DEFAULT NULL::integer)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION research.include_in_network(after uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid, most integer DEFAULT NULL::integer)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
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
END $function$;

GRANT EXECUTE ON FUNCTION research.include_members(uuid,uuid,integer) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.include_in_network(uuid,integer) TO cohorte_publisher;

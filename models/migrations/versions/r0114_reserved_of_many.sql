DROP FUNCTION research.reserved_by_datasets(uuid,date);
DROP FUNCTION research.reserved_by_counts(uuid,date);
CREATE OR REPLACE FUNCTION research.part_of(member uuid)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
AS $function$ SELECT pg_catalog.get_byte(pg_catalog.uuid_send(member), 0) / 4 $function$;

CREATE OR REPLACE FUNCTION research.reserved_by_datasets(members uuid[], day date)
 RETURNS TABLE(member_id uuid, micro_rho bigint)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION research.reserved_by_counts(members uuid[], day date)
 RETURNS TABLE(member_id uuid, micro_rho bigint)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION research.reserved(members uuid[], day date)
 RETURNS TABLE(member_id uuid, by_datasets bigint, by_counts bigint)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
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
$function$;

CREATE OR REPLACE FUNCTION research.include_members(community uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
    today date := catalog.today();
BEGIN
    -- Enrolments reserve from the same allowances: one at a time.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    INSERT INTO research.counted_membership (member_id, community_id, demonstration)
    SELECT m.id, include_members.community, m.demonstration
    FROM research.reserved(ARRAY(
        SELECT b.member_id FROM care.membership b
        WHERE b.community_id = include_members.community
            -- Looked up for each, and not joined, whatever the plan assumes of how many are counted.
            AND (SELECT count(*) FROM research.counted_membership o
                WHERE o.member_id = b.member_id AND o.community_id = b.community_id AND o.left_at IS NULL) = 0
            AND (SELECT count(*) FROM care.membership e
                WHERE e.member_id = b.member_id AND (e.joined_on, e.community_id) < (b.joined_on, b.community_id)) < 5
    ), today) r
    JOIN care.member m ON m.id = r.member_id
    WHERE EXISTS (SELECT FROM research.counted_membership o
            WHERE o.member_id = r.member_id AND o.community_id = include_members.community
                AND o.left_at >= catalog.year_before(today))  -- returns to what is still reserved
        OR r.by_counts < 5 * 33096 AND r.by_datasets + r.by_counts + 33096 <= 500000
    FOR KEY SHARE OF m SKIP LOCKED;
END $function$;

CREATE OR REPLACE FUNCTION research.enrol(dataset uuid, after uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid, last uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    yearly CONSTANT integer := 500000;
    lasting CONSTANT integer := 1000000;
    frozen insight.dataset;
    what_for text;
BEGIN
    -- One at a time: two concurrent enrolments could reserve the same allowance.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    SELECT * INTO frozen FROM insight.dataset d WHERE d.id = enrol.dataset FOR NO KEY UPDATE;
    IF frozen.status IS NULL OR frozen.status NOT IN ('FREEZING', 'OPEN')
        OR EXISTS (SELECT FROM research.enrolment e
            WHERE e.dataset_id = frozen.id AND e.member_id > enrol.after AND e.member_id <= enrol.last)
        OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = frozen.id)
    THEN
        RAISE 'a dataset is enrolled once, before anything is published from it' USING ERRCODE = 'check_violation';
    END IF;
    what_for := CASE frozen.kind WHEN 'SURVEY' THEN 'SURVEY_RESEARCH' ELSE 'TRACKING_RESEARCH' END;
    INSERT INTO research.enrolment
        (dataset_id, member_id, purpose, reserved_micro_rho, enrolled_at, demonstration)
    WITH consenting AS (
        -- Members who are being deleted or are changing their consent are skipped: waiting for them could deadlock.
        SELECT m.id, m.kind, m.demonstration
        FROM research.consent k JOIN care.member m ON m.id = k.member_id
        WHERE k.member_id > enrol.after AND k.member_id <= enrol.last
            AND k.purpose = what_for AND k.granted AND k.recipients @> frozen.offered_to
            AND CASE frozen.kind
                WHEN 'SURVEY' THEN EXISTS (
                    SELECT FROM research.participation p
                    WHERE p.member_id = m.id AND p.survey_id = frozen.survey_id AND p.status = 'COMPLETED'
                        AND p.answer_sheet_id IS NOT NULL)
                ELSE m.kind = 'PATIENT' AND EXISTS (
                    SELECT FROM care.membership b WHERE b.member_id = m.id AND b.community_id = frozen.community_id)
            END
        FOR SHARE OF k SKIP LOCKED
        FOR KEY SHARE OF m SKIP LOCKED
    ), reserved AS (
        SELECT e.member_id,
            sum(CASE WHEN d.status IN ('FREEZING', 'OPEN') THEN e.reserved_micro_rho
                ELSE least(e.reserved_micro_rho, d.spent_micro_rho) END) FILTER (WHERE e.purpose = what_for
                AND d.frozen_on >= research.consenting_since(e.member_id, what_for)) AS this_consent
        FROM consenting c
        JOIN research.enrolment e ON e.member_id = c.id
        JOIN insight.dataset d ON d.id = e.dataset_id
        GROUP BY e.member_id
    )
    SELECT frozen.id, c.id, what_for, frozen.cap_micro_rho,
        least(now(), catalog.end_of(frozen.frozen_on)), c.demonstration
    FROM consenting c
    JOIN research.reserved(ARRAY(SELECT c.id FROM consenting c), frozen.frozen_on) a ON a.member_id = c.id
    LEFT JOIN reserved r ON r.member_id = c.id
    WHERE a.by_datasets + a.by_counts + frozen.cap_micro_rho <= yearly
        AND coalesce(r.this_consent, 0) + frozen.cap_micro_rho <= lasting;
END $function$;

CREATE OR REPLACE FUNCTION research.include_in_network()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    today date := catalog.today();
BEGIN
    -- Enrolments reserve from the same allowances: one at a time.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    INSERT INTO research.counted_member (member_id, demonstration)
    SELECT m.id, m.demonstration
    FROM research.reserved(ARRAY(
        SELECT m.id FROM care.member m
        WHERE NOT EXISTS (SELECT FROM research.counted_member c WHERE c.member_id = m.id)
    ), today) r
    JOIN care.member m ON m.id = r.member_id
    WHERE r.by_datasets + r.by_counts + 636 <= 500000
    FOR KEY SHARE OF m SKIP LOCKED;
END $function$;

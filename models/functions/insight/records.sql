-- Encoding of a dataset's raw rows into one record for each member.

-- Each member is in at least one category of each variable, and in at most max_per_member: the distinct ones that rank
-- first, whatever the raw rows are. Encodes the members with ids above `after`, up to `last`.
CREATE FUNCTION research.encode(
    dataset uuid,
    after uuid DEFAULT '00000000-0000-0000-0000-000000000000',
    last uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff'
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM insight.dataset d WHERE d.id = encode.dataset AND d.status IN ('FREEZING', 'OPEN') FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = encode.dataset) THEN
        RAISE 'a dataset is encoded before anything is published from it' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM (
        SELECT v.slot, sum(v.max_per_member) OVER (ORDER BY v.slot) - v.max_per_member AS expected,
            EXISTS (SELECT FROM insight.category c
                WHERE c.dataset_id = v.dataset_id AND c.variable = v.position AND c.code = 'UNKNOWN') AS has_unknown
        FROM insight.variable v WHERE v.dataset_id = encode.dataset
    ) v WHERE v.slot <> v.expected OR NOT v.has_unknown;
    IF FOUND THEN
        RAISE 'a variable lacks UNKNOWN, or slots have gaps' USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO research.record (dataset_id, member_id, codes, demonstration)
    WITH variable AS MATERIALIZED (
        SELECT v.position, v.slot, v.max_per_member, known.other, known.unknown,
            decode(repeat('ff', v.max_per_member), 'hex') AS nothing
        FROM insight.variable v
        CROSS JOIN LATERAL (
            SELECT min(c.place) FILTER (WHERE c.code = 'UNKNOWN') AS unknown,
                min(c.place) FILTER (WHERE c.code = 'OTHER') AS other
            FROM insight.category c WHERE c.dataset_id = v.dataset_id AND c.variable = v.position
        ) known
        WHERE v.dataset_id = encode.dataset
    ), category AS MATERIALIZED (
        SELECT c.variable, c.place, c.code, c.low, c.high FROM insight.category c WHERE c.dataset_id = encode.dataset
    ), coded AS (
        SELECT r.member_id, r.variable, coalesce(c.place, v.other) AS category, min(r.place) AS first_place
        FROM research.raw_rows(encode.dataset, encode.after, encode.last) r
        JOIN variable v ON v.position = r.variable
        LEFT JOIN category c ON c.variable = r.variable
            AND (r.number IS NULL OR c.low <= r.number AND r.number < c.high)
            AND (r.text IS NULL OR CASE WHEN r.number IS NULL THEN c.code = r.text
                ELSE starts_with(c.code, r.text || '_') END)
        WHERE coalesce(c.place, v.other) <> v.unknown
        GROUP BY r.member_id, r.variable, coalesce(c.place, v.other)
    ), kept AS (
        SELECT c.member_id, c.variable,
            string_agg(set_byte('\x00', 0, c.category), ''::bytea ORDER BY c.first_place, c.category) AS codes
        FROM coded c GROUP BY c.member_id, c.variable
    ), known AS (
        -- Every variable of every member, without a join: how many there are is not known when it is planned.
        SELECT o.member_id, o.variable, string_agg(o.codes, ''::bytea) AS codes
        FROM (
            SELECT k.member_id, k.variable, k.codes FROM kept k
            UNION ALL
            SELECT e.member_id, v.position, NULL FROM research.enrolment e LEFT JOIN variable v ON true
            WHERE e.dataset_id = encode.dataset AND e.withdrawn_at IS NULL
                AND e.member_id > encode.after AND e.member_id <= encode.last
        ) o
        GROUP BY o.member_id, o.variable
    )
    SELECT encode.dataset, k.member_id,
        coalesce(string_agg(
            -- Truncated or padded to max_per_member.
            substr(coalesce(k.codes, set_byte('\x00', 0, v.unknown)) || v.nothing, 1, v.max_per_member),
            ''::bytea ORDER BY v.slot), ''),
        frozen.demonstration
    FROM known k
    LEFT JOIN variable v ON v.position = k.variable
    CROSS JOIN (SELECT d.demonstration FROM insight.dataset d WHERE d.id = encode.dataset) frozen
    GROUP BY k.member_id, frozen.demonstration;
END $$;

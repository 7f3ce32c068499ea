-- Exact counts of a dataset's records, for the publisher alone, which adds noise before it publishes any.

-- The counts of a cube. The last variable runs fastest; without variables there is one cell, the size of the dataset. A
-- member is in one cell if all variables are single-valued, else in at most the product of their max_per_member cells,
-- once in each. A grouping counts a member once in each of its groups that they are in.
CREATE FUNCTION research.histogram(dataset uuid, variables integer[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked CONSTANT integer[] := coalesce(histogram.variables, '{}');
    one record;
    cells bigint := 1;
    read text[] := '{}';  -- bytes of each variable in a record
    grouped text[] := '{}';
    place text;  -- of a category, or of the group that it is merged into
    spread text := '';  -- joins that turn bytes into categories
    inside text := '';
    cell text := '0';
    counts bigint[];
BEGIN
    -- Locked until the publication commits: consents withdrawn before are not counted, later withdrawals wait.
    PERFORM FROM insight.dataset d WHERE d.id = histogram.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND OR cardinality(asked) > 3 OR array_ndims(asked) > 1
        OR cardinality(asked) <> (SELECT count(DISTINCT a) FROM unnest(asked) a)
    THEN
        RAISE 'no such cube' USING ERRCODE = 'check_violation';
    END IF;
    FOR one IN
        SELECT a.nth, v.slot, b.max_per_member, v.max_per_member AS most, count(c.place) AS categories,
            max(c.place) AS last_place,
            CASE WHEN v.groups <> '' THEN (
                -- The group of each category: exactly one, whatever the rows say, or none.
                SELECT array_agg((
                    SELECT min(g.place) FROM insight.category g
                    WHERE g.dataset_id = v.dataset_id AND g.variable = v.position AND f.code = ANY (g.merges)
                ) ORDER BY f.place)
                FROM insight.category f WHERE f.dataset_id = b.dataset_id AND f.variable = b.position
            ) END AS merged
        FROM unnest(asked) WITH ORDINALITY a (position, nth)
        LEFT JOIN insight.variable v ON v.dataset_id = histogram.dataset AND v.position = a.position
        LEFT JOIN insight.variable b ON b.dataset_id = v.dataset_id AND b.name = v.name AND b.groups = ''
        LEFT JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        GROUP BY a.nth, v.dataset_id, v.position, b.dataset_id, b.position ORDER BY a.nth
    LOOP
        cells := cells * one.categories;
        IF one.slot IS NULL OR one.categories = 0 OR one.last_place <> one.categories - 1 OR cells > 5000
            OR one.most < least(one.max_per_member, one.categories)
        THEN
            RAISE 'no such cube' USING ERRCODE = 'check_violation';
        END IF;
        -- The statement contains only integers that are computed here, no values. Records are first grouped by their
        -- bytes, so that categories are looked up once for each group, not once for each member.
        grouped := grouped || format('b%s', one.nth);
        IF one.max_per_member = 1 THEN
            read := read || format('get_byte(codes, %s) AS b%s', one.slot, one.nth);
            place := format('b%s', one.nth);
        ELSE
            read := read || format('substr(codes, %s, %s) AS b%s', one.slot + 1, one.max_per_member, one.nth);
            place := format('get_byte(b%s, i)', one.nth);
        END IF;
        IF one.merged IS NOT NULL THEN
            place := format('(%L::integer[])[%s + 1]', one.merged, place);
        END IF;
        spread := spread || format(
            ' CROSS JOIN LATERAL (SELECT %s AS place%s) c%s',
            CASE WHEN one.max_per_member = 1 THEN place ELSE 'DISTINCT ' || place END,
            CASE WHEN one.max_per_member = 1 THEN '' ELSE format(' FROM generate_series(0, %s) i', one.max_per_member - 1) END,
            one.nth);
        inside := inside || format(' AND c%s.place < %s', one.nth, one.categories);
        cell := format('(%s) * %s + c%s.place', cell, one.categories, one.nth);
    END LOOP;
    EXECUTE format(
        'WITH read AS (SELECT %s FROM research.record WHERE dataset_id = $1 %s),
            counted AS (SELECT %s AS cell, sum(n) AS n FROM read%s WHERE true%s GROUP BY 1)
        SELECT array_agg(coalesce(n, 0)::bigint ORDER BY cell)
        FROM generate_series(0, %s) cell LEFT JOIN counted USING (cell)',
        array_to_string(read || 'count(*) AS n'::text, ', '),
        CASE WHEN cardinality(grouped) > 0 THEN 'GROUP BY ' || array_to_string(grouped, ', ') ELSE '' END,
        cell, spread, inside, cells - 1
    ) INTO counts USING histogram.dataset;
    RETURN counts;
END $$;
GRANT EXECUTE ON FUNCTION research.histogram(uuid, integer[]) TO cohorte_publisher;

-- The counts of each of these variables by itself and, as those of the variable 0, the number of records: of one moment, by reading
-- the records once. No rows if the dataset is not frozen completely, or something has been published from it.
--
-- While it is FREEZING, nothing is locked that a member who leaves waits for. The publisher counts the records again once
-- it has locked the dataset: records are only deleted, so the counts are still right if there are as many.
CREATE FUNCTION research.count_frozen(dataset uuid, variables integer[]) RETURNS TABLE (variable integer, counts bigint[])
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
AS $$
BEGIN
    -- Of two processes, the second waits here until the first has published.
    PERFORM FROM research.freezing f WHERE f.dataset_id = count_frozen.dataset AND f.part = 16 FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM FROM insight.dataset d WHERE d.id = count_frozen.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
        IF NOT FOUND OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = count_frozen.dataset) THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        WITH counted AS MATERIALIZED (
            SELECT v.position, v.slot, v.max_per_member, count(*)::integer AS categories
            FROM insight.variable v
            JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
            WHERE v.dataset_id = count_frozen.dataset AND v.groups = ''
                AND v.position = ANY (count_frozen.variables)
            GROUP BY v.dataset_id, v.position
            UNION ALL
            SELECT 0, 0, 0, 1
        ), read AS MATERIALIZED (
            SELECT v.position, substr(r.codes, v.slot + 1, v.max_per_member) AS bytes, count(*) AS members
            FROM research.record r CROSS JOIN counted v
            WHERE r.dataset_id = count_frozen.dataset
            GROUP BY 1, 2
        ), cell AS (
            SELECT r.position, b.place, sum(r.members) AS members
            FROM read r
            -- Each category once, whatever the bytes are.
            CROSS JOIN LATERAL (
                SELECT DISTINCT get_byte(r.bytes, i) AS place FROM generate_series(0, length(r.bytes) - 1) i
                UNION ALL
                SELECT 0 WHERE r.position = 0
            ) b
            GROUP BY 1, 2
        )
        SELECT v.position, array_agg(coalesce(c.members, 0)::bigint ORDER BY p)
        FROM counted v
        CROSS JOIN LATERAL generate_series(0, v.categories - 1) p
        LEFT JOIN cell c ON c.position = v.position AND c.place = p
        GROUP BY v.position;
END $$;
GRANT EXECUTE ON FUNCTION research.count_frozen(uuid, integer[]) TO cohorte_publisher;

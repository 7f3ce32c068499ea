-- The exact counts of a cube: for the publisher, who says nothing of them before noise is added. The last variable runs
-- fastest; no variable is one cell, the dataset's size. A member is in one cell of a cube of single-valued variables,
-- and in as many as their max_per_member multiply to at most, each once.
CREATE FUNCTION research.histogram(dataset uuid, variables integer[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked CONSTANT integer[] := coalesce(histogram.variables, '{}');
    one record;
    cells bigint := 1;
    read text[] := '{}';  -- a variable's bytes in a record
    grouped text[] := '{}';
    spread text := '';  -- from these bytes to categories
    inside text := '';
    cell text := '0';
    counts bigint[];
BEGIN
    -- Held until it has been said: who takes its consent back before is not counted, who does so after waits.
    PERFORM FROM insight.dataset d WHERE d.id = histogram.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND OR cardinality(asked) > 3 OR array_ndims(asked) > 1
        OR cardinality(asked) <> (SELECT count(DISTINCT a) FROM unnest(asked) a)
    THEN
        RAISE 'no such cube' USING ERRCODE = 'check_violation';
    END IF;
    FOR one IN
        SELECT a.nth, v.slot, v.max_per_member, count(c.place) AS categories, max(c.place) AS last_place
        FROM unnest(asked) WITH ORDINALITY a (position, nth)
        LEFT JOIN insight.variable v ON v.dataset_id = histogram.dataset AND v.position = a.position
        LEFT JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        GROUP BY a.nth, v.slot, v.max_per_member ORDER BY a.nth
    LOOP
        cells := cells * one.categories;
        IF one.slot IS NULL OR one.categories = 0 OR one.last_place <> one.categories - 1 OR cells > 5000 THEN
            RAISE 'no such cube' USING ERRCODE = 'check_violation';
        END IF;
        -- Every number is an integer of ours: no value is in the statement. Records are counted by their bytes first,
        -- so that what is done to each group is done a few thousand times and not once a member.
        grouped := grouped || format('b%s', one.nth);
        IF one.max_per_member = 1 THEN
            read := read || format('get_byte(codes, %s) AS b%s', one.slot, one.nth);
            spread := spread || format(' CROSS JOIN LATERAL (SELECT b%s AS place) c%s', one.nth, one.nth);
        ELSE
            read := read || format('substr(codes, %s, %s) AS b%s', one.slot + 1, one.max_per_member, one.nth);
            spread := spread || format(
                ' CROSS JOIN LATERAL (SELECT DISTINCT get_byte(b%s, i) AS place FROM generate_series(0, %s) i) c%s',
                one.nth, one.max_per_member - 1, one.nth);
        END IF;
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

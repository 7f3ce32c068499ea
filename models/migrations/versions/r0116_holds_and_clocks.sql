CREATE OR REPLACE FUNCTION research.count_frozen(dataset uuid, variables integer[])
 RETURNS TABLE(variable integer, counts bigint[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET jit TO 'off'
AS $function$
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
END $function$;

GRANT EXECUTE ON FUNCTION research.count_frozen(uuid, integer[]) TO cohorte_publisher;

CREATE OR REPLACE FUNCTION identity.try_again(subject text, most integer, within interval)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(try_again.subject, 'UTF8'));
    made uuid;
BEGIN
    -- One at a time: two concurrent counts would both have room for a last attempt.
    PERFORM pg_advisory_xact_lock(hashtextextended(encode(digest, 'hex'), 1));
    -- What is further ahead than an attempt counts was made before the clock was set back: it would count for as long.
    DELETE FROM identity.attempt a
    WHERE a.subject = digest AND a.tried_at NOT BETWEEN now() - try_again.within AND now() + try_again.within;
    IF (SELECT count(*) FROM identity.attempt a WHERE a.subject = digest) < try_again.most THEN
        INSERT INTO identity.attempt (subject, tried_at) VALUES (digest, clock_timestamp()) RETURNING id INTO made;
    END IF;
    RETURN made;
END $function$;

CREATE OR REPLACE FUNCTION identity.count_request(subjects bytea[], most integer[], seconds integer[])
 RETURNS TABLE(remaining integer, full_in double precision, wait double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    present timestamptz := clock_timestamp();
    period interval;
    step interval;
    slack interval;  -- steps are rounded to microseconds
    unreal timestamptz;  -- a row that is further ahead is from before the clock was set back
    filled timestamptz;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    -- A caller is counted before their address by every request, so that two requests never wait for each other.
    FOR nth IN 1 .. cardinality(subjects) LOOP
        period := make_interval(secs => seconds[nth]);
        step := period / most[nth];
        slack := least(step / 2, most[nth] * interval '1 microsecond');
        unreal := present + 2 * period;
        INSERT INTO identity.rate_limit AS l (subject, full_at) VALUES (subjects[nth], present + step)
        ON CONFLICT (subject) DO UPDATE
            SET full_at = CASE WHEN l.full_at > unreal THEN present ELSE greatest(l.full_at, present) END + step
            WHERE greatest(l.full_at, present) + step <= present + period + slack OR l.full_at > unreal
        RETURNING l.full_at INTO filled;
        IF NOT FOUND THEN
            SELECT l.full_at INTO filled FROM identity.rate_limit l WHERE l.subject = subjects[nth];
            remaining := 0;
            full_in := extract(epoch FROM filled - present);
            wait := greatest(extract(epoch FROM filled + step - slack - present - period), 0);
            RETURN NEXT;
            RETURN;
        END IF;
        remaining := floor(extract(epoch FROM present + period + slack - filled) / extract(epoch FROM step));
        full_in := extract(epoch FROM filled - present);
        wait := NULL;
        RETURN NEXT;
    END LOOP;
END $function$;

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
    filled timestamptz;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    -- A caller is counted before their address by every request, so that two requests never wait for each other.
    FOR nth IN 1 .. cardinality(subjects) LOOP
        period := make_interval(secs => seconds[nth]);
        step := period / most[nth];
        slack := least(step / 2, most[nth] * interval '1 microsecond');
        INSERT INTO identity.rate_limit AS l (subject, full_at) VALUES (subjects[nth], present + step)
        ON CONFLICT (subject) DO UPDATE SET full_at = greatest(l.full_at, present) + step
            WHERE greatest(l.full_at, present) + step <= present + period + slack
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

CREATE OR REPLACE FUNCTION identity.count_readings(readers text[], seen text[], refused text[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT set_config('synchronous_commit', 'off', true);
    INSERT INTO identity.reading AS r (member_id, day, seen, demonstration)
    SELECT m.id, catalog.today(), array_agg(DISTINCT g.one), m.demonstration
    FROM unnest(readers::uuid[], seen::bigint[]) AS g (reader, one) JOIN care.member m ON m.id = g.reader
    GROUP BY m.id ORDER BY m.id  -- in one order, so that two processes do not wait for each other
    ON CONFLICT (member_id) DO UPDATE
    SET day = excluded.day, seen = CASE WHEN r.day = excluded.day
        THEN ARRAY(SELECT DISTINCT u.one FROM unnest(r.seen || excluded.seen) AS u (one)) ELSE excluded.seen END;
    INSERT INTO care.reading_alert (member_id, day, demonstration)
    SELECT m.id, catalog.today(), m.demonstration FROM care.member m WHERE m.id = ANY (refused::uuid[])
    ON CONFLICT (member_id, day) DO NOTHING
$function$;

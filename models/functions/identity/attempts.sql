-- Limits on attempts, such as to sign in, by subject, such as an account or a network address. Only its SHA-256 is
-- stored.

-- Records an attempt and returns its id, or null if the limit is reached. A refused attempt isn't recorded: an account
-- opens again once the window has passed, however many attempts are made in it.
CREATE FUNCTION identity.try_again(subject text, most integer, within interval) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION identity.try_again(text, integer, interval) TO cohorte_public;

-- Counts a request by each of several subjects, such as a caller and their address, of which `most` may be made in
-- `seconds`, in order, up to the first that is exceeded: `wait` is then in how many seconds another will be accepted.
-- Otherwise it is null, and `remaining` can be made now, `most` again after `full_in` seconds. Each subject has one row:
-- the moment at which its allowance is full again (GCRA). To be called in a transaction of its own, which waits neither
-- for the disk nor for a standby: losing a count does little harm, and it is counted before any work.
CREATE FUNCTION identity.count_request(subjects bytea[], most integer[], seconds integer[])
RETURNS TABLE (remaining integer, full_in double precision, wait double precision)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION identity.count_request(bytea[], integer[], integer[])
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;

-- Deletes attempts that turned out to be legitimate.
CREATE FUNCTION identity.forget_attempts(ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.attempt WHERE id = ANY (ids)
$$;
GRANT EXECUTE ON FUNCTION identity.forget_attempts(uuid[]) TO cohorte_public;

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
    DELETE FROM identity.attempt a WHERE a.subject = digest AND a.tried_at < now() - try_again.within;
    IF (SELECT count(*) FROM identity.attempt a WHERE a.subject = digest) < try_again.most THEN
        INSERT INTO identity.attempt (subject, tried_at) VALUES (digest, clock_timestamp()) RETURNING id INTO made;
    END IF;
    RETURN made;
END $$;
GRANT EXECUTE ON FUNCTION identity.try_again(text, integer, interval) TO cohorte_public;

-- Deletes attempts that turned out to be legitimate.
CREATE FUNCTION identity.forget_attempts(ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.attempt WHERE id = ANY (ids)
$$;
GRANT EXECUTE ON FUNCTION identity.forget_attempts(uuid[]) TO cohorte_public;

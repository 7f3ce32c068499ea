-- Tries. The id of one more, or null when there were as many as there may be: an attempt that is refused counts for
-- nothing, so that an account opens again once its window has passed, however hard somebody knocks.
CREATE FUNCTION identity.try_again(subject text, most integer, within interval) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := sha256(convert_to(try_again.subject, 'UTF8'));
    made uuid;
BEGIN
    -- One at a time: of two that count together, both would find room for the last.
    PERFORM pg_advisory_xact_lock(hashtextextended(encode(digest, 'hex'), 1));
    DELETE FROM identity.attempt a WHERE a.subject = digest AND a.tried_at < now() - try_again.within;
    IF (SELECT count(*) FROM identity.attempt a WHERE a.subject = digest) < try_again.most THEN
        INSERT INTO identity.attempt (subject, tried_at) VALUES (digest, clock_timestamp()) RETURNING id INTO made;
    END IF;
    RETURN made;
END $$;
GRANT EXECUTE ON FUNCTION identity.try_again(text, integer, interval) TO cohorte_public;

CREATE FUNCTION identity.forget_attempts(ids uuid[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.attempt WHERE id = ANY (ids)
$$;
GRANT EXECUTE ON FUNCTION identity.forget_attempts(uuid[]) TO cohorte_public;

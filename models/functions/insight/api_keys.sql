-- When a key was last used, to the minute. Whoever asks with it waits neither for the disk nor for another process that
-- writes the same down: a time that is lost is no loss.
CREATE FUNCTION identity.key_used(id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE insight.api_key k SET last_used_at = now() WHERE k.id = (
        SELECT u.id FROM insight.api_key u
        WHERE u.id = key_used.id AND (u.last_used_at IS NULL OR u.last_used_at <= now() - interval '1 minute')
        FOR UPDATE SKIP LOCKED);
END $$;
GRANT EXECUTE ON FUNCTION identity.key_used(uuid) TO cohorte_public;

-- Whatever takes a key away or shortens its time: every server process hears of it, as of a session that is closed.
CREATE FUNCTION identity.tell_of_revocation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('session_revoked', OLD.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER revoked AFTER DELETE OR UPDATE OF expires_at, secret_hash ON insight.api_key FOR EACH ROW
    EXECUTE FUNCTION identity.tell_of_revocation();

-- API keys of organizations.

-- Records when a key was last used, to the minute. The request waits neither for the disk nor for another process that
-- records the same: losing a time does no harm.
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

-- Notifies every server process when a key is deleted or its expiry changes, as for closed sessions.
CREATE FUNCTION identity.tell_of_revocation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('session_revoked', OLD.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER revoked AFTER DELETE OR UPDATE OF expires_at, secret_hash ON insight.api_key FOR EACH ROW
    EXECUTE FUNCTION identity.tell_of_revocation();

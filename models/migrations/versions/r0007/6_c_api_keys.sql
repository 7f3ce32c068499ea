-- Who asks, by the SHA-256 of a session's token or of an organization's key.
DROP FUNCTION identity.viewer_of(bytea);
CREATE FUNCTION identity.viewer_of(token_hash bytea)
RETURNS TABLE (
    account_id uuid, session_id uuid, api_key_id uuid, member_id uuid, organization_id uuid, staff_id uuid,
    roles text[], expires_at timestamptz, demonstration boolean
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id, s.id, NULL::uuid, a.member_id, a.organization_id, a.staff_id, coalesce(f.roles, '{}'), s.expires_at,
        a.demonstration
    FROM identity.session s
    JOIN identity.account a ON a.id = s.account_id
    LEFT JOIN identity.staff f ON f.id = a.staff_id
    WHERE s.token_hash = viewer_of.token_hash AND s.expires_at > now()
    UNION ALL
    SELECT NULL, NULL, k.id, NULL, k.organization_id, NULL, '{}', k.expires_at, k.demonstration OR o.demonstration
    FROM insight.api_key k JOIN insight.organization o ON o.id = k.organization_id
    WHERE k.secret_hash = viewer_of.token_hash AND k.expires_at > now()
$$;

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

GRANT EXECUTE ON FUNCTION identity.viewer_of(bytea), identity.key_used(uuid) TO cohorte_public;

GRANT INSERT (id, organization_id, name, prefix, secret_hash, expires_at) ON insight.api_key TO cohorte_buyer;
CREATE POLICY buyer_inserts ON insight.api_key FOR INSERT TO cohorte_buyer WITH CHECK (organization_id = (SELECT nullif(current_setting('cohorte.organization', true), '')::uuid));
GRANT DELETE ON insight.api_key TO cohorte_buyer;
CREATE POLICY buyer_deletes ON insight.api_key FOR DELETE TO cohorte_buyer USING (organization_id = (SELECT nullif(current_setting('cohorte.organization', true), '')::uuid));

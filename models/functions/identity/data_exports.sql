-- One-time addresses of members' exports.

-- Stores the viewer's address in place of an earlier one, and returns when it expires; null without an open session.
CREATE FUNCTION identity.open_data_export(session_id uuid, token_hash bytea, format text, lifetime interval)
RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO identity.data_export (account_id, session_id, token_hash, format, expires_at, demonstration)
    SELECT a.id, s.id, open_data_export.token_hash, open_data_export.format, now() + open_data_export.lifetime,
        a.demonstration
    FROM identity.account a JOIN identity.session s ON s.account_id = a.id
    WHERE a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        AND s.id = open_data_export.session_id AND s.expires_at > now()
    ON CONFLICT ON CONSTRAINT pk_data_export DO UPDATE
        SET session_id = excluded.session_id, token_hash = excluded.token_hash, format = excluded.format,
            expires_at = excluded.expires_at
    RETURNING expires_at
$$;
GRANT EXECUTE ON FUNCTION identity.open_data_export(uuid, bytea, text, interval) TO cohorte_patient;

-- Uses up an address: whose export it is, their locale, and in which format. No row if it was used before, replaced or has
-- expired, if its session is over, or if `account_id` is given and it is another account's, which leaves it usable.
CREATE FUNCTION identity.take_data_export(token_hash bytea, account_id uuid)
RETURNS TABLE (account uuid, session uuid, member uuid, format text, locale text)
LANGUAGE sql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.data_export e USING identity.account a, identity.session s
    WHERE e.token_hash = take_data_export.token_hash AND e.expires_at > now()
        AND a.id = e.account_id AND s.id = e.session_id AND s.expires_at > now()
        AND (take_data_export.account_id IS NULL OR take_data_export.account_id = e.account_id)
    RETURNING e.account_id, e.session_id, a.member_id, e.format::text, a.locale
$$;
GRANT EXECUTE ON FUNCTION identity.take_data_export(bytea, uuid) TO cohorte_public;

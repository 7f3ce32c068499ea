-- Signing in and sessions.
--
-- These functions run as the owner, whom policies do not bind: each checks itself what it may touch. They are the only
-- way for the server to read another person's credential, token or session.

-- The password's hash of an account whose address is verified, and whose staff member is not suspended.
CREATE FUNCTION identity.credential_of(email text)
RETURNS TABLE (account_id uuid, password_hash text, demonstration boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id, c.password_hash, a.demonstration
    FROM identity.account a JOIN identity.credential c ON c.account_id = a.id
    WHERE a.email = lower(credential_of.email) AND a.email_verified
        AND NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = a.staff_id AND f.suspended_at IS NOT NULL)
$$;
GRANT EXECUTE ON FUNCTION identity.credential_of(text) TO cohorte_public;

-- The first of several forms of an address that an account has; null if none has.
CREATE FUNCTION identity.stored_address(forms text[]) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.email
    FROM unnest(stored_address.forms) WITH ORDINALITY f (form, place)
    JOIN identity.account a ON a.email = lower(f.form)
    ORDER BY f.place LIMIT 1
$$;
GRANT EXECUTE ON FUNCTION identity.stored_address(text[]) TO cohorte_public;

-- The address, the password's hash and the pseudonym, if it is a member's, of an account that is signed in.
CREATE FUNCTION identity.credential_of_account(account_id uuid)
RETURNS TABLE (email text, password_hash text, pseudonym text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.email, c.password_hash, m.pseudonym
    FROM identity.account a JOIN identity.credential c ON c.account_id = a.id LEFT JOIN care.member m ON m.id = a.member_id
    WHERE a.id = credential_of_account.account_id
$$;
GRANT EXECUTE ON FUNCTION identity.credential_of_account(uuid) TO cohorte_public;

-- Replaces the hash of a password by another one of the same password, unless it has changed in the meantime.
CREATE FUNCTION identity.renew_hash(account_id uuid, was text, becomes text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.credential c SET password_hash = renew_hash.becomes
    WHERE c.account_id = renew_hash.account_id AND c.password_hash = renew_hash.was
$$;
GRANT EXECUTE ON FUNCTION identity.renew_hash(uuid, text, text) TO cohorte_public;

-- Opens a session and returns its id; null if there is no such account. An account that sleeps wakes up, and the day is
-- noted for staff.
CREATE FUNCTION identity.open_session(account_id uuid, token_hash bytea, device text, lifetime interval) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    opened uuid;
BEGIN
    UPDATE identity.account a
    SET signed_in_on = catalog.today(), sleep_notified_on = NULL, sleep_reminded_on = NULL
    WHERE a.id = open_session.account_id
        AND (a.signed_in_on <> catalog.today() OR a.sleep_notified_on IS NOT NULL);
    INSERT INTO identity.session (account_id, token_hash, device, expires_at, demonstration)
    SELECT a.id, open_session.token_hash, left(open_session.device, 200), now() + open_session.lifetime, a.demonstration
    FROM identity.account a WHERE a.id = open_session.account_id
    RETURNING id INTO opened;
    -- After the session, which locks the account: changes of staff lock the account and then the staff member too.
    UPDATE insight.organization_user u SET last_signed_in_on = catalog.today() FROM identity.account a
    WHERE a.id = open_session.account_id AND u.id = a.organization_user_id
        AND u.last_signed_in_on IS DISTINCT FROM catalog.today();
    UPDATE identity.staff f SET last_signed_in_on = catalog.today() FROM identity.account a
    WHERE a.id = open_session.account_id AND f.id = a.staff_id AND f.last_signed_in_on IS DISTINCT FROM catalog.today();
    RETURN opened;
END $$;
GRANT EXECUTE ON FUNCTION identity.open_session(uuid, bytea, text, interval) TO cohorte_public;

-- The viewer behind a session's token or an organization's API key, by the SHA-256 of either. A program may do what
-- analysts may.
CREATE FUNCTION identity.viewer_of(token_hash bytea)
RETURNS TABLE (
    account_id uuid, session_id uuid, api_key_id uuid, member_id uuid, organization_id uuid, staff_id uuid,
    roles text[], expires_at timestamptz, demonstration boolean, locale text
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id, s.id, NULL::uuid, a.member_id, a.organization_id, a.staff_id,
        coalesce(f.roles, array_remove(ARRAY[u.role::text], NULL)), s.expires_at, a.demonstration, a.locale
    FROM identity.session s
    JOIN identity.account a ON a.id = s.account_id
    LEFT JOIN identity.staff f ON f.id = a.staff_id
    LEFT JOIN insight.organization_user u ON u.id = a.organization_user_id
    WHERE s.token_hash = viewer_of.token_hash AND s.expires_at > now()
    UNION ALL
    SELECT NULL, NULL, k.id, NULL, k.organization_id, NULL, ARRAY['ANALYST'], k.expires_at, k.demonstration OR o.demonstration, NULL
    FROM insight.api_key k JOIN insight.organization o ON o.id = k.organization_id
    WHERE k.secret_hash = viewer_of.token_hash AND k.expires_at > now()
$$;
GRANT EXECUTE ON FUNCTION identity.viewer_of(bytea) TO cohorte_public;

-- Closes a session of the viewer. False if there is none. Every server process is notified and forgets its viewer.
CREATE FUNCTION identity.close_session(session_id uuid, account_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM identity.session s USING identity.account a
    WHERE s.id = close_session.session_id AND s.account_id = close_session.account_id AND a.id = s.account_id
        -- The account must be the viewer's, whatever the argument says.
        AND (a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
            OR a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
            OR a.staff_id = nullif(current_setting('cohorte.staff', true), '')::uuid);
    IF FOUND THEN
        PERFORM pg_notify('session_revoked', close_session.session_id::text);
        RETURN true;
    END IF;
    RETURN false;
END $$;
GRANT EXECUTE ON FUNCTION identity.close_session(uuid, uuid) TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Closes all sessions of an account but one, and sign-ins that wait for a second factor. For other functions of the
-- owner.
CREATE FUNCTION identity.close_other_sessions(account_id uuid, kept uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    closed uuid;
BEGIN
    DELETE FROM identity.second_factor_challenge c WHERE c.account_id = close_other_sessions.account_id;
    FOR closed IN
        DELETE FROM identity.session s
        WHERE s.account_id = close_other_sessions.account_id AND s.id IS DISTINCT FROM close_other_sessions.kept
        RETURNING s.id
    LOOP
        PERFORM pg_notify('session_revoked', closed::text);
    END LOOP;
END $$;

-- Has every server process look up the viewers of an account's sessions again, whose language has changed. The sessions
-- stay open.
CREATE FUNCTION identity.renew_viewers() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('session_changed', s.id::text) FROM identity.session s WHERE s.account_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER renew_viewers AFTER UPDATE OF locale ON identity.account
    FOR EACH ROW WHEN (OLD.locale <> NEW.locale) EXECUTE FUNCTION identity.renew_viewers();

-- The locale of the viewer's account. Null for an account that is not the viewer's.
CREATE FUNCTION identity.account_locale(account_id uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.locale FROM identity.account a
    WHERE a.id = account_locale.account_id AND a.id = ANY (identity.viewer_accounts())
$$;
GRANT EXECUTE ON FUNCTION identity.account_locale(uuid) TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Changes the locale of the viewer's account.
CREATE FUNCTION identity.change_locale(account_id uuid, locale text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.account a SET locale = change_locale.locale
    WHERE a.id = change_locale.account_id AND a.id = ANY (identity.viewer_accounts())
$$;
GRANT EXECUTE ON FUNCTION identity.change_locale(uuid, text) TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Closes all sessions of an account. For other functions of the owner.
CREATE FUNCTION identity.close_sessions(account_id uuid) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$ SELECT identity.close_other_sessions(close_sessions.account_id, NULL) $$;

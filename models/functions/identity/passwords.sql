-- Resetting a password with a code that is sent by mail.

-- Mails a code to an address: for a new password, or for the newest of the registrations that wait for the address to be
-- verified. Does nothing if nobody has the address. The caller can't tell which.
CREATE FUNCTION identity.request_password_reset(
    email text, code text, lifetime interval, verifying interval, demonstration boolean
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(request_password_reset.email);
    digest bytea := sha256(convert_to(request_password_reset.code, 'UTF8'));
    holder identity.account;
    waiting identity.registration;
BEGIN
    SELECT * INTO holder FROM identity.account a
    WHERE a.email = address AND (request_password_reset.demonstration OR NOT a.demonstration);
    IF FOUND THEN
        INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
        VALUES (digest, holder.id, now() + request_password_reset.lifetime);
        PERFORM identity.write_to(holder.email, 'RESET_PASSWORD', holder.locale, request_password_reset.code);
        RETURN;
    END IF;
    UPDATE identity.registration r
    SET code_hash = digest, expires_at = now() + request_password_reset.verifying
    WHERE r.id = (
        SELECT l.id FROM identity.registration l
        WHERE l.email = address AND l.code_hash IS NOT NULL AND l.expires_at > now()
        ORDER BY l.created_at DESC, l.id LIMIT 1)
    RETURNING * INTO waiting;
    IF FOUND THEN
        PERFORM identity.write_to(
            address, 'VERIFY_EMAIL', waiting.locale, request_password_reset.code, waiting.pseudonym);
    ELSE
        -- A commit that writes takes longer than one that doesn't: response times would show who has an account.
        INSERT INTO identity.attempt (subject) VALUES (digest);
        PERFORM pg_notify('cohorte_outbox', '');
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.request_password_reset(text, text, interval, interval, boolean) TO cohorte_public;

-- Whether a code to set a new password is valid.
CREATE FUNCTION identity.resets_password(code text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM identity.password_reset p
        WHERE p.code_hash = sha256(convert_to(resets_password.code, 'UTF8')) AND p.expires_at > now())
$$;
GRANT EXECUTE ON FUNCTION identity.resets_password(text) TO cohorte_public;

-- Ends what others could read through an account: care links and invitations in both directions, sharing, and if it is an
-- administrator's, API keys.
-- For other functions of the owner.
CREATE FUNCTION identity.end_access(holder identity.account) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE care.care_link l SET status = 'ENDED'
    WHERE holder.member_id IN (l.patient_id, l.relative_id) AND l.status <> 'ENDED';
    UPDATE care.profile p SET sharing = 'ONLY_ME' WHERE p.member_id = holder.member_id AND p.sharing <> 'ONLY_ME';
    -- Other users cannot have made any.
    DELETE FROM insight.api_key k USING insight.organization_user u
    WHERE u.id = holder.organization_user_id AND u.role = 'ADMINISTRATOR' AND k.organization_id = u.organization_id
$$;

-- Replaces the password of the viewer's account, whose hash `was` the server has checked, and closes all other sessions.
-- Codes that somebody else may have requested are void. False if the password was changed meanwhile.
CREATE FUNCTION identity.change_password(account_id uuid, session_id uuid, was text, becomes text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    holder identity.account;
BEGIN
    SELECT * INTO holder FROM identity.account a
    WHERE a.id = change_password.account_id AND identity.is_viewers(a) FOR UPDATE;
    UPDATE identity.credential c SET password_hash = change_password.becomes
    WHERE c.account_id = holder.id AND c.password_hash = change_password.was;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM identity.close_other_sessions(holder.id, change_password.session_id);
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    DELETE FROM identity.email_change e WHERE e.account_id = holder.id AND NOT e.reverts;
    PERFORM identity.write_to(holder.email, 'PASSWORD_REPLACED', holder.locale, NULL);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.change_password(uuid, uuid, text, text)
    TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Sets a new password and closes all sessions of the account. The first time that a password is replaced, also ends what
-- else somebody could read through who had the account before the owner of the address: care links and invitations in
-- both directions, API keys, and sharing. Returns whether it did; null if the code is not valid.
CREATE FUNCTION identity.reset_password(code text, password_hash text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := sha256(convert_to(reset_password.code, 'UTF8'));
    holder identity.account;
    had_one boolean;
    is_first boolean;
BEGIN
    SELECT a.* INTO holder FROM identity.account a JOIN identity.password_reset p ON p.account_id = a.id
    WHERE p.code_hash = digest FOR UPDATE OF a;
    DELETE FROM identity.password_reset p WHERE p.code_hash = digest AND p.expires_at > now();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    DELETE FROM identity.email_change e WHERE e.account_id = holder.id AND NOT e.reverts;
    -- An organization's contact and staff choose the first password with a code: nobody could sign in before.
    had_one := EXISTS (SELECT FROM identity.credential c WHERE c.account_id = holder.id);
    is_first := had_one AND holder.password_reset_at IS NULL;
    INSERT INTO identity.credential AS c (account_id, password_hash) VALUES (holder.id, reset_password.password_hash)
    ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash;
    UPDATE identity.account a SET email_verified = true WHERE a.id = holder.id AND NOT a.email_verified;
    PERFORM identity.close_sessions(holder.id);
    -- Failed attempts at the old password no longer lock the account.
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || holder.email, 'UTF8'));
    IF is_first THEN
        UPDATE identity.account a SET password_reset_at = now() WHERE a.id = holder.id;
        PERFORM identity.end_access(holder);
    END IF;
    PERFORM identity.write_to(
        holder.email,
        CASE WHEN is_first THEN 'PASSWORD_FIRST_CHANGED' WHEN had_one THEN 'PASSWORD_CHANGED' ELSE 'PASSWORD_SET' END,
        holder.locale, NULL);
    RETURN is_first;
END $$;
GRANT EXECUTE ON FUNCTION identity.reset_password(text, text) TO cohorte_public;

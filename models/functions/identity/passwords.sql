-- Resetting a password with a code that is sent by mail.

-- Mails a code to an address: for a new password, or to verify the address if a registration waits for that. Does
-- nothing if nobody has the address. The caller can't tell which.
CREATE FUNCTION identity.request_password_reset(
    email text, code text, lifetime interval, verifying interval, demonstration boolean
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(request_password_reset.email);
    digest bytea := sha256(convert_to(request_password_reset.code, 'UTF8'));
    holder identity.account;
    language text;
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
    RETURNING r.locale INTO language;
    IF FOUND THEN
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', language, request_password_reset.code);
    ELSE
        -- A commit that writes takes longer than one that doesn't: response times would show who has an account.
        INSERT INTO identity.attempt (subject) VALUES (digest);
        PERFORM pg_notify('cohorte_outbox', '');
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.request_password_reset(text, text, interval, interval, boolean) TO cohorte_public;

-- Sets a new password and closes all sessions of the account. False if the code is not valid.
CREATE FUNCTION identity.reset_password(code text, password_hash text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := sha256(convert_to(reset_password.code, 'UTF8'));
    holder identity.account;
BEGIN
    SELECT a.* INTO holder FROM identity.account a JOIN identity.password_reset p ON p.account_id = a.id
    WHERE p.code_hash = digest FOR UPDATE OF a;
    DELETE FROM identity.password_reset p WHERE p.code_hash = digest AND p.expires_at > now();
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    INSERT INTO identity.credential AS c (account_id, password_hash) VALUES (holder.id, reset_password.password_hash)
    ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash;
    UPDATE identity.account a SET email_verified = true WHERE a.id = holder.id AND NOT a.email_verified;
    PERFORM identity.close_sessions(holder.id);
    -- Failed attempts at the old password no longer lock the account.
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || holder.email, 'UTF8'));
    PERFORM identity.write_to(holder.email, 'PASSWORD_CHANGED', holder.locale, NULL);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.reset_password(text, text) TO cohorte_public;

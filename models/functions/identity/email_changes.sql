-- Changing the address of an account that is signed in, with codes that are sent by mail.

-- Whether an account is the viewer's. For other functions of the owner.
CREATE FUNCTION identity.is_viewers(account identity.account) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        account.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        OR account.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
        OR account.staff_id = nullif(current_setting('cohorte.staff', true), '')::uuid, false)
$$;

-- Mails a code to an address that the viewer wants for their account, and a note to the present one. The owner of an
-- address that is taken is notified instead, which the caller can't tell.
CREATE FUNCTION identity.request_email_change(account_id uuid, email text, code text, lifetime interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(request_email_change.email);
    changing identity.account;
    holder identity.account;
BEGIN
    SELECT * INTO changing FROM identity.account a
    WHERE a.id = request_email_change.account_id AND identity.is_viewers(a) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM identity.email_change e WHERE e.account_id = changing.id AND NOT e.reverts;
    INSERT INTO identity.email_change (code_hash, account_id, email, reverts, expires_at)
    VALUES (sha256(convert_to(request_email_change.code, 'UTF8')), changing.id, address, false,
        now() + request_email_change.lifetime);
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    IF FOUND THEN
        PERFORM identity.write_to(holder.email, 'EMAIL_TAKEN', holder.locale, NULL);
    ELSE
        PERFORM identity.write_to(address, 'CONFIRM_EMAIL', changing.locale, request_email_change.code);
    END IF;
    PERFORM identity.write_to(changing.email, 'EMAIL_CHANGE_REQUESTED', changing.locale, NULL);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.request_email_change(uuid, text, text, interval)
    TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Gives the viewer's account the address that the code was mailed to, and mails a code to the previous address that
-- takes the account back. Closes all other sessions. False if the code is not valid, or not for this account.
CREATE FUNCTION identity.change_email(account_id uuid, session_id uuid, code text, revert text, lifetime interval)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wanted identity.email_change;
    changing identity.account;
BEGIN
    SELECT * INTO changing FROM identity.account a
    WHERE a.id = change_email.account_id AND identity.is_viewers(a) FOR UPDATE;
    DELETE FROM identity.email_change e
    WHERE e.code_hash = sha256(convert_to(change_email.code, 'UTF8')) AND e.account_id = changing.id
        AND NOT e.reverts AND e.expires_at > now()
    RETURNING * INTO wanted;
    IF NOT FOUND OR NOT identity.move_account(changing, wanted.email) THEN
        RETURN false;
    END IF;
    PERFORM identity.close_other_sessions(changing.id, change_email.session_id);
    INSERT INTO identity.email_change (code_hash, account_id, email, reverts, created_at, expires_at)
    VALUES (sha256(convert_to(change_email.revert, 'UTF8')), changing.id, changing.email, true, clock_timestamp(),
        now() + change_email.lifetime);
    PERFORM identity.write_to(changing.email, 'EMAIL_CHANGED', changing.locale, change_email.revert);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.change_email(uuid, uuid, text, text, interval)
    TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Gives an account an address, if no other account has it: whether it did. Codes that were mailed to the one that it had
-- are void. For other functions of the owner.
CREATE FUNCTION identity.move_account(moving identity.account, email text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- As when an account is opened: of two that want one address, the first wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(move_account.email, 3));
    PERFORM FROM identity.account a WHERE a.email = move_account.email;
    IF FOUND THEN
        RETURN false;
    END IF;
    UPDATE identity.account a SET email = move_account.email, email_verified = true WHERE a.id = moving.id;
    DELETE FROM identity.password_reset p WHERE p.account_id = moving.id;
    DELETE FROM identity.registration r WHERE r.email = move_account.email;
    RETURN true;
END $$;

-- Whether a code takes an account back to its previous address.
CREATE FUNCTION identity.reverts_email(code text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM identity.email_change e
        WHERE e.code_hash = sha256(convert_to(reverts_email.code, 'UTF8')) AND e.reverts AND e.expires_at > now())
$$;
GRANT EXECUTE ON FUNCTION identity.reverts_email(text) TO cohorte_public;

-- Gives an account its previous address again, with a new password, and ends whatever somebody could reach through it
-- meanwhile. REVERTED, TAKEN if another account has the address by now, or INVALID if the code is not valid.
--
-- Later changes are void with it: who changed the address once more has no code that outlives this one. Earlier ones
-- stay, since their codes were mailed to an owner from before.
CREATE FUNCTION identity.revert_email(code text, password_hash text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := sha256(convert_to(revert_email.code, 'UTF8'));
    former identity.email_change;
    holder identity.account;
BEGIN
    SELECT a.* INTO holder FROM identity.account a JOIN identity.email_change e ON e.account_id = a.id
    WHERE e.code_hash = digest FOR UPDATE OF a;
    SELECT * INTO former FROM identity.email_change e
    WHERE e.code_hash = digest AND e.reverts AND e.expires_at > now();
    IF NOT FOUND THEN
        RETURN 'INVALID';
    END IF;
    IF holder.email <> former.email AND NOT identity.move_account(holder, former.email) THEN
        RETURN 'TAKEN';
    END IF;
    DELETE FROM identity.email_change e
    WHERE e.account_id = holder.id AND (NOT e.reverts OR e.created_at >= former.created_at);
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    UPDATE identity.credential c SET password_hash = revert_email.password_hash WHERE c.account_id = holder.id;
    PERFORM identity.close_sessions(holder.id);
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || former.email, 'UTF8'));
    PERFORM identity.end_access(holder);
    PERFORM identity.write_to(former.email, 'PASSWORD_CHANGED', holder.locale, NULL);
    RETURN 'REVERTED';
END $$;
GRANT EXECUTE ON FUNCTION identity.revert_email(text, text) TO cohorte_public;

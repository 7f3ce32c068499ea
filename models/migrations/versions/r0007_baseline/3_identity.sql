-- Frozen. The current source, with the reasons, is in models/functions.

CREATE FUNCTION identity.change_pseudonym(pseudonym text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
BEGIN
    IF viewer IS NULL OR NOT identity.is_free(change_pseudonym.pseudonym, viewer) THEN
        RETURN false;
    END IF;
    UPDATE care.member m SET pseudonym = change_pseudonym.pseudonym WHERE m.id = viewer;
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION identity.change_pseudonym(text) TO cohorte_patient;

CREATE FUNCTION identity.delete_account(account_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    leaving identity.account;
BEGIN
    SELECT * INTO leaving FROM identity.account a
    WHERE a.id = delete_account.account_id AND a.member_id = viewer FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM care.member m WHERE m.id = viewer FOR UPDATE;
    -- Their counts of members change: in this order, as wherever several are locked.
    PERFORM FROM catalog.community c JOIN care.membership s ON s.community_id = c.id
    WHERE s.member_id = viewer ORDER BY c.id FOR NO KEY UPDATE OF c;
    PERFORM identity.close_sessions(leaving.id);
    DELETE FROM research.answer_sheet s USING research.participation p
    WHERE p.member_id = viewer AND s.id = p.answer_sheet_id;
    UPDATE care.flag f SET note = NULL WHERE f.member_id = viewer AND f.note IS NOT NULL;
    DELETE FROM care.notification n WHERE n.subject_id = viewer;
    DELETE FROM identity.mutation m WHERE m.caller = viewer;
    DELETE FROM identity.mail m WHERE m.recipient = leaving.email;
    DELETE FROM identity.registration r WHERE r.email = leaving.email;
    DELETE FROM identity.attempt a WHERE a.subject IN (
        sha256(convert_to('sign-in account ' || leaving.email, 'UTF8')),
        sha256(convert_to('mail account ' || leaving.email, 'UTF8')));
    DELETE FROM care.member m WHERE m.id = viewer;  -- the rest goes with it
    PERFORM identity.write_to(leaving.email, 'ACCOUNT_DELETED', leaving.locale, NULL);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.delete_account(uuid) TO cohorte_patient;

CREATE FUNCTION identity.forget_waiting() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.session WHERE expires_at <= now()
$$;
GRANT EXECUTE ON FUNCTION identity.forget_waiting() TO cohorte_public, cohorte_manager;

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

CREATE FUNCTION identity.write_to(recipient text, letter text, locale text, code text, about text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.mail (recipient, letter, locale, code, about)
    VALUES (write_to.recipient, write_to.letter, write_to.locale, write_to.code, write_to.about);
    PERFORM pg_notify('cohorte_mail', '');
END $$;

CREATE FUNCTION identity.mail_due(most integer)
RETURNS TABLE (
    id uuid, recipient text, letter text, locale text, code text, about text, created_at timestamptz, attempts integer
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.recipient, m.letter, m.locale, m.code, m.about, m.created_at, m.attempts
    FROM identity.mail m WHERE m.due_at <= now() ORDER BY m.due_at, m.id LIMIT mail_due.most
$$;
GRANT EXECUTE ON FUNCTION identity.mail_due(integer) TO cohorte_public;

CREATE FUNCTION identity.mail_sent(id uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.mail m WHERE m.id = mail_sent.id
$$;
GRANT EXECUTE ON FUNCTION identity.mail_sent(uuid) TO cohorte_public;

CREATE FUNCTION identity.mail_failed(id uuid, wait interval, most integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.mail m SET attempts = m.attempts + 1, due_at = now() + mail_failed.wait WHERE m.id = mail_failed.id;
    DELETE FROM identity.mail m WHERE m.id = mail_failed.id AND m.attempts >= mail_failed.most
$$;
GRANT EXECUTE ON FUNCTION identity.mail_failed(uuid, interval, integer) TO cohorte_public;

CREATE FUNCTION identity.mutating(input_hash bytea) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        nullif(current_setting('cohorte.member', true), '')::uuid,
        nullif(current_setting('cohorte.organization', true), '')::uuid,
        nullif(current_setting('cohorte.staff', true), '')::uuid,
        md5(input_hash)::uuid)
$$;

CREATE FUNCTION identity.take_mutation(name text, client_mutation_id text, input_hash bytea)
RETURNS TABLE (first boolean, same boolean, result jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid := identity.mutating(take_mutation.input_hash);
    kept identity.mutation;
BEGIN
    LOOP
        DELETE FROM identity.mutation m
        WHERE m.caller = whose AND m.name = take_mutation.name
            AND m.client_mutation_id = take_mutation.client_mutation_id AND m.created_at < now() - interval '1 day';
        INSERT INTO identity.mutation (caller, name, client_mutation_id, input_hash)
        VALUES (whose, take_mutation.name, take_mutation.client_mutation_id, take_mutation.input_hash)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN QUERY SELECT true, true, NULL::jsonb;
            RETURN;
        END IF;
        SELECT * INTO kept FROM identity.mutation m
        WHERE m.caller = whose AND m.name = take_mutation.name
            AND m.client_mutation_id = take_mutation.client_mutation_id;
        IF FOUND THEN
            RETURN QUERY SELECT false, kept.input_hash = take_mutation.input_hash, kept.result;
            RETURN;
        END IF;
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION identity.take_mutation(text, text, bytea)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

CREATE FUNCTION identity.keep_mutation(name text, client_mutation_id text, input_hash bytea, result jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.mutation m SET result = keep_mutation.result
    WHERE m.caller = identity.mutating(keep_mutation.input_hash) AND m.name = keep_mutation.name
        AND m.client_mutation_id = keep_mutation.client_mutation_id AND m.result IS NULL
$$;
GRANT EXECUTE ON FUNCTION identity.keep_mutation(text, text, bytea, jsonb)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

CREATE FUNCTION identity.forget_mutations() RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH gone AS (DELETE FROM identity.mutation WHERE created_at < now() - interval '1 day' RETURNING 1)
    SELECT count(*) FROM gone
$$;
GRANT EXECUTE ON FUNCTION identity.forget_mutations() TO cohorte_public, cohorte_manager;

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
        -- A commit that writes takes longer than one that does not: an answer's time would tell who has an account.
        INSERT INTO identity.attempt (subject) VALUES (digest);
        PERFORM pg_notify('cohorte_mail', '');
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.request_password_reset(text, text, interval, interval, boolean) TO cohorte_public;

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
    -- Who was locked out by tries at the old password may sign in with the new one.
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || holder.email, 'UTF8'));
    PERFORM identity.write_to(holder.email, 'PASSWORD_CHANGED', holder.locale, NULL);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.reset_password(text, text) TO cohorte_public;

CREATE FUNCTION identity.is_free(pseudonym text, whose uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(lower(is_free.pseudonym), 2));
    DELETE FROM identity.registration r
    WHERE lower(r.pseudonym) = lower(is_free.pseudonym) AND r.expires_at <= now();
    RETURN NOT EXISTS (
            SELECT FROM care.member m
            WHERE lower(m.pseudonym) = lower(is_free.pseudonym) AND m.id IS DISTINCT FROM is_free.whose)
        AND NOT EXISTS (SELECT FROM identity.registration r WHERE lower(r.pseudonym) = lower(is_free.pseudonym));
END $$;

CREATE FUNCTION identity.register(
    email text, password_hash text, pseudonym text, kind text, birth_year integer, sex text, region text, locale text,
    notice_version text, code text, lifetime interval
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(register.email);
    holder identity.account;
    is_taken boolean;
BEGIN
    -- Who registers again, since the mail was lost or the password was mistyped, does so in place of before.
    DELETE FROM identity.registration r
    WHERE lower(r.pseudonym) = lower(register.pseudonym) AND r.email = address;
    IF NOT identity.is_free(register.pseudonym, NULL) THEN
        RETURN false;
    END IF;
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    is_taken := FOUND;
    INSERT INTO identity.registration (
        email, pseudonym, kind, birth_year, sex, region, locale, notice_version, code_hash, password_hash, expires_at)
    VALUES (
        address, register.pseudonym, register.kind,
        CASE WHEN NOT is_taken THEN register.birth_year END,
        CASE WHEN is_taken THEN 'UNKNOWN' ELSE register.sex END,
        CASE WHEN NOT is_taken THEN register.region END,
        register.locale, register.notice_version,
        CASE WHEN NOT is_taken THEN sha256(convert_to(register.code, 'UTF8')) END,
        CASE WHEN NOT is_taken THEN register.password_hash END,
        now() + register.lifetime);
    IF is_taken THEN
        PERFORM identity.write_to(holder.email, 'ADDRESS_TAKEN', holder.locale, NULL);
    ELSE
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', register.locale, register.code);
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.register(text, text, text, text, integer, text, text, text, text, text, interval)
    TO cohorte_public;

CREATE FUNCTION identity.verify_email(code text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := sha256(convert_to(verify_email.code, 'UTF8'));
    waiting identity.registration;
    opened uuid;
    whose uuid;
BEGIN
    SELECT * INTO waiting FROM identity.registration r WHERE r.code_hash = digest;
    -- Of two registrations with one address the first to be verified wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(waiting.email, 3));
    DELETE FROM identity.registration r WHERE r.code_hash = digest AND r.expires_at > now() RETURNING * INTO waiting;
    IF NOT FOUND OR EXISTS (SELECT FROM identity.account a WHERE a.email = waiting.email) THEN
        RETURN false;
    END IF;
    INSERT INTO care.member (pseudonym, kind, joined_on)
    VALUES (waiting.pseudonym, waiting.kind, current_date) RETURNING id INTO whose;
    INSERT INTO care.profile (member_id, birth_year, sex, region)
    VALUES (whose, waiting.birth_year, waiting.sex, waiting.region);
    INSERT INTO identity.account (email, email_verified, locale, notice_version, member_id)
    VALUES (waiting.email, true, waiting.locale, waiting.notice_version, whose) RETURNING id INTO opened;
    INSERT INTO identity.credential (account_id, password_hash) VALUES (opened, waiting.password_hash);
    DELETE FROM identity.registration r WHERE r.email = waiting.email;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.verify_email(text) TO cohorte_public;

CREATE FUNCTION identity.credential_of(email text)
RETURNS TABLE (account_id uuid, password_hash text, demonstration boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id, c.password_hash, a.demonstration
    FROM identity.account a JOIN identity.credential c ON c.account_id = a.id
    WHERE a.email = lower(credential_of.email) AND a.email_verified
$$;
GRANT EXECUTE ON FUNCTION identity.credential_of(text) TO cohorte_public;

CREATE FUNCTION identity.credential_of_account(account_id uuid)
RETURNS TABLE (email text, password_hash text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.email, c.password_hash
    FROM identity.account a JOIN identity.credential c ON c.account_id = a.id
    WHERE a.id = credential_of_account.account_id
$$;
GRANT EXECUTE ON FUNCTION identity.credential_of_account(uuid) TO cohorte_public;

CREATE FUNCTION identity.open_session(account_id uuid, token_hash bytea, device text, lifetime interval) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO identity.session (account_id, token_hash, device, expires_at, demonstration)
    SELECT a.id, open_session.token_hash, left(open_session.device, 200), now() + open_session.lifetime, a.demonstration
    FROM identity.account a WHERE a.id = open_session.account_id
    RETURNING id
$$;
GRANT EXECUTE ON FUNCTION identity.open_session(uuid, bytea, text, interval) TO cohorte_public;

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
GRANT EXECUTE ON FUNCTION identity.viewer_of(bytea) TO cohorte_public;

CREATE FUNCTION identity.close_session(session_id uuid, account_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM identity.session s USING identity.account a
    WHERE s.id = close_session.session_id AND s.account_id = close_session.account_id AND a.id = s.account_id
        -- The account must be the viewer's, whatever the caller says.
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

CREATE FUNCTION identity.close_sessions(account_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    closed uuid;
BEGIN
    FOR closed IN DELETE FROM identity.session s WHERE s.account_id = close_sessions.account_id RETURNING s.id LOOP
        PERFORM pg_notify('session_revoked', closed::text);
    END LOOP;
END $$;

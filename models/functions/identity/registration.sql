-- Opening a member's account: a registration waits until its address is verified.

-- Whether a pseudonym is free for a member, or for a registration if `whose` is null: nobody has it or one that looks
-- like it, and no former pseudonym of another member is reserved. `looks` are its sorted keys, which lookalikes share. Members and registrations share pseudonyms: the locks
-- make concurrent requests for one wait.
CREATE FUNCTION identity.is_free(pseudonym text, looks text[], whose uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY is_free.looks LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(one, 2));
    END LOOP;
    DELETE FROM identity.registration r
    WHERE r.expires_at <= now() AND (
        lower(r.pseudonym) = lower(is_free.pseudonym) OR r.id IN (
            SELECT l.registration_id FROM identity.pseudonym_look l WHERE l.look = ANY (is_free.looks)));
    DELETE FROM identity.pseudonym_look l WHERE l.look = ANY (is_free.looks) AND l.until <= now();
    RETURN NOT EXISTS (
            SELECT FROM care.member m
            WHERE lower(m.pseudonym) = lower(is_free.pseudonym) AND m.id IS DISTINCT FROM is_free.whose)
        AND NOT EXISTS (SELECT FROM identity.registration r WHERE lower(r.pseudonym) = lower(is_free.pseudonym))
        AND NOT EXISTS (
            SELECT FROM identity.pseudonym_look l
            WHERE l.look = ANY (is_free.looks)
                AND (l.registration_id IS NOT NULL OR l.member_id IS DISTINCT FROM is_free.whose));
END $$;

-- Stores a registration and mails its code. False if the pseudonym is taken. Whether the address is taken shows in the
-- mail alone.
CREATE FUNCTION identity.register(
    email text, password_hash text, pseudonym text, looks text[], kind text, birth_year integer, sex text, region text, locale text,
    notice_version text, terms_version text, code text, lifetime interval
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(register.email);
    holder identity.account;
    is_taken boolean;
    made uuid;
BEGIN
    -- A second registration, after a lost mail or a mistyped password, replaces the first.
    DELETE FROM identity.registration r
    WHERE lower(r.pseudonym) = lower(register.pseudonym) AND r.email = address;
    IF NOT identity.is_free(register.pseudonym, register.looks, NULL) THEN
        RETURN false;
    END IF;
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    is_taken := FOUND;
    INSERT INTO identity.registration (
        email, pseudonym, kind, birth_year, sex, region, locale, notice_version, terms_version, code_hash,
        password_hash, expires_at)
    VALUES (
        address, register.pseudonym, register.kind,
        CASE WHEN NOT is_taken THEN register.birth_year END,
        CASE WHEN is_taken THEN 'UNKNOWN' ELSE register.sex END,
        CASE WHEN NOT is_taken THEN register.region END,
        register.locale, register.notice_version, register.terms_version,
        CASE WHEN NOT is_taken THEN sha256(convert_to(register.code, 'UTF8')) END,
        CASE WHEN NOT is_taken THEN register.password_hash END,
        now() + register.lifetime)
    RETURNING id INTO made;
    INSERT INTO identity.pseudonym_look (look, registration_id) SELECT unnest(register.looks), made;
    IF is_taken THEN
        PERFORM identity.write_to(holder.email, 'ADDRESS_TAKEN', holder.locale, NULL);
    ELSE
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', register.locale, register.code);
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.register(text, text, text, text[], text, integer, text, text, text, text, text, text, interval)
    TO cohorte_public;

-- Opens the account of a registration. False if the code is not valid.
CREATE FUNCTION identity.verify_email(code text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := sha256(convert_to(verify_email.code, 'UTF8'));
    waiting identity.registration;
    opened uuid;
    whose uuid;
    held text[];
BEGIN
    SELECT * INTO waiting FROM identity.registration r WHERE r.code_hash = digest;
    -- Of two registrations with one address, the first to be verified wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(waiting.email, 3));
    held := ARRAY(SELECT l.look FROM identity.pseudonym_look l WHERE l.registration_id = waiting.id ORDER BY l.look);
    DELETE FROM identity.registration r WHERE r.code_hash = digest AND r.expires_at > now() RETURNING * INTO waiting;
    IF NOT FOUND OR EXISTS (SELECT FROM identity.account a WHERE a.email = waiting.email) THEN
        RETURN false;
    END IF;
    INSERT INTO care.member (pseudonym, kind, joined_on)
    VALUES (waiting.pseudonym, waiting.kind, catalog.today()) RETURNING id INTO whose;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(held), whose;
    INSERT INTO care.profile (member_id, birth_year, sex, region)
    VALUES (whose, waiting.birth_year, waiting.sex, waiting.region);
    INSERT INTO identity.account (
        email, email_verified, locale, notice_version, terms_version, terms_accepted_at, member_id)
    VALUES (
        waiting.email, true, waiting.locale, waiting.notice_version, waiting.terms_version,
        CASE WHEN waiting.terms_version IS NOT NULL THEN waiting.created_at END, whose)
    RETURNING id INTO opened;
    INSERT INTO identity.credential (account_id, password_hash) VALUES (opened, waiting.password_hash);
    DELETE FROM identity.registration r WHERE r.email = waiting.email;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.verify_email(text) TO cohorte_public;

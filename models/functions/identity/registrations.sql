-- Opening a member's account: a registration waits until its address is verified.

-- Whether a pseudonym is free for a member, or for a registration of an `address` if `whose` is null: nobody else has it
-- or one that looks like it, and no former pseudonym of another member is reserved. `looks` are its sorted keys, which
-- lookalikes share, with the one that begins with a tab: names that differ from it by accents alone share that one, and
-- only associations reserve it. Registrations of one address may share a pseudonym: only one of them can be verified. Members and
-- registrations share pseudonyms: the locks make concurrent requests for one wait.
CREATE FUNCTION identity.is_free(pseudonym text, looks text[], whose uuid, address text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY is_free.looks LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(one, 2));
    END LOOP;
    DELETE FROM identity.pseudonym_look l WHERE l.look = ANY (is_free.looks) AND l.until <= now();
    RETURN NOT EXISTS (
            SELECT FROM care.member m
            WHERE lower(m.pseudonym) = lower(is_free.pseudonym) AND m.id IS DISTINCT FROM is_free.whose)
        AND NOT EXISTS (
            SELECT FROM identity.registration r
            WHERE r.looks && is_free.looks AND r.expires_at > now() AND r.email IS DISTINCT FROM is_free.address)
        AND NOT EXISTS (
            SELECT FROM identity.pseudonym_look l
            WHERE l.look = ANY (is_free.looks) AND l.member_id IS DISTINCT FROM is_free.whose);
END $$;

-- Which of a pseudonym's keys a member of this kind reserves: the one that begins with a tab, only an association.
CREATE FUNCTION identity.reserved_looks(looks text[], kind text) RETURNS text[]
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(l.look), '{}') FROM unnest(reserved_looks.looks) l (look)
    WHERE reserved_looks.kind = 'ASSOCIATION' OR NOT starts_with(l.look, E'\t')
$$;

-- Stores a registration beside others of its address, of which the newest `most` stay, and mails its code. False if the
-- pseudonym is taken. Whether the address is taken shows in the mail alone.
CREATE FUNCTION identity.register(
    email text, password_hash text, pseudonym text, looks text[], kind text, birth_year integer, sex text, region text,
    locale text, notice_version text, terms_version text, code text, lifetime interval, most integer
) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(register.email);
    holder identity.account;
    is_taken boolean;
BEGIN
    IF NOT identity.is_free(register.pseudonym, register.looks, NULL, address) THEN
        RETURN false;
    END IF;
    -- One at a time for each address, so that concurrent registrations are counted.
    PERFORM pg_advisory_xact_lock(hashtextextended(address, 3));
    DELETE FROM identity.registration r WHERE r.id IN (
        SELECT o.id FROM identity.registration o WHERE o.email = address
        ORDER BY o.created_at DESC, o.id OFFSET register.most - 1);
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    is_taken := FOUND;
    INSERT INTO identity.registration (
        email, pseudonym, looks, kind, birth_year, sex, region, locale, notice_version, terms_version, code_hash,
        password_hash, created_at, expires_at)
    VALUES (
        address, register.pseudonym, identity.reserved_looks(register.looks, register.kind), register.kind,
        CASE WHEN NOT is_taken THEN register.birth_year END,
        CASE WHEN is_taken THEN 'UNKNOWN' ELSE register.sex END,
        CASE WHEN NOT is_taken THEN register.region END,
        register.locale, register.notice_version, register.terms_version,
        CASE WHEN NOT is_taken THEN sha256(convert_to(register.code, 'UTF8')) END,
        CASE WHEN NOT is_taken THEN register.password_hash END,
        clock_timestamp(), now() + register.lifetime);
    IF is_taken THEN
        PERFORM identity.write_to(holder.email, 'ADDRESS_TAKEN', holder.locale, NULL);
    ELSE
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', register.locale, register.code, register.pseudonym);
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.register(
    text, text, text, text[], text, integer, text, text, text, text, text, text, interval, integer) TO cohorte_public;

-- The hash of the password that a registration was made with, by its code; null if the code is not valid.
CREATE FUNCTION identity.registered_password(code text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.password_hash FROM identity.registration r
    WHERE r.code_hash = sha256(convert_to(registered_password.code, 'UTF8')) AND r.expires_at > now()
$$;
GRANT EXECUTE ON FUNCTION identity.registered_password(text) TO cohorte_public;

-- Opens the account of a registration, and of no other one with its address, for a caller who has the code from the mail
-- and the password, whose hash `registered_password` returned. False if the code is not valid.
CREATE FUNCTION identity.verify_email(code text, password_hash text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    digest bytea := sha256(convert_to(verify_email.code, 'UTF8'));
    waiting identity.registration;
    opened uuid;
    whose uuid;
BEGIN
    SELECT * INTO waiting FROM identity.registration r WHERE r.code_hash = digest;
    -- Of two registrations with one address, the first to be verified wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(waiting.email, 3));
    DELETE FROM identity.registration r
    WHERE r.code_hash = digest AND r.password_hash = verify_email.password_hash AND r.expires_at > now()
    RETURNING * INTO waiting;
    IF NOT FOUND OR EXISTS (SELECT FROM identity.account a WHERE a.email = waiting.email) THEN
        RETURN false;
    END IF;
    INSERT INTO care.member (pseudonym, kind, joined_on)
    VALUES (waiting.pseudonym, waiting.kind, catalog.today()) RETURNING id INTO whose;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(waiting.looks), whose;
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
GRANT EXECUTE ON FUNCTION identity.verify_email(text, text) TO cohorte_public;

DROP FUNCTION identity.verify_email(text);
DROP FUNCTION identity.is_free(text,text[],uuid);
DROP FUNCTION identity.register(text,text,text,text[],text,integer,text,text,text,text,text,text,interval);
DROP INDEX identity.ix_pseudonym_look_registration_id;
DROP INDEX identity.ix_registration_email;
DROP INDEX identity.uq_registration_pseudonym;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
ALTER TABLE identity.pseudonym_look DROP CONSTRAINT ck_pseudonym_look_former_of_member;
ALTER TABLE identity.pseudonym_look DROP CONSTRAINT ck_pseudonym_look_one_holder;
ALTER TABLE identity.pseudonym_look DROP CONSTRAINT fk_pseudonym_look_registration_id_registration;
ALTER TABLE identity.registration ADD COLUMN looks text[] DEFAULT '{}'::text[] NOT NULL;
UPDATE identity.registration r
SET looks = ARRAY(SELECT l.look FROM identity.pseudonym_look l WHERE l.registration_id = r.id ORDER BY l.look);
DELETE FROM identity.pseudonym_look WHERE registration_id IS NOT NULL;
ALTER TABLE identity.pseudonym_look DROP COLUMN registration_id;
ALTER TABLE identity.account ADD COLUMN password_reset_at timestamp with time zone;
ALTER TABLE identity.pseudonym_look ALTER COLUMN member_id SET NOT NULL;
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ORGANIZATION_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'));
CREATE INDEX ix_registration_email_created_at ON identity.registration USING btree (email, created_at);
CREATE INDEX ix_registration_looks ON identity.registration USING gin (looks);
CREATE OR REPLACE FUNCTION identity.change_pseudonym(pseudonym text, looks text[], most integer, period interval, reserved interval)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    earlier timestamptz[];
    keeps boolean;
BEGIN
    -- Locked, so that concurrent changes are counted one after another.
    PERFORM FROM identity.account a WHERE a.member_id = viewer FOR UPDATE;
    SELECT array_remove(array_agg(r.at ORDER BY r.at), NULL) INTO earlier
    FROM identity.account a LEFT JOIN unnest(a.renamed_at) r (at) ON r.at > now() - change_pseudonym.period
    WHERE a.member_id = viewer;
    IF viewer IS NULL OR NOT identity.is_free(
        change_pseudonym.pseudonym, change_pseudonym.looks, viewer, NULL) THEN
        RETURN 'TAKEN';
    END IF;
    keeps := EXISTS (
        SELECT FROM identity.pseudonym_look l
        WHERE l.member_id = viewer AND l.until IS NULL AND l.look = ANY (change_pseudonym.looks))
        OR EXISTS (
            SELECT FROM care.member m
            WHERE m.id = viewer AND lower(m.pseudonym) = lower(change_pseudonym.pseudonym));
    IF NOT keeps THEN
        IF cardinality(earlier) >= change_pseudonym.most THEN
            RETURN 'TOO_OFTEN';
        END IF;
        UPDATE identity.account a SET renamed_at = earlier || now() WHERE a.member_id = viewer;
    END IF;
    UPDATE care.member m SET pseudonym = change_pseudonym.pseudonym WHERE m.id = viewer;
    UPDATE identity.pseudonym_look l
    SET until = CASE WHEN l.look <> ALL (change_pseudonym.looks) THEN coalesce(l.until, now() + change_pseudonym.reserved) END
    WHERE l.member_id = viewer;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(change_pseudonym.looks), viewer
    ON CONFLICT DO NOTHING;  -- the viewer's own: the others are not free
    RETURN 'CHANGED';
END $function$;

CREATE OR REPLACE FUNCTION identity.request_password_reset(email text, code text, lifetime interval, verifying interval, demonstration boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.resets_password(code text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (
        SELECT FROM identity.password_reset p
        WHERE p.code_hash = sha256(convert_to(resets_password.code, 'UTF8')) AND p.expires_at > now())
$function$;

CREATE OR REPLACE FUNCTION identity.reset_password(code text, password_hash text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(reset_password.code, 'UTF8'));
    holder identity.account;
    is_first boolean;
BEGIN
    SELECT a.* INTO holder FROM identity.account a JOIN identity.password_reset p ON p.account_id = a.id
    WHERE p.code_hash = digest FOR UPDATE OF a;
    DELETE FROM identity.password_reset p WHERE p.code_hash = digest AND p.expires_at > now();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    -- An organization's contact chooses the first password with a code: nobody could sign in before.
    is_first := holder.password_reset_at IS NULL
        AND EXISTS (SELECT FROM identity.credential c WHERE c.account_id = holder.id);
    INSERT INTO identity.credential AS c (account_id, password_hash) VALUES (holder.id, reset_password.password_hash)
    ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash;
    UPDATE identity.account a SET email_verified = true WHERE a.id = holder.id AND NOT a.email_verified;
    PERFORM identity.close_sessions(holder.id);
    -- Failed attempts at the old password no longer lock the account.
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || holder.email, 'UTF8'));
    IF is_first THEN
        UPDATE identity.account a SET password_reset_at = now() WHERE a.id = holder.id;
        UPDATE care.care_link l SET status = 'ENDED'
        WHERE holder.member_id IN (l.patient_id, l.relative_id) AND l.status <> 'ENDED';
        UPDATE care.profile p SET sharing = 'ONLY_ME' WHERE p.member_id = holder.member_id AND p.sharing <> 'ONLY_ME';
        DELETE FROM insight.api_key k WHERE k.organization_id = holder.organization_id;
    END IF;
    PERFORM identity.write_to(
        holder.email, CASE WHEN is_first THEN 'PASSWORD_FIRST_CHANGED' ELSE 'PASSWORD_CHANGED' END, holder.locale, NULL);
    RETURN is_first;
END $function$;

CREATE OR REPLACE FUNCTION identity.is_free(pseudonym text, looks text[], whose uuid, address text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.register(email text, password_hash text, pseudonym text, looks text[], kind text, birth_year integer, sex text, region text, locale text, notice_version text, terms_version text, code text, lifetime interval, most integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
        address, register.pseudonym, register.looks, register.kind,
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
END $function$;

CREATE OR REPLACE FUNCTION identity.registered_password(code text)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT r.password_hash FROM identity.registration r
    WHERE r.code_hash = sha256(convert_to(registered_password.code, 'UTF8')) AND r.expires_at > now()
$function$;

CREATE OR REPLACE FUNCTION identity.verify_email(code text, password_hash text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

GRANT EXECUTE ON FUNCTION identity.resets_password(text) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.register(text,text,text,text[],text,integer,text,text,text,text,text,text,interval,integer) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.registered_password(text) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.verify_email(text,text) TO cohorte_public;

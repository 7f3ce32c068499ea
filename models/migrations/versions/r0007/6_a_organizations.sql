ALTER TABLE insight.organization DROP CONSTRAINT uq_organization_name;
CREATE UNIQUE INDEX uq_organization_name ON insight.organization (lower(name));

ALTER TABLE insight.licence ADD COLUMN reason VARCHAR;
ALTER TABLE insight.licence DROP CONSTRAINT ck_licence_quota;
ALTER TABLE insight.licence
    ADD CONSTRAINT ck_licence_quota CHECK (quota_micro_rho BETWEEN 0 AND 1000000),
    ADD CONSTRAINT ck_licence_money CHECK (price_amount >= 0 AND price_currency ~ '^[A-Z]{3}$'),
    ADD CONSTRAINT ck_licence_undecided CHECK (status <> 'REQUESTED' OR quota_micro_rho = 0 AND num_nonnulls(price_amount, reason) = 0);
CREATE UNIQUE INDEX uq_licence_requested ON insight.licence (organization_id, community_id) WHERE status = 'REQUESTED';

ALTER TABLE insight.api_key ADD CONSTRAINT uq_api_key_secret_hash UNIQUE (secret_hash);

ALTER TABLE identity.mail ADD COLUMN about VARCHAR;
ALTER TABLE identity.mail DROP CONSTRAINT ck_mail_letter;
ALTER TABLE identity.mail ADD CONSTRAINT ck_mail_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'ACCOUNT_DELETED', 'ORGANIZATION_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'));

-- As before, of letters that say what they are about too.
DROP FUNCTION identity.write_to(text, text, text, text);
CREATE FUNCTION identity.write_to(recipient text, letter text, locale text, code text, about text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.mail (recipient, letter, locale, code, about)
    VALUES (write_to.recipient, write_to.letter, write_to.locale, write_to.code, write_to.about);
    PERFORM pg_notify('cohorte_mail', '');
END $$;

DROP FUNCTION identity.mail_due(integer);
CREATE FUNCTION identity.mail_due(most integer)
RETURNS TABLE (
    id uuid, recipient text, letter text, locale text, code text, about text, created_at timestamptz, attempts integer
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.recipient, m.letter, m.locale, m.code, m.about, m.created_at, m.attempts
    FROM identity.mail m WHERE m.due_at <= now() ORDER BY m.due_at, m.id LIMIT mail_due.most
$$;

-- A new organization with an account for its contact, who is mailed a code to choose a password with; or what of it is
-- another's already. A data steward's alone.
CREATE FUNCTION identity.open_organization(
    name text, kind text, email text, locale text, code text, lifetime interval,
    OUT organization_id uuid, OUT taken text[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(open_organization.email);
    opened uuid;
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'DATA_STEWARD' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'a data steward''s alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- As verify_email does: of two accounts with one address the first to be opened wins. Then the name's, so that of two
    -- organizations that are opened at once the second finds the first.
    PERFORM pg_advisory_xact_lock(hashtextextended(address, 3));
    PERFORM pg_advisory_xact_lock(hashtextextended(lower(open_organization.name), 4));
    taken := array_remove(ARRAY[
        CASE WHEN EXISTS (SELECT FROM insight.organization o WHERE lower(o.name) = lower(open_organization.name))
            THEN 'name' END,
        CASE WHEN EXISTS (SELECT FROM identity.account a WHERE a.email = address) THEN 'email' END], NULL);
    IF cardinality(taken) > 0 THEN
        RETURN;
    END IF;
    INSERT INTO insight.organization (name, kind) VALUES (open_organization.name, open_organization.kind)
    RETURNING id INTO organization_id;
    INSERT INTO identity.account (email, locale, organization_id)
    VALUES (address, open_organization.locale, open_organization.organization_id) RETURNING id INTO opened;
    INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
    VALUES (sha256(convert_to(open_organization.code, 'UTF8')), opened, now() + open_organization.lifetime);
    PERFORM identity.write_to(
        address, 'ORGANIZATION_OPENED', open_organization.locale, open_organization.code, open_organization.name);
END $$;

GRANT EXECUTE ON FUNCTION identity.mail_due(integer) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.open_organization(text, text, text, text, text, interval) TO cohorte_manager;

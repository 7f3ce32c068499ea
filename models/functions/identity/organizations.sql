-- Organizations: what they may pursue, and opening their account.

-- Whether organizations of a kind may pursue a purpose: articles 53 and 54 of Regulation (EU) 2025/327, as
-- models/identity/organizations.py explains. No kind may pursue none. Safe for any caller.
CREATE FUNCTION insight.may_pursue(kind text, purpose_kind text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog
AS $$
    SELECT coalesce(CASE may_pursue.kind
        WHEN 'LABORATORY' THEN
            may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'PRODUCT_DEVELOPMENT', 'CARE_IMPROVEMENT', 'EDUCATION')
        WHEN 'HOSPITAL' THEN may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'PRODUCT_DEVELOPMENT',
            'CARE_IMPROVEMENT', 'EDUCATION', 'PUBLIC_HEALTH', 'STATISTICS')
        WHEN 'MUTUAL' THEN may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'CARE_IMPROVEMENT')
        WHEN 'INSURER' THEN may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'CARE_IMPROVEMENT')
    END, false)
$$;
GRANT EXECUTE ON FUNCTION insight.may_pursue(text, text) TO cohorte_buyer, cohorte_manager;

-- Opens an organization with an account for its contact, an administrator, who is mailed a code to choose a password. Returns its id, or
-- that its name is taken. If the address has an account already, its owner is told so by mail, which the caller cannot tell:
-- the organization and its user look the same. One that nobody has a password for makes room for another of its name, so that the
-- contact can be given another address. For data stewards.
CREATE FUNCTION identity.open_organization(
    name text, kind text, email text, locale text, code text, lifetime interval,
    OUT organization_id uuid, OUT taken text[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    address text := lower(open_organization.email);
    wanted text := catalog.plain_name(open_organization.name);
    holder identity.account;
    administrator uuid;
    opened uuid;
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'DATA_STEWARD' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'only data stewards may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- As in verify_email: of two accounts with one address, the first to be opened wins. The same for two organizations
    -- with one name.
    PERFORM pg_advisory_xact_lock(hashtextextended(address, 3));
    PERFORM pg_advisory_xact_lock(hashtextextended(wanted, 4));
    DELETE FROM insight.organization o
    WHERE catalog.plain_name(o.name) = wanted
        AND NOT EXISTS (
            SELECT FROM identity.account a JOIN identity.credential c ON c.account_id = a.id WHERE a.organization_id = o.id)
        AND NOT EXISTS (SELECT FROM insight.licence l WHERE l.organization_id = o.id);
    IF EXISTS (SELECT FROM insight.organization o WHERE catalog.plain_name(o.name) = wanted) THEN
        taken := '{name}';
        RETURN;
    END IF;
    taken := '{}';
    INSERT INTO insight.organization (name, kind) VALUES (open_organization.name, open_organization.kind)
    RETURNING id INTO organization_id;
    INSERT INTO insight.organization_user (organization_id, email, role, joined_at)
    VALUES (open_organization.organization_id, address, 'ADMINISTRATOR', now()) RETURNING id INTO administrator;
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    IF FOUND THEN
        PERFORM identity.write_to(holder.email, 'INVITATION_TAKEN', holder.locale, NULL, open_organization.name);
        RETURN;
    END IF;
    INSERT INTO identity.account (email, locale, organization_id, organization_user_id)
    VALUES (address, open_organization.locale, open_organization.organization_id, administrator)
    RETURNING id INTO opened;
    INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
    VALUES (sha256(convert_to(open_organization.code, 'UTF8')), opened, now() + open_organization.lifetime);
    PERFORM identity.write_to(
        address, 'ORGANIZATION_OPENED', open_organization.locale, open_organization.code, open_organization.name);
END $$;
GRANT EXECUTE ON FUNCTION identity.open_organization(text, text, text, text, text, interval) TO cohorte_manager;

DROP INDEX catalog.ix_treatment_name_id;
DROP INDEX insight.ix_organization_name_id;
CREATE INDEX ix_treatment_named ON catalog.treatment USING btree (lower(
CASE
    WHEN (char_length((name)::text) = octet_length((name)::text)) THEN (name)::text
    ELSE replace(replace(replace(translate((name)::text, 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’'::text, 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''::text), 'œ'::text, 'oe'::text), 'æ'::text, 'ae'::text), 'ß'::text, 'ss'::text)
END), id);

CREATE INDEX ix_organization_named ON insight.organization USING btree (lower(
CASE
    WHEN (char_length((name)::text) = octet_length((name)::text)) THEN (name)::text
    ELSE replace(replace(replace(translate((name)::text, 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’'::text, 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''::text), 'œ'::text, 'oe'::text), 'æ'::text, 'ae'::text), 'ß'::text, 'ss'::text)
END), id);

CREATE OR REPLACE FUNCTION catalog.plain_name(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN lower(btrim(regexp_replace(NORMALIZE(name), '\s+'::text, ' '::text, 'g'::text)));

CREATE OR REPLACE FUNCTION catalog.visible(written text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN NORMALIZE(regexp_replace(written, '[\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]'::text, ''::text, 'g'::text));

CREATE OR REPLACE FUNCTION catalog.spaced(written text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN translate(catalog.visible(written), ((('''"`!#$%&()*+,-./:;<=>?@[\]^_{|}~«»“”‘’–—…·'::text || chr(160)) || chr(8209)) || chr(8239)), repeat(' '::text, 60));

CREATE OR REPLACE FUNCTION identity.open_organization(name text, kind text, email text, locale text, code text, lifetime interval, OUT organization_id uuid, OUT taken text[])
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

GRANT EXECUTE ON FUNCTION catalog.plain_name(text) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.visible(text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;

-- The words of what members wrote with invisible characters are computed again.
UPDATE care.discussion SET title = title WHERE title <> catalog.visible(title);
UPDATE care.post SET body = body WHERE body <> catalog.visible(body);

DROP POLICY manager_reads ON identity.staff;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
CREATE TABLE identity.staff_change (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    staff_id UUID NOT NULL,
    kind VARCHAR(32) NOT NULL,
    roles TEXT[] DEFAULT '{}' NOT NULL,
    by_staff_id UUID,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT catalog.clock() NOT NULL,
    CONSTRAINT pk_staff_change PRIMARY KEY (id),
    CONSTRAINT ck_staff_change_roles CHECK (roles <@ ARRAY['SURVEY_MANAGER', 'MODERATOR', 'DATA_STEWARD', 'CATALOGUE_EDITOR', 'ADMINISTRATOR']::text[]),
    CONSTRAINT fk_staff_change_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE CASCADE,
    CONSTRAINT ck_staff_change_kind CHECK (kind IN ('CREATED', 'ROLES_CHANGED', 'SUSPENDED', 'REINSTATED')),
    CONSTRAINT fk_staff_change_by_staff_id_staff FOREIGN KEY(by_staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);

ALTER TABLE identity.staff ADD COLUMN withheld_roles text[] DEFAULT '{}'::text[] NOT NULL;
ALTER TABLE identity.staff ADD COLUMN suspended_at timestamp with time zone;
ALTER TABLE identity.staff ADD COLUMN last_signed_in_on date;
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ORGANIZATION_OPENED', 'STAFF_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'));
ALTER TABLE identity.staff ADD CONSTRAINT ck_staff_suspended CHECK (suspended_at IS NULL OR roles = '{}');
ALTER TABLE identity.staff ADD CONSTRAINT ck_staff_withheld_roles CHECK (withheld_roles <@ ARRAY['SURVEY_MANAGER', 'MODERATOR', 'DATA_STEWARD', 'CATALOGUE_EDITOR', 'ADMINISTRATOR']::text[]);
CREATE INDEX ix_staff_change_by_staff_id ON identity.staff_change USING btree (by_staff_id);
CREATE INDEX ix_staff_change_staff_id_changed_at_id ON identity.staff_change USING btree (staff_id, changed_at, id);
CREATE OR REPLACE FUNCTION identity.credential_of(email text)
 RETURNS TABLE(account_id uuid, password_hash text, demonstration boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT a.id, c.password_hash, a.demonstration
    FROM identity.account a JOIN identity.credential c ON c.account_id = a.id
    WHERE a.email = lower(credential_of.email) AND a.email_verified
        AND NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = a.staff_id AND f.suspended_at IS NOT NULL)
$function$;

CREATE OR REPLACE FUNCTION identity.open_session(account_id uuid, token_hash bytea, device text, lifetime interval)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    opened uuid;
BEGIN
    INSERT INTO identity.session (account_id, token_hash, device, expires_at, demonstration)
    SELECT a.id, open_session.token_hash, left(open_session.device, 200), now() + open_session.lifetime, a.demonstration
    FROM identity.account a WHERE a.id = open_session.account_id
    RETURNING id INTO opened;
    -- After the session, which locks the account: changes of staff lock the account and then the staff member too.
    UPDATE identity.staff f SET last_signed_in_on = catalog.today() FROM identity.account a
    WHERE a.id = open_session.account_id AND f.id = a.staff_id AND f.last_signed_in_on IS DISTINCT FROM catalog.today();
    RETURN opened;
END $function$;

CREATE OR REPLACE FUNCTION identity.is_administrator()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (
        SELECT FROM identity.staff f
        WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'ADMINISTRATOR' = ANY (f.roles))
$function$;

CREATE OR REPLACE FUNCTION identity.give_roles(staff_id uuid, given text[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    opened uuid;
BEGIN
    -- A sign-in holds the account, since it inserts a session: its session is seen below, or it sees these roles.
    PERFORM FROM identity.account a WHERE a.staff_id = give_roles.staff_id FOR UPDATE;
    UPDATE identity.staff f
    SET (roles, withheld_roles) = (
        SELECT coalesce(array_agg(g.role ORDER BY g.place) FILTER (WHERE f.suspended_at IS NULL), '{}'),
            coalesce(array_agg(g.role ORDER BY g.place) FILTER (WHERE f.suspended_at IS NOT NULL), '{}')
        FROM unnest(give_roles.given) WITH ORDINALITY g (role, place))
    WHERE f.id = give_roles.staff_id;
    FOR opened IN
        SELECT s.id FROM identity.session s JOIN identity.account a ON a.id = s.account_id
        WHERE a.staff_id = give_roles.staff_id
    LOOP
        PERFORM pg_notify('session_revoked', opened::text);
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION identity.open_staff(by uuid, name text, email text, locale text, given text[], code text, lifetime interval, mails boolean)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(open_staff.email);
    made uuid;
    opened uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(address, 3));  -- as in verify_email
    IF EXISTS (SELECT FROM identity.account a WHERE a.email = address) THEN
        RETURN NULL;
    END IF;
    INSERT INTO identity.staff (name) VALUES (open_staff.name) RETURNING id INTO made;
    PERFORM identity.give_roles(made, open_staff.given);
    INSERT INTO identity.account (email, locale, staff_id) VALUES (address, open_staff.locale, made)
    RETURNING id INTO opened;
    INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
    VALUES (sha256(convert_to(open_staff.code, 'UTF8')), opened, now() + open_staff.lifetime);
    INSERT INTO identity.staff_change (staff_id, kind, roles, by_staff_id)
    VALUES (made, 'CREATED', open_staff.given, open_staff.by);
    IF open_staff.mails THEN
        PERFORM identity.write_to(address, 'STAFF_OPENED', open_staff.locale, open_staff.code, open_staff.name);
    END IF;
    RETURN made;
END $function$;

CREATE OR REPLACE FUNCTION identity.create_staff(name text, email text, locale text, given text[], code text, lifetime interval)
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT identity.open_staff(
        nullif(current_setting('cohorte.staff', true), '')::uuid, create_staff.name, create_staff.email,
        create_staff.locale, create_staff.given, create_staff.code, create_staff.lifetime, true)
    WHERE identity.is_administrator()
$function$;

CREATE OR REPLACE FUNCTION identity.begin_staff_change(staff_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('staff', 5));
    IF NOT identity.is_administrator() THEN
        RETURN 'FORBIDDEN';
    END IF;
    RETURN CASE WHEN NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = begin_staff_change.staff_id)
        THEN 'NOT_FOUND' END;
END $function$;

CREATE OR REPLACE FUNCTION identity.update_staff(staff_id uuid, name text, given text[])
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    refused text := identity.begin_staff_change(update_staff.staff_id);
    held text[];
BEGIN
    IF refused IS NOT NULL THEN
        RETURN refused;
    END IF;
    SELECT f.roles || f.withheld_roles INTO held FROM identity.staff f WHERE f.id = update_staff.staff_id;
    IF update_staff.given IS NOT NULL AND NOT (held @> update_staff.given AND held <@ update_staff.given) THEN
        IF viewer = update_staff.staff_id THEN
            RETURN 'OWN';
        END IF;
        PERFORM identity.give_roles(update_staff.staff_id, update_staff.given);
        INSERT INTO identity.staff_change (staff_id, kind, roles, by_staff_id)
        VALUES (update_staff.staff_id, 'ROLES_CHANGED', update_staff.given, viewer);
    END IF;
    UPDATE identity.staff f SET name = update_staff.name
    WHERE f.id = update_staff.staff_id AND update_staff.name IS NOT NULL;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION identity.set_suspended(by uuid, staff_id uuid, suspended boolean)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    held text[];
BEGIN
    PERFORM FROM identity.account a WHERE a.staff_id = set_suspended.staff_id FOR UPDATE;  -- as in give_roles
    -- Without roles first: a constraint forbids a suspended staff member to have any.
    UPDATE identity.staff f
    SET suspended_at = CASE WHEN set_suspended.suspended THEN catalog.clock() END,
        roles = '{}', withheld_roles = f.roles || f.withheld_roles
    WHERE f.id = set_suspended.staff_id AND (f.suspended_at IS NOT NULL) <> set_suspended.suspended
    RETURNING f.withheld_roles INTO held;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM identity.give_roles(set_suspended.staff_id, held);
    IF set_suspended.suspended THEN
        PERFORM identity.close_sessions(a.id) FROM identity.account a WHERE a.staff_id = set_suspended.staff_id;
    END IF;
    INSERT INTO identity.staff_change (staff_id, kind, roles, by_staff_id)
    VALUES (set_suspended.staff_id, CASE WHEN set_suspended.suspended THEN 'SUSPENDED' ELSE 'REINSTATED' END, held,
        set_suspended.by);
END $function$;

CREATE OR REPLACE FUNCTION identity.suspend_staff(staff_id uuid, suspended boolean)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    refused text := identity.begin_staff_change(suspend_staff.staff_id);
BEGIN
    IF refused IS NULL AND viewer = suspend_staff.staff_id THEN
        refused := 'OWN';
    END IF;
    IF refused IS NULL THEN
        PERFORM identity.set_suspended(viewer, suspend_staff.staff_id, suspend_staff.suspended);
    END IF;
    RETURN refused;
END $function$;

CREATE OR REPLACE FUNCTION identity.keep_staff_change()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = OLD.staff_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'by_staff_id' = to_jsonb(OLD) - 'by_staff_id'
        AND NEW.by_staff_id IS NULL AND NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = OLD.by_staff_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE 'the history of staff cannot be changed' USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE TRIGGER keep_staff_change BEFORE DELETE OR UPDATE ON identity.staff_change FOR EACH ROW EXECUTE FUNCTION identity.keep_staff_change();
CREATE TRIGGER keep_staff_changes BEFORE TRUNCATE ON identity.staff_change FOR EACH STATEMENT EXECUTE FUNCTION identity.keep_staff_change();
ALTER TABLE identity.staff_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY manager_reads ON identity.staff FOR SELECT TO cohorte_manager USING (((id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) OR ( SELECT identity.is_administrator() AS is_administrator)));
CREATE POLICY manager_reads ON identity.staff_change FOR SELECT TO cohorte_manager USING (( SELECT identity.is_administrator() AS is_administrator));
GRANT SELECT ON identity.staff_change TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.is_administrator() TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.create_staff(text,text,text,text[],text,interval) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.update_staff(uuid,text,text[]) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.suspend_staff(uuid,boolean) TO cohorte_manager;

UPDATE identity.staff f SET last_signed_in_on = (
    SELECT max(s.created_at AT TIME ZONE 'UTC')::date
    FROM identity.account a JOIN identity.session s ON s.account_id = a.id WHERE a.staff_id = f.id);

-- Staff accounts and their roles. What administrators may do is checked here again, by `identity.is_administrator`; the
-- functions without that check are for the owner, and for the operator's command.

-- Whether the viewer is an administrator.
CREATE FUNCTION identity.is_administrator() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM identity.staff f
        WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'ADMINISTRATOR' = ANY (f.roles))
$$;
GRANT EXECUTE ON FUNCTION identity.is_administrator() TO cohorte_manager;

-- Whether a role needs a second factor: it reads members' rows, or gives roles.
CREATE FUNCTION identity.needs_second_factor(role text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT role IN ('MODERATOR', 'ADMINISTRATOR') $$;

-- Gives a staff member these roles, of which those that they may not use for now are withheld: while suspended all, and
-- without a second factor those that need one, except in the demonstration, whose passwords are public anyway. Every
-- server process is notified and forgets their viewers.
CREATE FUNCTION identity.give_roles(staff_id uuid, given text[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    opened uuid;
BEGIN
    -- A sign-in holds the account, since it inserts a session: its session is seen below, or it sees these roles.
    PERFORM FROM identity.account a WHERE a.staff_id = give_roles.staff_id FOR UPDATE;
    UPDATE identity.staff f
    SET (roles, withheld_roles) = (
        SELECT coalesce(array_agg(g.role ORDER BY g.role) FILTER (WHERE NOT g.withheld), '{}'),
            coalesce(array_agg(g.role ORDER BY g.role) FILTER (WHERE g.withheld), '{}')
        FROM (
            SELECT r.role, f.suspended_at IS NOT NULL OR NOT f.has_second_factor AND NOT f.demonstration
                AND identity.needs_second_factor(r.role) AS withheld
            FROM unnest(give_roles.given) r (role)) g)
    WHERE f.id = give_roles.staff_id;
    FOR opened IN
        SELECT s.id FROM identity.session s JOIN identity.account a ON a.id = s.account_id
        WHERE a.staff_id = give_roles.staff_id
    LOOP
        PERFORM pg_notify('session_revoked', opened::text);
    END LOOP;
END $$;

-- Opens an account of a staff member, with a code to choose a password, which is mailed if `mails`. `by` is the
-- administrator, or null for the operator. Returns their id; null if the address is taken.
CREATE FUNCTION identity.open_staff(
    by uuid, name text, email text, locale text, given text[], code text, lifetime interval, mails boolean
) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;

-- The same for an administrator, by mail. Null if the address is taken, or if the viewer is no administrator.
CREATE FUNCTION identity.create_staff(
    name text, email text, locale text, given text[], code text, lifetime interval
) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT identity.open_staff(
        nullif(current_setting('cohorte.staff', true), '')::uuid, create_staff.name, create_staff.email,
        create_staff.locale, create_staff.given, create_staff.code, create_staff.lifetime, true)
    WHERE identity.is_administrator()
$$;
GRANT EXECUTE ON FUNCTION identity.create_staff(text, text, text, text[], text, interval) TO cohorte_manager;

-- Begins a change of a staff member by an administrator: null if it may be made, or else FORBIDDEN or NOT_FOUND.
-- Changes wait for each other, so that two administrators do not take each other's role at the same time.
CREATE FUNCTION identity.begin_staff_change(staff_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('staff', 5));
    IF NOT identity.is_administrator() THEN
        RETURN 'FORBIDDEN';
    END IF;
    RETURN CASE WHEN NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = begin_staff_change.staff_id)
        THEN 'NOT_FOUND' END;
END $$;

-- Changes a staff member's name and roles, if they are not null. Null if it was done, or else the reason: FORBIDDEN,
-- NOT_FOUND, or OWN for other roles of the viewer's own.
CREATE FUNCTION identity.update_staff(staff_id uuid, name text, given text[]) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION identity.update_staff(uuid, text, text[]) TO cohorte_manager;

-- Suspends a staff member, whose sessions end, or reinstates them. `by` is the administrator, or null for the operator.
-- Nothing happens if they are already.
CREATE FUNCTION identity.set_suspended(by uuid, staff_id uuid, suspended boolean) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;

-- The same for an administrator. Null if it was done, or else the reason: FORBIDDEN, NOT_FOUND, or OWN for the viewer.
CREATE FUNCTION identity.suspend_staff(staff_id uuid, suspended boolean) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION identity.suspend_staff(uuid, boolean) TO cohorte_manager;

-- Refuses every change of the history, by the owner too, but what the erasure of a staff member entails.
CREATE FUNCTION identity.keep_staff_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = OLD.staff_id) THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'by_staff_id' = to_jsonb(OLD) - 'by_staff_id'
        AND NEW.by_staff_id IS NULL AND NOT EXISTS (SELECT FROM identity.staff f WHERE f.id = OLD.by_staff_id)
    THEN
        RETURN NEW;
    END IF;
    RAISE 'the history of staff cannot be changed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER keep_staff_change BEFORE UPDATE OR DELETE ON identity.staff_change
    FOR EACH ROW EXECUTE FUNCTION identity.keep_staff_change();
CREATE TRIGGER keep_staff_changes BEFORE TRUNCATE ON identity.staff_change
    FOR EACH STATEMENT EXECUTE FUNCTION identity.keep_staff_change();

-- Removes all second factors of a staff member who has lost them, for the operator's command.
CREATE FUNCTION identity.reset_staff_second_factors(staff_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.reset_second_factors(a.id) FROM identity.account a
    WHERE a.staff_id = reset_staff_second_factors.staff_id;
    INSERT INTO identity.staff_change (staff_id, kind, roles)
    SELECT f.id, 'SECOND_FACTOR_RESET', f.roles || f.withheld_roles FROM identity.staff f
    WHERE f.id = reset_staff_second_factors.staff_id;
END $$;

-- Whether rows are still being deleted of a member who left an hour ago or earlier: something is wrong then. For
-- administrators; null for others. It is no number, and says nothing of those who have just left.
CREATE FUNCTION identity.erasures_late() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN identity.is_administrator() THEN EXISTS (
        SELECT FROM care.member m WHERE m.leaving AND (m.left_at > now() - interval '1 hour') IS NOT TRUE) END
$$;
GRANT EXECUTE ON FUNCTION identity.erasures_late() TO cohorte_manager;

-- Users of organizations: invitations, roles, and their end.
--
-- Whatever changes an organization's users locks the organization first, so that two administrators do not end each other's
-- role at the same time, and then the account before the user, as a sign-in does.

-- Locks the viewer's organization, and returns it if the account is one of its administrators'; null otherwise.
CREATE FUNCTION identity.administered_by(account_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    organization uuid := nullif(current_setting('cohorte.organization', true), '')::uuid;
BEGIN
    PERFORM FROM insight.organization o WHERE o.id = organization FOR NO KEY UPDATE;
    PERFORM FROM identity.account a JOIN insight.organization_user u ON u.id = a.organization_user_id
    WHERE a.id = administered_by.account_id AND u.organization_id = organization AND u.role = 'ADMINISTRATOR';
    RETURN CASE WHEN FOUND THEN organization END;
END $$;

-- Whether a user is the only administrator of their organization. Invited ones do not count.
CREATE FUNCTION identity.is_last_administrator(asked insight.organization_user) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT asked.role = 'ADMINISTRATOR' AND asked.joined_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM insight.organization_user u
        WHERE u.organization_id = asked.organization_id AND u.id <> asked.id AND u.role = 'ADMINISTRATOR'
            AND u.joined_at IS NOT NULL)
$$;

-- Invites the owner of an address to the viewer's organization, or invites them again, and returns the user's id. The
-- owner of an address that has an account elsewhere is told so by mail, which the caller can't tell. `refused` is
-- FORBIDDEN, TAKEN if a user of the organization has the address, or LIMIT if it has `most` users.
CREATE FUNCTION identity.invite_user(
    account_id uuid, email text, role text, locale text, code text, lifetime interval, most integer,
    OUT user_id uuid, OUT refused text
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    address text := lower(invite_user.email);
    organization uuid := identity.administered_by(invite_user.account_id);
    called text := (SELECT o.name FROM insight.organization o WHERE o.id = organization);
    holder identity.account;
BEGIN
    refused := CASE
        WHEN organization IS NULL THEN 'FORBIDDEN'
        WHEN EXISTS (
            SELECT FROM insight.organization_user u
            WHERE u.organization_id = organization AND u.email = address AND u.joined_at IS NOT NULL) THEN 'TAKEN'
        WHEN invite_user.most <= (
            SELECT count(*) FROM insight.organization_user u
            WHERE u.organization_id = organization AND u.email <> address
                AND (u.joined_at IS NOT NULL OR u.expires_at > now())) THEN 'LIMIT' END;
    IF refused IS NOT NULL THEN
        RETURN;
    END IF;
    INSERT INTO insight.organization_user AS u (organization_id, email, role, locale, code_hash, expires_at, demonstration)
    SELECT o.id, address, invite_user.role, invite_user.locale, sha256(convert_to(invite_user.code, 'UTF8')),
        now() + invite_user.lifetime, o.demonstration
    FROM insight.organization o WHERE o.id = organization
    ON CONFLICT (organization_id, email) DO UPDATE SET role = excluded.role, locale = excluded.locale,
        code_hash = excluded.code_hash, expires_at = excluded.expires_at, invited_at = now()
    WHERE u.joined_at IS NULL
    RETURNING u.id INTO user_id;
    IF user_id IS NULL THEN
        refused := 'TAKEN';  -- they have accepted an earlier invitation in the meantime
        RETURN;
    END IF;
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    IF FOUND THEN
        PERFORM identity.write_to(holder.email, 'INVITATION_TAKEN', holder.locale, NULL, called);
    ELSE
        PERFORM identity.write_to(address, 'INVITATION', invite_user.locale, invite_user.code, called);
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.invite_user(uuid, text, text, text, text, interval, integer) TO cohorte_buyer;

-- Whether a code accepts an invitation.
CREATE FUNCTION identity.accepts_invitation(code text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM insight.organization_user u
        WHERE u.code_hash = sha256(convert_to(accepts_invitation.code, 'UTF8')) AND u.expires_at > now())
$$;
GRANT EXECUTE ON FUNCTION identity.accepts_invitation(text) TO cohorte_public;

-- Opens the account of an invited user. False if the code is not valid, or if the address has an account by now.
CREATE FUNCTION identity.accept_invitation(code text, password_hash text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    invited insight.organization_user;
    opened uuid;
BEGIN
    -- Of two uses of one code, the second waits here, and then finds none.
    SELECT * INTO invited FROM insight.organization_user u
    WHERE u.code_hash = sha256(convert_to(accept_invitation.code, 'UTF8')) AND u.expires_at > now() FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(invited.email, 3));  -- as in verify_email
    IF EXISTS (SELECT FROM identity.account a WHERE a.email = invited.email) THEN
        RETURN false;
    END IF;
    UPDATE insight.organization_user u SET joined_at = now(), code_hash = NULL, locale = NULL, expires_at = NULL
    WHERE u.id = invited.id;
    -- The mail has shown whose address it is: no earlier user of it has set up anything that a reset must end.
    INSERT INTO identity.account (
        email, email_verified, locale, organization_id, organization_user_id, password_reset_at, demonstration)
    VALUES (invited.email, true, invited.locale, invited.organization_id, invited.id, now(), invited.demonstration)
    RETURNING id INTO opened;
    INSERT INTO identity.credential (account_id, password_hash) VALUES (opened, accept_invitation.password_hash);
    DELETE FROM identity.registration r WHERE r.email = invited.email;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.accept_invitation(text, text) TO cohorte_public;

-- Gives a user of the viewer's organization another role. Null if it was done, or else the reason: FORBIDDEN, NOT_FOUND,
-- or LAST for the only administrator. Every server process is notified and forgets their viewers.
CREATE FUNCTION identity.change_user_role(account_id uuid, user_id uuid, role text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    organization uuid := identity.administered_by(change_user_role.account_id);
    changing insight.organization_user;
BEGIN
    IF organization IS NULL THEN
        RETURN 'FORBIDDEN';
    END IF;
    SELECT * INTO changing FROM insight.organization_user u
    WHERE u.id = change_user_role.user_id AND u.organization_id = organization;
    IF NOT FOUND THEN
        RETURN 'NOT_FOUND';
    END IF;
    IF changing.role = change_user_role.role THEN
        RETURN NULL;
    END IF;
    IF identity.is_last_administrator(changing) THEN
        RETURN 'LAST';
    END IF;
    -- A sign-in holds the account, as in give_roles: its session is seen below, or it sees this role.
    PERFORM FROM identity.account a WHERE a.organization_user_id = changing.id FOR UPDATE;
    UPDATE insight.organization_user u SET role = change_user_role.role WHERE u.id = changing.id;
    PERFORM pg_notify('session_revoked', s.id::text)
    FROM identity.session s JOIN identity.account a ON a.id = s.account_id WHERE a.organization_user_id = changing.id;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION identity.change_user_role(uuid, uuid, text) TO cohorte_buyer;

-- Removes another user of the viewer's organization, or the invitation of one. Null if it was done, or else the reason:
-- FORBIDDEN, NOT_FOUND, or LAST for the only administrator.
CREATE FUNCTION identity.remove_user(account_id uuid, user_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    organization uuid := identity.administered_by(remove_user.account_id);
    leaving insight.organization_user;
BEGIN
    IF organization IS NULL THEN
        RETURN 'FORBIDDEN';
    END IF;
    SELECT * INTO leaving FROM insight.organization_user u
    WHERE u.id = remove_user.user_id AND u.organization_id = organization;
    IF NOT FOUND THEN
        RETURN 'NOT_FOUND';
    END IF;
    IF identity.is_last_administrator(leaving) THEN
        RETURN 'LAST';
    END IF;
    PERFORM identity.erase_user(leaving);
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION identity.remove_user(uuid, uuid) TO cohorte_buyer;

-- Removes the viewer from their organization. Null if it was done, or else the reason: FORBIDDEN if the account is not
-- the viewer's, or LAST for the only administrator.
CREATE FUNCTION identity.leave_organization(account_id uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    organization uuid := nullif(current_setting('cohorte.organization', true), '')::uuid;
    leaving insight.organization_user;
BEGIN
    PERFORM FROM insight.organization o WHERE o.id = organization FOR NO KEY UPDATE;
    SELECT u.* INTO leaving FROM identity.account a JOIN insight.organization_user u ON u.id = a.organization_user_id
    WHERE a.id = leave_organization.account_id AND a.organization_id = organization;
    IF NOT FOUND THEN
        RETURN 'FORBIDDEN';
    END IF;
    IF identity.is_last_administrator(leaving) THEN
        RETURN 'LAST';
    END IF;
    PERFORM identity.erase_user(leaving);
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION identity.leave_organization(uuid) TO cohorte_buyer;

-- Deletes a user with their account, sessions and second factors, and what waits to be mailed to them. API keys,
-- webhooks and licences are the organization's, and stay. For other functions of the owner.
CREATE FUNCTION identity.erase_user(leaving insight.organization_user) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held identity.account;
BEGIN
    SELECT * INTO held FROM identity.account a WHERE a.organization_user_id = leaving.id FOR UPDATE;
    IF FOUND THEN
        PERFORM identity.close_sessions(held.id);
        DELETE FROM identity.outbox_entry o
        WHERE o.recipient = held.email OR o.letter = 'CONFIRM_EMAIL' AND o.recipient IN (
            SELECT e.email FROM identity.email_change e WHERE e.account_id = held.id);
        DELETE FROM identity.attempt a WHERE a.subject IN (
            sha256(convert_to('sign-in account ' || held.email, 'UTF8')),
            sha256(convert_to('mail account ' || held.email, 'UTF8')));
        PERFORM identity.write_to(held.email, 'USER_REMOVED', held.locale, NULL, o.name)
        FROM insight.organization o WHERE o.id = leaving.organization_id;
    END IF;
    DELETE FROM insight.organization_user u WHERE u.id = leaving.id;  -- everything else is deleted by cascade
END $$;

-- Keeps the address of a user, and the day of their latest sign-in, as their account has them.
CREATE FUNCTION identity.keep_user() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- An invitation of the address that they have now can no longer be accepted.
    DELETE FROM insight.organization_user u
    WHERE u.organization_id = NEW.organization_id AND u.email = NEW.email AND u.joined_at IS NULL;
    UPDATE insight.organization_user u SET email = NEW.email WHERE u.id = NEW.organization_user_id;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_user AFTER UPDATE OF email ON identity.account
    FOR EACH ROW WHEN (NEW.organization_user_id IS NOT NULL AND OLD.email <> NEW.email)
    EXECUTE FUNCTION identity.keep_user();

-- Whether users of a role get mail about an event: readers cannot use licences and datasets.
CREATE FUNCTION identity.is_told_of(user_id uuid, event text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT is_told_of.event = 'INSIGHT_PUBLISHED' OR EXISTS (
        SELECT FROM insight.organization_user u WHERE u.id = is_told_of.user_id AND u.role <> 'READER')
$$;

-- Notes for an organization who of it had a release published: the user of an account, or an API key. Nothing is noted of
-- others. For the publisher, in the transaction of the release.
CREATE FUNCTION insight.note_requester(release uuid, account_id uuid, api_key_id uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO insight.release_requester (release_id, organization_id, name, demonstration)
    SELECT r.id, r.organization_id, w.name, r.demonstration
    FROM insight.release r JOIN (
        SELECT a.organization_id, a.email AS name FROM identity.account a WHERE a.id = note_requester.account_id
        UNION ALL
        SELECT k.organization_id, k.name FROM insight.api_key k WHERE k.id = note_requester.api_key_id
    ) w ON w.organization_id = r.organization_id
    WHERE r.id = note_requester.release
$$;
GRANT EXECUTE ON FUNCTION insight.note_requester(uuid, uuid, uuid) TO cohorte_publisher;

-- The user whom an account of the viewer's organization is of. Null for another account.
CREATE FUNCTION insight.user_of_account(account_id uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.organization_user_id FROM identity.account a
    WHERE a.id = user_of_account.account_id
        AND a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
$$;
GRANT EXECUTE ON FUNCTION insight.user_of_account(uuid) TO cohorte_buyer, cohorte_manager;

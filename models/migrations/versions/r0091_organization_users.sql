ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
CREATE TABLE insight.organization_user (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    email VARCHAR NOT NULL,
    role VARCHAR(32) NOT NULL,
    invited_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE,
    last_signed_in_on DATE,
    code_hash BYTEA,
    locale VARCHAR,
    expires_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_organization_user PRIMARY KEY (id),
    CONSTRAINT ck_organization_user_email_in_lower_case CHECK (email = lower(email)),
    CONSTRAINT ck_organization_user_invited CHECK (num_nonnulls(code_hash, locale, expires_at) = CASE WHEN joined_at IS NULL THEN 3 ELSE 0 END),
    CONSTRAINT fk_organization_user_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE,
    CONSTRAINT ck_organization_user_role CHECK (role IN ('ADMINISTRATOR', 'ANALYST', 'READER')),
    CONSTRAINT uq_organization_user_code_hash UNIQUE (code_hash)
);

CREATE TABLE insight.release_requester (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    release_id UUID NOT NULL,
    organization_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    CONSTRAINT pk_release_requester PRIMARY KEY (release_id),
    CONSTRAINT fk_release_requester_release_id_release FOREIGN KEY(release_id) REFERENCES insight.release (id) ON DELETE CASCADE,
    CONSTRAINT fk_release_requester_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE
);

ALTER TABLE identity.account ADD COLUMN organization_user_id uuid;
-- Every organization's account is its administrator's.
INSERT INTO insight.organization_user (organization_id, email, role, invited_at, joined_at, last_signed_in_on, demonstration)
SELECT a.organization_id, a.email, 'ADMINISTRATOR', a.created_at, a.created_at,
    CASE WHEN a.email_verified THEN a.signed_in_on END, a.demonstration
FROM identity.account a WHERE a.organization_id IS NOT NULL;
UPDATE identity.account a SET organization_user_id = u.id
FROM insight.organization_user u WHERE u.organization_id = a.organization_id AND u.email = a.email;
-- Every server process forgets the viewers of these sessions, who have a role now.
DO $$ BEGIN PERFORM pg_notify('session_revoked', s.id::text)
FROM identity.session s JOIN identity.account a ON a.id = s.account_id WHERE a.organization_id IS NOT NULL; END $$;
-- When earlier licences were requested is not known, but the undertakings were accepted with the request.
ALTER TABLE insight.licence ADD COLUMN requested_at timestamp with time zone;
UPDATE insight.licence SET requested_at = undertakings_accepted_at WHERE undertakings_accepted_at IS NOT NULL;
ALTER TABLE insight.licence ALTER COLUMN requested_at SET DEFAULT now();
ALTER TABLE identity.account ADD CONSTRAINT uq_account_organization_user_id UNIQUE (organization_user_id);
ALTER TABLE identity.account ADD CONSTRAINT ck_account_users_account CHECK ((organization_id IS NULL) = (organization_user_id IS NULL));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'PASSWORD_REPLACED', 'SECOND_FACTOR_CHANGED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ACCOUNT_SLEEPS', 'ACCOUNT_SLEEPS_STILL', 'ACCOUNT_CLOSED', 'CONFIRM_EMAIL', 'EMAIL_TAKEN', 'EMAIL_CHANGE_REQUESTED', 'EMAIL_CHANGED', 'SELF_HARM_FLAG', 'ORGANIZATION_OPENED', 'STAFF_OPENED', 'INVITATION', 'INVITATION_TAKEN', 'USER_REMOVED', 'LICENCE_GRANTED', 'LICENCE_REFUSED', 'INSIGHT_PUBLISHED', 'DATASET_FROZEN', 'WEBHOOK_DISABLED'));
ALTER TABLE identity.account ADD CONSTRAINT fk_account_organization_user_id_organization_user FOREIGN KEY (organization_user_id) REFERENCES insight.organization_user(id) ON DELETE CASCADE;
CREATE INDEX ix_organization_user_expires_at ON insight.organization_user USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE UNIQUE INDEX uq_organization_user_email ON insight.organization_user USING btree (organization_id, email);
CREATE INDEX ix_release_requester_organization_id ON insight.release_requester USING btree (organization_id);
CREATE OR REPLACE FUNCTION identity.forget_waiting()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.email_change WHERE expires_at <= now();
    DELETE FROM insight.organization_user WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.rate_limit WHERE full_at <= now();
    DELETE FROM identity.session WHERE expires_at <= now();
    DELETE FROM identity.second_factor_challenge WHERE expires_at <= catalog.clock();
    DELETE FROM identity.data_export WHERE expires_at <= now();
    DELETE FROM identity.pseudonym_look WHERE until <= now();
    DELETE FROM identity.reading WHERE day < catalog.today();
    DELETE FROM care.reading_alert WHERE day < catalog.today() - 90
$function$;

CREATE OR REPLACE FUNCTION identity.administered_by(account_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    organization uuid := nullif(current_setting('cohorte.organization', true), '')::uuid;
BEGIN
    PERFORM FROM insight.organization o WHERE o.id = organization FOR NO KEY UPDATE;
    PERFORM FROM identity.account a JOIN insight.organization_user u ON u.id = a.organization_user_id
    WHERE a.id = administered_by.account_id AND u.organization_id = organization AND u.role = 'ADMINISTRATOR';
    RETURN CASE WHEN FOUND THEN organization END;
END $function$;

CREATE OR REPLACE FUNCTION identity.is_last_administrator(asked insight.organization_user)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT asked.role = 'ADMINISTRATOR' AND asked.joined_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM insight.organization_user u
        WHERE u.organization_id = asked.organization_id AND u.id <> asked.id AND u.role = 'ADMINISTRATOR'
            AND u.joined_at IS NOT NULL)
$function$;

CREATE OR REPLACE FUNCTION identity.invite_user(account_id uuid, email text, role text, locale text, code text, lifetime interval, most integer, OUT user_id uuid, OUT refused text)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.accepts_invitation(code text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (
        SELECT FROM insight.organization_user u
        WHERE u.code_hash = sha256(convert_to(accepts_invitation.code, 'UTF8')) AND u.expires_at > now())
$function$;

CREATE OR REPLACE FUNCTION identity.accept_invitation(code text, password_hash text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.change_user_role(account_id uuid, user_id uuid, role text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.remove_user(account_id uuid, user_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.leave_organization(account_id uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.erase_user(leaving insight.organization_user)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.keep_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    -- An invitation of the address that they have now can no longer be accepted.
    DELETE FROM insight.organization_user u
    WHERE u.organization_id = NEW.organization_id AND u.email = NEW.email AND u.joined_at IS NULL;
    UPDATE insight.organization_user u SET email = NEW.email WHERE u.id = NEW.organization_user_id;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION identity.is_told_of(user_id uuid, event text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT is_told_of.event = 'INSIGHT_PUBLISHED' OR EXISTS (
        SELECT FROM insight.organization_user u WHERE u.id = is_told_of.user_id AND u.role <> 'READER')
$function$;

CREATE OR REPLACE FUNCTION insight.note_requester(release uuid, account_id uuid, api_key_id uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO insight.release_requester (release_id, organization_id, name, demonstration)
    SELECT r.id, r.organization_id, w.name, r.demonstration
    FROM insight.release r JOIN (
        SELECT a.organization_id, a.email AS name FROM identity.account a WHERE a.id = note_requester.account_id
        UNION ALL
        SELECT k.organization_id, k.name FROM insight.api_key k WHERE k.id = note_requester.api_key_id
    ) w ON w.organization_id = r.organization_id
    WHERE r.id = note_requester.release
$function$;

CREATE OR REPLACE FUNCTION insight.user_of_account(account_id uuid)
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT a.organization_user_id FROM identity.account a
    WHERE a.id = user_of_account.account_id
        AND a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
$function$;

CREATE OR REPLACE FUNCTION identity.open_organization(name text, kind text, email text, locale text, code text, lifetime interval, OUT organization_id uuid, OUT taken text[])
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(open_organization.email);
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
    INSERT INTO insight.organization_user (organization_id, email, role, joined_at)
    VALUES (open_organization.organization_id, address, 'ADMINISTRATOR', now()) RETURNING id INTO administrator;
    INSERT INTO identity.account (email, locale, organization_id, organization_user_id)
    VALUES (address, open_organization.locale, open_organization.organization_id, administrator)
    RETURNING id INTO opened;
    INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
    VALUES (sha256(convert_to(open_organization.code, 'UTF8')), opened, now() + open_organization.lifetime);
    PERFORM identity.write_to(
        address, 'ORGANIZATION_OPENED', open_organization.locale, open_organization.code, open_organization.name);
END $function$;

CREATE OR REPLACE FUNCTION identity.end_access(holder identity.account)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE care.care_link l SET status = 'ENDED'
    WHERE holder.member_id IN (l.patient_id, l.relative_id) AND l.status <> 'ENDED';
    UPDATE care.profile p SET sharing = 'ONLY_ME' WHERE p.member_id = holder.member_id AND p.sharing <> 'ONLY_ME';
    -- Other users cannot have made any.
    DELETE FROM insight.api_key k USING insight.organization_user u
    WHERE u.id = holder.organization_user_id AND u.role = 'ADMINISTRATOR' AND k.organization_id = u.organization_id
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
    UPDATE identity.account a
    SET signed_in_on = catalog.today(), sleep_notified_on = NULL, sleep_reminded_on = NULL
    WHERE a.id = open_session.account_id
        AND (a.signed_in_on <> catalog.today() OR a.sleep_notified_on IS NOT NULL);
    INSERT INTO identity.session (account_id, token_hash, device, expires_at, demonstration)
    SELECT a.id, open_session.token_hash, left(open_session.device, 200), now() + open_session.lifetime, a.demonstration
    FROM identity.account a WHERE a.id = open_session.account_id
    RETURNING id INTO opened;
    -- After the session, which locks the account: changes of staff lock the account and then the staff member too.
    UPDATE insight.organization_user u SET last_signed_in_on = catalog.today() FROM identity.account a
    WHERE a.id = open_session.account_id AND u.id = a.organization_user_id
        AND u.last_signed_in_on IS DISTINCT FROM catalog.today();
    UPDATE identity.staff f SET last_signed_in_on = catalog.today() FROM identity.account a
    WHERE a.id = open_session.account_id AND f.id = a.staff_id AND f.last_signed_in_on IS DISTINCT FROM catalog.today();
    RETURN opened;
END $function$;

CREATE OR REPLACE FUNCTION identity.viewer_of(token_hash bytea)
 RETURNS TABLE(account_id uuid, session_id uuid, api_key_id uuid, member_id uuid, organization_id uuid, staff_id uuid, roles text[], expires_at timestamp with time zone, demonstration boolean, locale text)
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT a.id, s.id, NULL::uuid, a.member_id, a.organization_id, a.staff_id,
        coalesce(f.roles, array_remove(ARRAY[u.role::text], NULL)), s.expires_at, a.demonstration, a.locale
    FROM identity.session s
    JOIN identity.account a ON a.id = s.account_id
    LEFT JOIN identity.staff f ON f.id = a.staff_id
    LEFT JOIN insight.organization_user u ON u.id = a.organization_user_id
    WHERE s.token_hash = viewer_of.token_hash AND s.expires_at > now()
    UNION ALL
    SELECT NULL, NULL, k.id, NULL, k.organization_id, NULL, ARRAY['ANALYST'], k.expires_at, k.demonstration OR o.demonstration, NULL
    FROM insight.api_key k JOIN insight.organization o ON o.id = k.organization_id
    WHERE k.secret_hash = viewer_of.token_hash AND k.expires_at > now()
$function$;

CREATE OR REPLACE FUNCTION insight.notify_organizations(entry uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    happened identity.outbox_entry;
    concerned uuid[];
    community uuid;
BEGIN
    DELETE FROM identity.outbox_entry o WHERE o.id = notify_organizations.entry AND o.kind = 'EVENT'
    RETURNING * INTO happened;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    concerned := insight.organizations_of_event(happened.event, happened.subject_id);
    WITH made AS (
        INSERT INTO insight.webhook_delivery (webhook_id, event, subject_id, created_at)
        SELECT w.id, happened.event, happened.subject_id, happened.created_at
        FROM insight.webhook w
        WHERE w.organization_id = ANY (concerned) AND w.status = 'ACTIVE' AND happened.event = ANY (w.events)
        RETURNING id
    )
    INSERT INTO identity.outbox_entry (kind, delivery_id) SELECT 'WEBHOOK', m.id FROM made m;
    community := insight.community_of_event(happened.event, happened.subject_id);
    IF happened.event = 'DATASET_FROZEN' THEN
        PERFORM identity.write_to(
            a.email, 'DATASET_FROZEN', a.locale, NULL, catalog.community_name(community, a.locale))
        FROM identity.account a
        WHERE a.organization_id = ANY (concerned) AND a.email_verified AND happened.event = ANY (a.mailed_events)
            AND identity.is_told_of(a.organization_user_id, happened.event);
    ELSIF happened.event = 'INSIGHT_PUBLISHED' THEN
        WITH written AS (
            UPDATE identity.account a SET insights_mailed_on = catalog.today()
            WHERE a.organization_id = ANY (concerned) AND a.email_verified AND happened.event = ANY (a.mailed_events)
                AND a.insights_mailed_on IS DISTINCT FROM catalog.today()
            RETURNING a.email, a.locale
        )
        INSERT INTO identity.outbox_entry (kind, recipient, letter, locale, about)
        SELECT 'MAIL', w.email, 'INSIGHT_PUBLISHED', w.locale, catalog.community_name(community, w.locale)
        FROM written w;
        PERFORM pg_notify('cohorte_outbox', '');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION identity.delivery_failed(entry uuid, failure text, status integer, pause interval, patience interval, gone boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    sent insight.webhook_delivery := insight.hold_delivery(delivery_failed.entry);
    since timestamptz;
    is_test boolean := sent.event IS NULL;
    ends boolean := is_test OR delivery_failed.pause IS NULL;
BEGIN
    UPDATE insight.webhook_delivery d SET status = CASE WHEN ends THEN 'FAILED' ELSE 'PENDING' END,
        attempts = d.attempts + 1, failure = delivery_failed.failure, response_status = delivery_failed.status,
        attempted_at = now()
    WHERE d.id = sent.id;
    IF ends THEN
        DELETE FROM identity.outbox_entry o WHERE o.id = delivery_failed.entry;
    ELSE
        UPDATE identity.outbox_entry o SET attempts = o.attempts + 1, due_at = now() + delivery_failed.pause
        WHERE o.id = delivery_failed.entry;
    END IF;
    IF is_test THEN
        RETURN;
    END IF;
    UPDATE insight.webhook w SET failing_since = coalesce(w.failing_since, now())
    WHERE w.id = sent.webhook_id AND w.status = 'ACTIVE' RETURNING w.failing_since INTO since;
    IF FOUND AND (delivery_failed.gone OR since <= now() - delivery_failed.patience) THEN
        PERFORM insight.silence(sent.webhook_id, 'DISABLED');
        PERFORM identity.write_to(a.email, 'WEBHOOK_DISABLED', a.locale, NULL, w.description)
        FROM insight.webhook w JOIN insight.organization_user u ON u.organization_id = w.organization_id
            JOIN identity.account a ON a.organization_user_id = u.id
        WHERE w.id = sent.webhook_id AND a.email_verified AND u.role = 'ADMINISTRATOR';
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION identity.tell_of_decision()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.write_to(
        a.email, 'LICENCE_' || NEW.status, a.locale, NULL, catalog.community_name(NEW.community_id, a.locale))
    FROM identity.account a
    WHERE a.organization_id = NEW.organization_id AND a.email_verified AND 'LICENCE_DECIDED' = ANY (a.mailed_events)
        AND identity.is_told_of(a.organization_user_id, 'LICENCE_DECIDED');
    PERFORM identity.queue_event('LICENCE_DECIDED', NEW.id);
    RETURN NULL;
END $function$;

CREATE TRIGGER keep_user AFTER UPDATE OF email ON identity.account FOR EACH ROW WHEN (((new.organization_user_id IS NOT NULL) AND ((old.email)::text <> (new.email)::text))) EXECUTE FUNCTION identity.keep_user();
ALTER TABLE insight.organization_user ENABLE ROW LEVEL SECURITY;
ALTER TABLE insight.release_requester ENABLE ROW LEVEL SECURITY;
CREATE POLICY buyer_reads ON insight.organization_user FOR SELECT TO cohorte_buyer USING ((organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY manager_reads ON insight.organization_user FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))));

CREATE POLICY buyer_reads ON insight.release_requester FOR SELECT TO cohorte_buyer USING ((organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")));
GRANT SELECT ON insight.organization_user TO cohorte_buyer, cohorte_manager;
GRANT SELECT ON insight.release_requester TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION identity.invite_user(uuid,text,text,text,text,interval,integer) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION identity.accepts_invitation(text) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.accept_invitation(text,text) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.change_user_role(uuid,uuid,text) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION identity.remove_user(uuid,uuid) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION identity.leave_organization(uuid) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION insight.note_requester(uuid,uuid,uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION insight.user_of_account(uuid) TO cohorte_buyer, cohorte_manager;

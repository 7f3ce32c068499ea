DROP FUNCTION identity.credential_of_account(uuid);
DROP INDEX care.ix_flag_created_at_id;
DROP INDEX care.ix_flag_status_created_at_id;
DROP INDEX care.uq_notification_news;
ALTER TABLE care.notification DROP CONSTRAINT ck_notification_kind;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_kind;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
CREATE TABLE catalog.help_line (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    number VARCHAR NOT NULL,
    language VARCHAR(32) NOT NULL,
    position INTEGER NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    CONSTRAINT pk_help_line PRIMARY KEY (number, language),
    CONSTRAINT uq_help_line_language_position UNIQUE (language, position),
    CONSTRAINT ck_help_line_language CHECK (language IN ('EN', 'FR'))
);

CREATE TABLE catalog.privacy_notice (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    version VARCHAR NOT NULL,
    language VARCHAR(32) NOT NULL,
    in_force_on DATE NOT NULL,
    text VARCHAR NOT NULL,
    CONSTRAINT pk_privacy_notice PRIMARY KEY (version, language),
    CONSTRAINT uq_privacy_notice_language_in_force_on UNIQUE (language, in_force_on),
    CONSTRAINT ck_privacy_notice_language CHECK (language IN ('EN', 'FR'))
);

CREATE TABLE identity.email_change (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    code_hash BYTEA NOT NULL,
    account_id UUID NOT NULL,
    email VARCHAR NOT NULL,
    reverts BOOLEAN NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_email_change PRIMARY KEY (code_hash),
    CONSTRAINT ck_email_change_email_in_lower_case CHECK (email = lower(email)),
    CONSTRAINT fk_email_change_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE
);

CREATE TABLE care.appeal (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    post_id UUID NOT NULL,
    author_id UUID NOT NULL,
    removed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    status VARCHAR(32) DEFAULT 'OPEN' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    staff_id UUID,
    resolution VARCHAR,
    resolved_at TIMESTAMP WITH TIME ZONE,
    text VARCHAR NOT NULL,
    CONSTRAINT pk_appeal PRIMARY KEY (id),
    CONSTRAINT uq_appeal_post_id_removed_at UNIQUE (post_id, removed_at),
    CONSTRAINT ck_appeal_resolved CHECK ((status = 'OPEN') = (resolved_at IS NULL)),
    CONSTRAINT fk_appeal_post_id_post FOREIGN KEY(post_id) REFERENCES care.post (id) ON DELETE CASCADE,
    CONSTRAINT fk_appeal_author_id_member FOREIGN KEY(author_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_appeal_status CHECK (status IN ('OPEN', 'ACCEPTED', 'DECLINED')),
    CONSTRAINT fk_appeal_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);

ALTER TABLE identity.account ADD COLUMN signed_in_on date DEFAULT catalog.today() NOT NULL;
ALTER TABLE identity.account ADD COLUMN sleep_notified_on date;
ALTER TABLE identity.account ADD COLUMN sleep_reminded_on date;
ALTER TABLE care.flag ADD COLUMN urgent boolean GENERATED ALWAYS AS ((((reason)::text = 'SELF_HARM_RISK'::text) AND ((status)::text = 'OPEN'::text))) STORED NOT NULL;
ALTER TABLE research.participation ADD COLUMN begun boolean DEFAULT false NOT NULL;
ALTER TABLE care.notification ADD CONSTRAINT ck_notification_kind CHECK (kind IN ('REPLY', 'SURVEY_OPEN', 'INSIGHT_PUBLISHED', 'CARE_LINK', 'MODERATION', 'SURVEY_CLOSED', 'SUPPORT'));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_kind CHECK (kind IN ('MAIL', 'INSIGHT_PUBLISHED', 'SURVEY_OPENED', 'SURVEY_CLOSED'));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'PASSWORD_REPLACED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ACCOUNT_SLEEPS', 'ACCOUNT_SLEEPS_STILL', 'ACCOUNT_CLOSED', 'CONFIRM_EMAIL', 'EMAIL_TAKEN', 'EMAIL_CHANGE_REQUESTED', 'EMAIL_CHANGED', 'SELF_HARM_FLAG', 'ORGANIZATION_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'));
CREATE INDEX ix_appeal_author_id ON care.appeal USING btree (author_id);
CREATE INDEX ix_appeal_created_at_id ON care.appeal USING btree (created_at, id);
CREATE INDEX ix_appeal_status_created_at_id ON care.appeal USING btree (status, created_at, id);
CREATE INDEX ix_flag_status_urgent_created_at_id ON care.flag USING btree (status, urgent, created_at, id);
CREATE INDEX ix_flag_urgent_created_at_id ON care.flag USING btree (urgent, created_at, id);
CREATE UNIQUE INDEX uq_notification_news ON care.notification USING btree (member_id, subject_id, kind) WHERE (((kind)::text = 'SURVEY_OPEN'::text) OR ((kind)::text = 'INSIGHT_PUBLISHED'::text) OR ((kind)::text = 'SURVEY_CLOSED'::text));
CREATE INDEX ix_account_signed_in_on ON identity.account USING btree (signed_in_on) WHERE (member_id IS NOT NULL);
CREATE INDEX ix_email_change_account_id ON identity.email_change USING btree (account_id);
CREATE INDEX ix_email_change_expires_at ON identity.email_change USING btree (expires_at);
CREATE OR REPLACE FUNCTION identity.change_pseudonym(pseudonym text, looks text[], most integer, period interval, reserved interval)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    reserves text[] := identity.reserved_looks(
        change_pseudonym.looks, (SELECT m.kind FROM care.member m WHERE m.id = viewer));
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
        WHERE l.member_id = viewer AND l.until IS NULL AND l.look = ANY (reserves))
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
    SET until = CASE WHEN l.look <> ALL (reserves) THEN coalesce(l.until, now() + change_pseudonym.reserved) END
    WHERE l.member_id = viewer;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(reserves), viewer
    ON CONFLICT DO NOTHING;  -- the viewer's own: the others are not free
    RETURN 'CHANGED';
END $function$;

CREATE OR REPLACE FUNCTION identity.delete_account(account_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    leaving identity.account;
BEGIN
    SELECT * INTO leaving FROM identity.account a
    WHERE a.id = delete_account.account_id
        AND a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM identity.erase(leaving, 'ACCOUNT_DELETED');
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.erase(leaving identity.account, letter text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := leaving.member_id;
BEGIN
    PERFORM FROM care.member m WHERE m.id = whose FOR UPDATE;
    -- Their counts of members change: locked in the order of their ids, as everywhere.
    PERFORM FROM catalog.community c JOIN care.membership s ON s.community_id = c.id
    WHERE s.member_id = whose ORDER BY c.id FOR NO KEY UPDATE OF c;
    PERFORM identity.close_sessions(leaving.id);
    DELETE FROM research.answer_sheet s USING research.participation p
    WHERE p.member_id = whose AND s.id = p.answer_sheet_id;
    UPDATE care.flag f SET note = NULL WHERE f.member_id = whose AND f.note IS NOT NULL;
    DELETE FROM care.notification n WHERE n.subject_id = whose;
    DELETE FROM identity.mutation m WHERE m.caller = whose;
    DELETE FROM identity.outbox_entry o
    WHERE o.recipient = leaving.email OR o.letter = 'CONFIRM_EMAIL' AND o.recipient IN (
        SELECT e.email FROM identity.email_change e WHERE e.account_id = leaving.id);
    DELETE FROM identity.registration r WHERE r.email = leaving.email;
    DELETE FROM identity.attempt a WHERE a.subject IN (
        sha256(convert_to('sign-in account ' || leaving.email, 'UTF8')),
        sha256(convert_to('mail account ' || leaving.email, 'UTF8')));
    DELETE FROM care.member m WHERE m.id = whose;  -- everything else is deleted by cascade
    PERFORM identity.write_to(leaving.email, erase.letter, leaving.locale, NULL);
END $function$;

CREATE OR REPLACE FUNCTION identity.forget_waiting()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.email_change WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.rate_limit WHERE full_at <= now();
    DELETE FROM identity.session WHERE expires_at <= now();
    DELETE FROM identity.data_export WHERE expires_at <= now();
    DELETE FROM identity.pseudonym_look WHERE until <= now();
    DELETE FROM identity.reading WHERE day < catalog.today();
    DELETE FROM care.reading_alert WHERE day < catalog.today() - 90
$function$;

CREATE OR REPLACE FUNCTION identity.is_viewers(account identity.account)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(
        account.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        OR account.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
        OR account.staff_id = nullif(current_setting('cohorte.staff', true), '')::uuid, false)
$function$;

CREATE OR REPLACE FUNCTION identity.request_email_change(account_id uuid, email text, code text, lifetime interval)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(request_email_change.email);
    changing identity.account;
    holder identity.account;
BEGIN
    SELECT * INTO changing FROM identity.account a
    WHERE a.id = request_email_change.account_id AND identity.is_viewers(a) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM identity.email_change e WHERE e.account_id = changing.id AND NOT e.reverts;
    INSERT INTO identity.email_change (code_hash, account_id, email, reverts, expires_at)
    VALUES (sha256(convert_to(request_email_change.code, 'UTF8')), changing.id, address, false,
        now() + request_email_change.lifetime);
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    IF FOUND THEN
        PERFORM identity.write_to(holder.email, 'EMAIL_TAKEN', holder.locale, NULL);
    ELSE
        PERFORM identity.write_to(address, 'CONFIRM_EMAIL', changing.locale, request_email_change.code);
    END IF;
    PERFORM identity.write_to(changing.email, 'EMAIL_CHANGE_REQUESTED', changing.locale, NULL);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.change_email(account_id uuid, session_id uuid, code text, revert text, lifetime interval)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    wanted identity.email_change;
    changing identity.account;
BEGIN
    SELECT * INTO changing FROM identity.account a
    WHERE a.id = change_email.account_id AND identity.is_viewers(a) FOR UPDATE;
    DELETE FROM identity.email_change e
    WHERE e.code_hash = sha256(convert_to(change_email.code, 'UTF8')) AND e.account_id = changing.id
        AND NOT e.reverts AND e.expires_at > now()
    RETURNING * INTO wanted;
    IF NOT FOUND OR NOT identity.move_account(changing, wanted.email) THEN
        RETURN false;
    END IF;
    PERFORM identity.close_other_sessions(changing.id, change_email.session_id);
    INSERT INTO identity.email_change (code_hash, account_id, email, reverts, created_at, expires_at)
    VALUES (sha256(convert_to(change_email.revert, 'UTF8')), changing.id, changing.email, true, clock_timestamp(),
        now() + change_email.lifetime);
    PERFORM identity.write_to(changing.email, 'EMAIL_CHANGED', changing.locale, change_email.revert);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.move_account(moving identity.account, email text)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    -- As when an account is opened: of two that want one address, the first wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(move_account.email, 3));
    PERFORM FROM identity.account a WHERE a.email = move_account.email;
    IF FOUND THEN
        RETURN false;
    END IF;
    UPDATE identity.account a SET email = move_account.email, email_verified = true WHERE a.id = moving.id;
    DELETE FROM identity.password_reset p WHERE p.account_id = moving.id;
    DELETE FROM identity.registration r WHERE r.email = move_account.email;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.reverts_email(code text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (
        SELECT FROM identity.email_change e
        WHERE e.code_hash = sha256(convert_to(reverts_email.code, 'UTF8')) AND e.reverts AND e.expires_at > now())
$function$;

CREATE OR REPLACE FUNCTION identity.revert_email(code text, password_hash text)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(revert_email.code, 'UTF8'));
    former identity.email_change;
    holder identity.account;
BEGIN
    SELECT a.* INTO holder FROM identity.account a JOIN identity.email_change e ON e.account_id = a.id
    WHERE e.code_hash = digest FOR UPDATE OF a;
    SELECT * INTO former FROM identity.email_change e
    WHERE e.code_hash = digest AND e.reverts AND e.expires_at > now();
    IF NOT FOUND THEN
        RETURN 'INVALID';
    END IF;
    IF holder.email <> former.email AND NOT identity.move_account(holder, former.email) THEN
        RETURN 'TAKEN';
    END IF;
    DELETE FROM identity.email_change e
    WHERE e.account_id = holder.id AND (NOT e.reverts OR e.created_at >= former.created_at);
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    UPDATE identity.credential c SET password_hash = revert_email.password_hash WHERE c.account_id = holder.id;
    PERFORM identity.close_sessions(holder.id);
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || former.email, 'UTF8'));
    PERFORM identity.end_access(holder);
    PERFORM identity.write_to(former.email, 'PASSWORD_CHANGED', holder.locale, NULL);
    RETURN 'REVERTED';
END $function$;

CREATE OR REPLACE FUNCTION identity.end_access(holder identity.account)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE care.care_link l SET status = 'ENDED'
    WHERE holder.member_id IN (l.patient_id, l.relative_id) AND l.status <> 'ENDED';
    UPDATE care.profile p SET sharing = 'ONLY_ME' WHERE p.member_id = holder.member_id AND p.sharing <> 'ONLY_ME';
    DELETE FROM insight.api_key k WHERE k.organization_id = holder.organization_id
$function$;

CREATE OR REPLACE FUNCTION identity.change_password(account_id uuid, session_id uuid, was text, becomes text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    holder identity.account;
BEGIN
    SELECT * INTO holder FROM identity.account a
    WHERE a.id = change_password.account_id AND identity.is_viewers(a) FOR UPDATE;
    UPDATE identity.credential c SET password_hash = change_password.becomes
    WHERE c.account_id = holder.id AND c.password_hash = change_password.was;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM identity.close_other_sessions(holder.id, change_password.session_id);
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    DELETE FROM identity.email_change e WHERE e.account_id = holder.id AND NOT e.reverts;
    PERFORM identity.write_to(holder.email, 'PASSWORD_REPLACED', holder.locale, NULL);
    RETURN true;
END $function$;

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
    DELETE FROM identity.email_change e WHERE e.account_id = holder.id AND NOT e.reverts;
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
        PERFORM identity.end_access(holder);
    END IF;
    PERFORM identity.write_to(
        holder.email, CASE WHEN is_first THEN 'PASSWORD_FIRST_CHANGED' ELSE 'PASSWORD_CHANGED' END, holder.locale, NULL);
    RETURN is_first;
END $function$;

CREATE OR REPLACE FUNCTION catalog.check_privacy_notice_languages()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF (SELECT count(*) FILTER (WHERE n.language IN ('EN', 'FR')) <> 2 OR count(DISTINCT n.in_force_on) <> 1
        FROM catalog.privacy_notice n WHERE n.version = NEW.version)
    THEN
        RAISE 'a privacy notice needs the same version in English and French, in force from the same day'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION identity.reserved_looks(looks text[], kind text)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(array_agg(l.look), '{}') FROM unnest(reserved_looks.looks) l (look)
    WHERE reserved_looks.kind = 'ASSOCIATION' OR NOT starts_with(l.look, E'\t')
$function$;

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
END $function$;

CREATE OR REPLACE FUNCTION identity.credential_of_account(account_id uuid)
 RETURNS TABLE(email text, password_hash text, pseudonym text)
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT a.email, c.password_hash, m.pseudonym
    FROM identity.account a JOIN identity.credential c ON c.account_id = a.id LEFT JOIN care.member m ON m.id = a.member_id
    WHERE a.id = credential_of_account.account_id
$function$;

CREATE OR REPLACE FUNCTION identity.open_session(account_id uuid, token_hash bytea, device text, lifetime interval)
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.account a
    SET signed_in_on = catalog.today(), sleep_notified_on = NULL, sleep_reminded_on = NULL
    WHERE a.id = open_session.account_id
        AND (a.signed_in_on <> catalog.today() OR a.sleep_notified_on IS NOT NULL);
    INSERT INTO identity.session (account_id, token_hash, device, expires_at, demonstration)
    SELECT a.id, open_session.token_hash, left(open_session.device, 200), now() + open_session.lifetime, a.demonstration
    FROM identity.account a WHERE a.id = open_session.account_id
    RETURNING id
$function$;

CREATE OR REPLACE FUNCTION identity.close_other_sessions(account_id uuid, kept uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    closed uuid;
BEGIN
    FOR closed IN
        DELETE FROM identity.session s
        WHERE s.account_id = close_other_sessions.account_id AND s.id IS DISTINCT FROM close_other_sessions.kept
        RETURNING s.id
    LOOP
        PERFORM pg_notify('session_revoked', closed::text);
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION identity.close_sessions(account_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT identity.close_other_sessions(close_sessions.account_id, NULL) $function$;

CREATE OR REPLACE FUNCTION identity.settle_sleeper(months integer, notice integer, reminder integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    today date := catalog.today();
    asleep date := (today - make_interval(months => settle_sleeper.months))::date;
    sleeper identity.account;
BEGIN
    SELECT * INTO sleeper FROM identity.account a
    WHERE a.member_id IS NOT NULL AND NOT a.demonstration AND a.signed_in_on <= asleep AND (
        a.sleep_notified_on IS NULL
        OR a.sleep_reminded_on IS NULL AND a.sleep_notified_on <= today - (settle_sleeper.notice - settle_sleeper.reminder)
        OR a.sleep_reminded_on <= today - settle_sleeper.reminder
            AND a.sleep_notified_on <= today - settle_sleeper.notice)
    ORDER BY a.signed_in_on, a.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF sleeper.sleep_reminded_on IS NOT NULL THEN
        PERFORM identity.erase(sleeper, 'ACCOUNT_CLOSED');
    ELSIF sleeper.sleep_notified_on IS NOT NULL THEN
        UPDATE identity.account a SET sleep_reminded_on = today WHERE a.id = sleeper.id;
        PERFORM identity.write_to(
            sleeper.email, 'ACCOUNT_SLEEPS_STILL', sleeper.locale, NULL, (today + settle_sleeper.reminder)::text);
    ELSE
        UPDATE identity.account a SET sleep_notified_on = today WHERE a.id = sleeper.id;
        PERFORM identity.write_to(
            sleeper.email, 'ACCOUNT_SLEEPS', sleeper.locale, NULL, (today + settle_sleeper.notice)::text);
    END IF;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION care.restore_post(post uuid, note text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    written text;
BEGIN
    PERFORM FROM identity.staff s WHERE s.id = viewer AND 'MODERATOR' = ANY (s.roles);
    IF NOT FOUND THEN
        RAISE 'only moderators may restore posts' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM care.post p WHERE p.id = restore_post.post AND p.removed FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM care.removed_text t WHERE t.post_id = restore_post.post RETURNING t.body INTO written;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE care.post p SET body = written, removed = false WHERE p.id = restore_post.post;
    DELETE FROM care.removal r WHERE r.post_id = restore_post.post;
    UPDATE care.appeal a
    SET status = 'ACCEPTED', staff_id = viewer, resolution = restore_post.note, resolved_at = now()
    WHERE a.post_id = restore_post.post AND a.status = 'OPEN';
    UPDATE care.flag f
    SET status = 'DISMISSED', staff_id = viewer, resolution = restore_post.note, resolved_at = now()
    WHERE f.post_id = restore_post.post AND f.status = 'UPHELD';
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION care.has_other_moderator()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (
        SELECT FROM identity.staff s JOIN identity.account a ON a.staff_id = s.id
        WHERE 'MODERATOR' = ANY (s.roles) AND s.id <> viewer.id AND (viewer.demonstration OR NOT s.demonstration))
    FROM identity.staff viewer WHERE viewer.id = nullif(current_setting('cohorte.staff', true), '')::uuid
$function$;

CREATE OR REPLACE FUNCTION care.raise_alarm(flag uuid, pause interval)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    author uuid;
    in_demonstration boolean;  -- whose accounts nobody reads the mail of
    one record;
BEGIN
    SELECT p.author_id, m.demonstration INTO author, in_demonstration
    FROM care.flag f JOIN care.post p ON p.id = f.post_id JOIN care.member m ON m.id = f.member_id
    WHERE f.id = raise_alarm.flag AND f.urgent
        AND f.member_id = nullif(current_setting('cohorte.member', true), '')::uuid;
    IF NOT FOUND THEN
        RAISE 'this is no urgent flag of the viewer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- One at a time: two flags at once would each miss the mail and the notification of the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('alarm', 0));
    FOR one IN
        SELECT a.email, a.locale FROM identity.account a JOIN identity.staff s ON s.id = a.staff_id
        WHERE 'MODERATOR' = ANY (s.roles) AND (in_demonstration OR NOT a.demonstration) AND NOT EXISTS (
            SELECT FROM identity.outbox_entry o
            WHERE o.recipient = a.email AND o.letter = 'SELF_HARM_FLAG' AND o.attempts = 0)
        ORDER BY a.id
    LOOP
        PERFORM identity.write_to(one.email, 'SELF_HARM_FLAG', one.locale, NULL);
    END LOOP;
    IF author IS NOT NULL AND NOT EXISTS (
        SELECT FROM care.notification n
        WHERE n.member_id = author AND n.kind = 'SUPPORT' AND n.created_at > catalog.clock() - raise_alarm.pause)
    THEN
        PERFORM care.notify_member(author, 'SUPPORT', NULL, NULL);
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION care.tell(member uuid, kind text, subject_type text, subject_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    staff uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    allowed boolean := CASE tell.kind
        WHEN 'REPLY' THEN tell.subject_type = 'pst' AND EXISTS (
            SELECT FROM care.post p WHERE p.id = tell.subject_id AND p.author_id = viewer)
        WHEN 'CARE_LINK' THEN tell.subject_type = 'mbr' AND tell.subject_id = viewer AND EXISTS (
            SELECT FROM care.care_link l
            WHERE (l.patient_id, l.relative_id) IN ((viewer, tell.member), (tell.member, viewer)))
        ELSE staff IS NOT NULL AND tell.kind <> 'SUPPORT'
    END;
BEGIN
    IF allowed IS NOT TRUE THEN
        RAISE 'the viewer may not send this notification' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN care.notify_member(tell.member, tell.kind, tell.subject_type, tell.subject_id);
END $function$;

CREATE OR REPLACE FUNCTION research.deliver(entry uuid, part integer, most integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    news identity.outbox_entry;
    delivered integer;
BEGIN
    SELECT * INTO news FROM identity.outbox_entry o
    WHERE o.id = deliver.entry AND o.kind <> 'MAIL' AND o.part = deliver.part FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    delivered := CASE news.kind
        WHEN 'INSIGHT_PUBLISHED' THEN research.notify_enrolled(news, deliver.most)
        WHEN 'SURVEY_OPENED' THEN research.invite_eligible(news, deliver.most)
        WHEN 'SURVEY_CLOSED' THEN research.notify_begun(news, deliver.most)
    END;
    IF delivered >= deliver.most THEN
        RETURN true;
    END IF;
    IF news.part < 63 THEN
        UPDATE identity.outbox_entry o SET part = news.part + 1 WHERE o.id = news.id;
    ELSE
        DELETE FROM identity.outbox_entry o WHERE o.id = news.id;
    END IF;
    RETURN false;
END $function$;

CREATE OR REPLACE FUNCTION research.notify_begun(news identity.outbox_entry, most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    members uuid[];
BEGIN
    members := ARRAY(
        SELECT m.id
        FROM research.participation p JOIN care.member m ON m.id = p.member_id
        WHERE p.survey_id = news.subject_id AND p.begun AND research.part_of(m.id) = news.part
            AND NOT EXISTS (
                SELECT FROM care.notification n
                WHERE n.member_id = m.id AND n.kind = 'SURVEY_CLOSED' AND n.subject_id = news.subject_id)
        ORDER BY m.id LIMIT notify_begun.most
        FOR KEY SHARE OF m SKIP LOCKED);
    PERFORM research.report(news, 'SURVEY_CLOSED', 'svy', members);
    RETURN cardinality(members);
END $function$;

CREATE OR REPLACE FUNCTION research.begin_sheet(survey uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := research.require_member();
    sheet uuid := gen_random_uuid();
    stands record;
BEGIN
    SELECT * INTO stands FROM research.standing(begin_sheet.survey);
    IF stands.survey_status IS DISTINCT FROM 'OPEN' OR stands.past OR NOT stands.eligible THEN
        RETURN NULL;
    END IF;
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = begin_sheet.survey AND p.member_id = viewer AND a.id = p.answer_sheet_id;
    INSERT INTO research.answer_sheet (id, survey_id, demonstration)
    SELECT sheet, s.id, s.demonstration FROM catalog.survey s WHERE s.id = begin_sheet.survey;
    INSERT INTO research.participation AS p (member_id, survey_id, status, begun, answer_sheet_id, demonstration)
    SELECT viewer, s.id, 'STARTED', true, sheet, s.demonstration FROM catalog.survey s WHERE s.id = begin_sheet.survey
    ON CONFLICT (member_id, survey_id) DO UPDATE
        SET status = 'STARTED', begun = true, completed_at = NULL, answer_sheet_id = excluded.answer_sheet_id;
    RETURN sheet;
END $function$;

CREATE OR REPLACE FUNCTION research.take_back(member uuid, survey uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    part research.participation;
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = take_back.survey AND s.status = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;  -- after closing, nobody knows which answers are whose
    END IF;
    SELECT * INTO part FROM research.participation p
    WHERE p.survey_id = take_back.survey AND p.member_id = take_back.member AND p.status <> 'WITHDRAWN';
    UPDATE research.participation p SET status = 'WITHDRAWN', begun = false, completed_at = NULL, answer_sheet_id = NULL
    WHERE p.id = part.id;
    DELETE FROM research.answer_sheet a WHERE a.id = part.answer_sheet_id;
    RETURN part.id;
END $function$;

CREATE OR REPLACE FUNCTION catalog.close_survey(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    is_early boolean;
    has_closed boolean;
BEGIN
    SELECT s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on) INTO is_early
    FROM catalog.survey s WHERE s.id = close_survey.survey FOR UPDATE;
    UPDATE catalog.survey s
    SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today())),
        no_dataset = CASE s.status WHEN 'WAITING' THEN 'NOT_OPENED' END
    WHERE s.id = close_survey.survey AND s.status IN ('WAITING', 'OPEN');
    has_closed := FOUND;
    IF is_early THEN
        PERFORM identity.queue_news('SURVEY_CLOSED', close_survey.survey);
    END IF;
    RETURN has_closed;
END $function$;

CREATE CONSTRAINT TRIGGER check_privacy_notice_languages AFTER INSERT OR UPDATE ON catalog.privacy_notice DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalog.check_privacy_notice_languages();
ALTER TABLE identity.email_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.appeal ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON care.appeal FOR SELECT TO cohorte_patient USING ((author_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY manager_reads ON care.appeal FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY patient_inserts ON care.appeal FOR INSERT TO cohorte_patient WITH CHECK (((author_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (EXISTS ( SELECT
   FROM (care.removal r
     JOIN care.post p ON ((p.id = r.post_id)))
  WHERE ((r.post_id = appeal.post_id) AND (r.created_at = appeal.removed_at) AND (p.author_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")))))));

CREATE POLICY manager_updates ON care.appeal FOR UPDATE TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) AND ((status)::text = 'OPEN'::text))) WITH CHECK (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) AND (staff_id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ((status)::text = 'DECLINED'::text)));

GRANT SELECT ON catalog.help_line TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT SELECT ON catalog.privacy_notice TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT SELECT ON care.appeal TO cohorte_manager, cohorte_patient;
GRANT INSERT (author_id, post_id, removed_at, text) ON care.appeal TO cohorte_patient;
GRANT UPDATE (resolution, resolved_at, staff_id, status) ON care.appeal TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.request_email_change(uuid,text,text,interval) TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.change_email(uuid,uuid,text,text,interval) TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.reverts_email(text) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.revert_email(text,text) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.change_password(uuid,uuid,text,text) TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.credential_of_account(uuid) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.settle_sleeper(integer,integer,integer) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION care.has_other_moderator() TO cohorte_manager;
GRANT EXECUTE ON FUNCTION care.raise_alarm(uuid,interval) TO cohorte_patient;

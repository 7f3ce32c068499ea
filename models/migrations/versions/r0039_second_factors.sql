ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
ALTER TABLE identity.staff_change DROP CONSTRAINT ck_staff_change_kind;
CREATE TABLE identity.recovery_code (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    account_id UUID NOT NULL,
    code_hash BYTEA NOT NULL,
    CONSTRAINT pk_recovery_code PRIMARY KEY (account_id, code_hash),
    CONSTRAINT fk_recovery_code_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE
);

CREATE TABLE identity.second_factor (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    account_id UUID NOT NULL,
    kind VARCHAR(32) NOT NULL,
    name VARCHAR NOT NULL,
    secret BYTEA,
    last_step BIGINT,
    credential_id BYTEA,
    public_key BYTEA,
    sign_count BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT catalog.clock() NOT NULL,
    last_used_on DATE,
    CONSTRAINT pk_second_factor PRIMARY KEY (id),
    CONSTRAINT ck_second_factor_totp CHECK ((kind = 'TOTP') = (num_nonnulls(secret, last_step) = 2)),
    CONSTRAINT ck_second_factor_passkey CHECK ((kind = 'PASSKEY') = (num_nonnulls(credential_id, public_key, sign_count) = 3)),
    CONSTRAINT fk_second_factor_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE,
    CONSTRAINT ck_second_factor_kind CHECK (kind IN ('TOTP', 'PASSKEY')),
    CONSTRAINT uq_second_factor_credential_id UNIQUE (credential_id)
);

CREATE TABLE identity.second_factor_challenge (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    token_hash BYTEA NOT NULL,
    account_id UUID NOT NULL,
    purpose VARCHAR(32) NOT NULL,
    kind VARCHAR(32),
    name VARCHAR,
    secret BYTEA,
    attempts INTEGER DEFAULT 0 NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_second_factor_challenge PRIMARY KEY (token_hash),
    CONSTRAINT fk_second_factor_challenge_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE,
    CONSTRAINT ck_second_factor_challenge_purpose CHECK (purpose IN ('SIGN_IN', 'ENROL', 'PROVE')),
    CONSTRAINT ck_second_factor_challenge_kind CHECK (kind IN ('TOTP', 'PASSKEY'))
);

ALTER TABLE identity.staff ADD COLUMN has_second_factor boolean DEFAULT false NOT NULL;
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'SECOND_FACTOR_CHANGED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ORGANIZATION_OPENED', 'STAFF_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'));
ALTER TABLE identity.staff_change ADD CONSTRAINT ck_staff_change_kind CHECK (kind IN ('CREATED', 'ROLES_CHANGED', 'SUSPENDED', 'REINSTATED', 'SECOND_FACTOR_RESET'));
CREATE INDEX ix_second_factor_account_id_created_at_id ON identity.second_factor USING btree (account_id, created_at, id);
CREATE INDEX ix_second_factor_challenge_account_id ON identity.second_factor_challenge USING btree (account_id);
CREATE INDEX ix_second_factor_challenge_expires_at ON identity.second_factor_challenge USING btree (expires_at);
CREATE OR REPLACE FUNCTION identity.forget_waiting()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.rate_limit WHERE full_at <= now();
    DELETE FROM identity.session WHERE expires_at <= now();
    DELETE FROM identity.second_factor_challenge WHERE expires_at <= catalog.clock();
    DELETE FROM identity.data_export WHERE expires_at <= now();
    DELETE FROM identity.pseudonym_look WHERE until <= now();
    DELETE FROM identity.reading WHERE day < catalog.today();
    DELETE FROM care.reading_alert WHERE day < catalog.today() - 90
$function$;

CREATE OR REPLACE FUNCTION identity.viewer_accounts()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(array_agg(a.id), '{}') FROM identity.account a
    WHERE a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        OR a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
        OR a.staff_id = nullif(current_setting('cohorte.staff', true), '')::uuid
$function$;

CREATE OR REPLACE FUNCTION identity.second_factors_of(account_id uuid)
 RETURNS TABLE(id uuid, kind text, secret bytea, last_step bigint, credential_id bytea, public_key bytea, sign_count bigint)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM identity.account a WHERE a.id = second_factors_of.account_id FOR KEY SHARE;
    RETURN QUERY
        SELECT f.id, f.kind::text, f.secret, f.last_step, f.credential_id, f.public_key, f.sign_count
        FROM identity.second_factor f WHERE f.account_id = second_factors_of.account_id
        ORDER BY f.created_at, f.id;
END $function$;

CREATE OR REPLACE FUNCTION identity.open_challenge(account_id uuid, token_hash bytea, purpose text, lifetime interval, kind text, name text, secret bytea)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.second_factor_challenge c
    WHERE c.account_id = open_challenge.account_id AND c.purpose = 'ENROL' AND open_challenge.purpose = 'ENROL';
    INSERT INTO identity.second_factor_challenge (account_id, token_hash, purpose, expires_at, kind, name, secret)
    VALUES (open_challenge.account_id, open_challenge.token_hash, open_challenge.purpose,
        catalog.clock() + open_challenge.lifetime, open_challenge.kind, open_challenge.name, open_challenge.secret)
$function$;

CREATE OR REPLACE FUNCTION identity.try_challenge(token_hash bytea, purpose text, account_id uuid, most integer)
 RETURNS TABLE(account uuid, email text, kind text, name text, secret bytea)
 LANGUAGE sql
 SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.second_factor_challenge c SET attempts = c.attempts + 1 FROM identity.account a
    WHERE c.token_hash = try_challenge.token_hash AND c.purpose = try_challenge.purpose AND a.id = c.account_id
        AND c.attempts < try_challenge.most AND c.expires_at > catalog.clock()
        AND (try_challenge.account_id IS NULL OR c.account_id = try_challenge.account_id)
    RETURNING a.id, a.email, c.kind::text, c.name, c.secret
$function$;

CREATE OR REPLACE FUNCTION identity.end_challenge(token_hash bytea)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    -- The account first, as everywhere.
    PERFORM FROM identity.account a JOIN identity.second_factor_challenge c ON c.account_id = a.id
    WHERE c.token_hash = end_challenge.token_hash FOR KEY SHARE OF a;
    DELETE FROM identity.second_factor_challenge c
    WHERE c.token_hash = end_challenge.token_hash AND c.expires_at > catalog.clock();
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION identity.use_totp(factor_id uuid, step bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE identity.second_factor f SET last_step = use_totp.step, last_used_on = catalog.today()
    WHERE f.id = use_totp.factor_id AND f.last_step < use_totp.step;
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION identity.use_passkey(factor_id uuid, earlier bigint, sign_count bigint)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE identity.second_factor f SET sign_count = use_passkey.sign_count, last_used_on = catalog.today()
    WHERE f.id = use_passkey.factor_id AND f.sign_count = use_passkey.earlier;
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION identity.use_recovery_code(account_id uuid, code_hash bytea)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    DELETE FROM identity.recovery_code r
    WHERE r.account_id = use_recovery_code.account_id AND r.code_hash = use_recovery_code.code_hash;
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION identity.add_second_factor(token_hash bytea, session_id uuid, last_step bigint, credential_id bytea, public_key bytea, sign_count bigint, code_hashes bytea[], most integer, OUT factor_id uuid, OUT is_first boolean)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    started identity.second_factor_challenge;
    holder identity.account;
    closed uuid;
BEGIN
    -- The account first, as everywhere, and so that a sign-in that has seen no factor is over.
    SELECT a.* INTO holder FROM identity.account a JOIN identity.second_factor_challenge c ON c.account_id = a.id
    WHERE c.token_hash = add_second_factor.token_hash AND a.id = ANY (identity.viewer_accounts()) FOR UPDATE OF a;
    DELETE FROM identity.second_factor_challenge c
    WHERE c.token_hash = add_second_factor.token_hash AND c.account_id = holder.id AND c.purpose = 'ENROL'
        AND c.expires_at > catalog.clock()
    RETURNING * INTO started;
    IF NOT FOUND OR (SELECT count(*) FROM identity.second_factor f WHERE f.account_id = holder.id) >= most THEN
        RETURN;
    END IF;
    is_first := NOT EXISTS (SELECT FROM identity.second_factor f WHERE f.account_id = holder.id);
    INSERT INTO identity.second_factor (
        account_id, kind, name, secret, last_step, credential_id, public_key, sign_count, demonstration)
    VALUES (holder.id, started.kind, started.name, started.secret, add_second_factor.last_step,
        add_second_factor.credential_id, add_second_factor.public_key, add_second_factor.sign_count,
        holder.demonstration)
    RETURNING id INTO factor_id;
    IF is_first THEN
        FOR closed IN
            DELETE FROM identity.session s
            WHERE s.account_id = holder.id AND s.id IS DISTINCT FROM add_second_factor.session_id RETURNING s.id
        LOOP
            PERFORM pg_notify('session_revoked', closed::text);
        END LOOP;
        PERFORM identity.keep_recovery_codes(holder.id, add_second_factor.code_hashes);
    END IF;
    PERFORM identity.write_to(holder.email, 'SECOND_FACTOR_CHANGED', holder.locale, NULL);
END $function$;

CREATE OR REPLACE FUNCTION identity.remove_second_factor(factor_id uuid, account_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    holder identity.account;
BEGIN
    SELECT a.* INTO holder FROM identity.account a
    WHERE a.id = remove_second_factor.account_id AND a.id = ANY (identity.viewer_accounts()) FOR UPDATE;
    DELETE FROM identity.second_factor f
    WHERE f.id = remove_second_factor.factor_id AND f.account_id = holder.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM identity.second_factor f WHERE f.account_id = holder.id) THEN
        DELETE FROM identity.recovery_code r WHERE r.account_id = holder.id;
    END IF;
    PERFORM identity.write_to(holder.email, 'SECOND_FACTOR_CHANGED', holder.locale, NULL);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.keep_recovery_codes(account_id uuid, code_hashes bytea[])
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.recovery_code r WHERE r.account_id = keep_recovery_codes.account_id;
    INSERT INTO identity.recovery_code (account_id, code_hash)
    SELECT keep_recovery_codes.account_id, unnest(keep_recovery_codes.code_hashes)
$function$;

CREATE OR REPLACE FUNCTION identity.renew_recovery_codes(account_id uuid, code_hashes bytea[])
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM identity.account a
    WHERE a.id = renew_recovery_codes.account_id AND a.id = ANY (identity.viewer_accounts()) FOR UPDATE;
    IF NOT FOUND OR NOT EXISTS (
        SELECT FROM identity.second_factor f WHERE f.account_id = renew_recovery_codes.account_id) THEN
        RETURN false;
    END IF;
    PERFORM identity.keep_recovery_codes(renew_recovery_codes.account_id, renew_recovery_codes.code_hashes);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.recovery_codes_left(account_id uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT count(*)::integer FROM identity.recovery_code r
    WHERE r.account_id = recovery_codes_left.account_id AND r.account_id = ANY (identity.viewer_accounts())
$function$;

CREATE OR REPLACE FUNCTION identity.reset_second_factors(account_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM identity.account a WHERE a.id = reset_second_factors.account_id FOR UPDATE;
    PERFORM identity.close_sessions(reset_second_factors.account_id);
    DELETE FROM identity.recovery_code r WHERE r.account_id = reset_second_factors.account_id;
    DELETE FROM identity.second_factor f WHERE f.account_id = reset_second_factors.account_id;
    PERFORM identity.write_to(a.email, 'SECOND_FACTOR_CHANGED', a.locale, NULL)
    FROM identity.account a WHERE a.id = reset_second_factors.account_id;
END $function$;

CREATE OR REPLACE FUNCTION identity.second_factor_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    changed uuid := (CASE WHEN TG_OP = 'INSERT' THEN NEW ELSE OLD END).account_id;
BEGIN
    UPDATE identity.staff f
    SET has_second_factor = EXISTS (SELECT FROM identity.second_factor s WHERE s.account_id = changed)
    FROM identity.account a WHERE a.id = changed AND f.id = a.staff_id;
    IF FOUND THEN
        PERFORM identity.give_roles(f.id, f.roles || f.withheld_roles)
        FROM identity.account a JOIN identity.staff f ON f.id = a.staff_id WHERE a.id = changed;
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION identity.close_sessions(account_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    closed uuid;
BEGIN
    DELETE FROM identity.second_factor_challenge c WHERE c.account_id = close_sessions.account_id;
    FOR closed IN DELETE FROM identity.session s WHERE s.account_id = close_sessions.account_id RETURNING s.id LOOP
        PERFORM pg_notify('session_revoked', closed::text);
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION identity.needs_second_factor(role text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT role IN ('MODERATOR', 'ADMINISTRATOR') $function$;

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
END $function$;

CREATE OR REPLACE FUNCTION identity.reset_staff_second_factors(staff_id uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.reset_second_factors(a.id) FROM identity.account a
    WHERE a.staff_id = reset_staff_second_factors.staff_id;
    INSERT INTO identity.staff_change (staff_id, kind, roles)
    SELECT f.id, 'SECOND_FACTOR_RESET', f.roles || f.withheld_roles FROM identity.staff f
    WHERE f.id = reset_staff_second_factors.staff_id;
END $function$;

CREATE TRIGGER second_factor_changed AFTER INSERT OR DELETE ON identity.second_factor FOR EACH ROW EXECUTE FUNCTION identity.second_factor_changed();
ALTER TABLE identity.second_factor ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.recovery_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.second_factor_challenge ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON identity.second_factor FOR SELECT TO cohorte_patient USING ((account_id = ANY (( SELECT identity.viewer_accounts() AS viewer_accounts)::uuid[])));
CREATE POLICY buyer_reads ON identity.second_factor FOR SELECT TO cohorte_buyer USING ((account_id = ANY (( SELECT identity.viewer_accounts() AS viewer_accounts)::uuid[])));
CREATE POLICY manager_reads ON identity.second_factor FOR SELECT TO cohorte_manager USING ((account_id = ANY (( SELECT identity.viewer_accounts() AS viewer_accounts)::uuid[])));
GRANT SELECT (account_id, created_at, demonstration, id, kind, last_used_on, name) ON identity.second_factor TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.viewer_accounts() TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.second_factors_of(uuid) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.open_challenge(uuid,bytea,text,interval,text,text,bytea) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.try_challenge(bytea,text,uuid,integer) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.end_challenge(bytea) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.use_totp(uuid,bigint) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.use_passkey(uuid,bigint,bigint) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.use_recovery_code(uuid,bytea) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.add_second_factor(bytea,uuid,bigint,bytea,bytea,bigint,bytea[],integer) TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.remove_second_factor(uuid,uuid) TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.renew_recovery_codes(uuid,bytea[]) TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.recovery_codes_left(uuid) TO cohorte_buyer, cohorte_manager, cohorte_patient;

SELECT identity.give_roles(f.id, f.roles || f.withheld_roles) FROM identity.staff f WHERE NOT f.demonstration;

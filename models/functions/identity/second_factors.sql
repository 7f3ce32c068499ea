-- Second factors. Functions for the public role check credentials, as those of sessions do: they are the only way to read
-- an app's secret. The others act for the viewer, and check that the account is theirs.

-- The accounts of the viewer: whatever an argument says, nobody touches another's.
CREATE FUNCTION identity.viewer_accounts() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_agg(a.id), '{}') FROM identity.account a
    WHERE a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        OR a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
        OR a.staff_id = nullif(current_setting('cohorte.staff', true), '')::uuid
$$;
GRANT EXECUTE ON FUNCTION identity.viewer_accounts() TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- The second factors of an account, with what verifies them, oldest first. Holds the account until the transaction ends:
-- a sign-in that finds none is over before the first one is added, which then closes its session.
CREATE FUNCTION identity.second_factors_of(account_id uuid)
RETURNS TABLE (
    id uuid, kind text, secret bytea, last_step bigint, credential_id bytea, public_key bytea, sign_count bigint
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.account a WHERE a.id = second_factors_of.account_id FOR KEY SHARE;
    RETURN QUERY
        SELECT f.id, f.kind::text, f.secret, f.last_step, f.credential_id, f.public_key, f.sign_count
        FROM identity.second_factor f WHERE f.account_id = second_factors_of.account_id
        ORDER BY f.created_at, f.id;
END $$;
GRANT EXECUTE ON FUNCTION identity.second_factors_of(uuid) TO cohorte_public;

-- Opens a challenge. To enrol, it replaces the account's earlier one.
CREATE FUNCTION identity.open_challenge(
    account_id uuid, token_hash bytea, purpose text, lifetime interval, kind text, name text, secret bytea
) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.second_factor_challenge c
    WHERE c.account_id = open_challenge.account_id AND c.purpose = 'ENROL' AND open_challenge.purpose = 'ENROL';
    INSERT INTO identity.second_factor_challenge (account_id, token_hash, purpose, expires_at, kind, name, secret)
    VALUES (open_challenge.account_id, open_challenge.token_hash, open_challenge.purpose,
        catalog.clock() + open_challenge.lifetime, open_challenge.kind, open_challenge.name, open_challenge.secret)
$$;
GRANT EXECUTE ON FUNCTION identity.open_challenge(uuid, bytea, text, interval, text, text, bytea) TO cohorte_public;

-- Counts an attempt at a challenge, and returns whose it is; no row after `most` attempts, if it has expired, or if
-- `account_id` is given and it is another account's.
CREATE FUNCTION identity.try_challenge(token_hash bytea, purpose text, account_id uuid, most integer)
RETURNS TABLE (account uuid, email text, kind text, name text, secret bytea)
LANGUAGE sql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.second_factor_challenge c SET attempts = c.attempts + 1 FROM identity.account a
    WHERE c.token_hash = try_challenge.token_hash AND c.purpose = try_challenge.purpose AND a.id = c.account_id
        AND c.attempts < try_challenge.most AND c.expires_at > catalog.clock()
        AND (try_challenge.account_id IS NULL OR c.account_id = try_challenge.account_id)
    RETURNING a.id, a.email, c.kind::text, c.name, c.secret
$$;
GRANT EXECUTE ON FUNCTION identity.try_challenge(bytea, text, uuid, integer) TO cohorte_public;

-- Uses up a challenge that was answered. False if it was used, replaced or ended in the meantime, as by a new password.
CREATE FUNCTION identity.end_challenge(token_hash bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- The account first, as everywhere.
    PERFORM FROM identity.account a JOIN identity.second_factor_challenge c ON c.account_id = a.id
    WHERE c.token_hash = end_challenge.token_hash FOR KEY SHARE OF a;
    DELETE FROM identity.second_factor_challenge c
    WHERE c.token_hash = end_challenge.token_hash AND c.expires_at > catalog.clock();
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION identity.end_challenge(bytea) TO cohorte_public;

-- Notes that the code of a time step was used. False if that or a later one was used before.
CREATE FUNCTION identity.use_totp(factor_id uuid, step bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE identity.second_factor f SET last_step = use_totp.step, last_used_on = catalog.today()
    WHERE f.id = use_totp.factor_id AND f.last_step < use_totp.step;
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION identity.use_totp(uuid, bigint) TO cohorte_public;

-- Notes the count of signatures of a passkey. False if it was used in the meantime.
CREATE FUNCTION identity.use_passkey(factor_id uuid, earlier bigint, sign_count bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE identity.second_factor f SET sign_count = use_passkey.sign_count, last_used_on = catalog.today()
    WHERE f.id = use_passkey.factor_id AND f.sign_count = use_passkey.earlier;
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION identity.use_passkey(uuid, bigint, bigint) TO cohorte_public;

-- Uses up a recovery code. False if the account has no such code.
CREATE FUNCTION identity.use_recovery_code(account_id uuid, code_hash bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM identity.recovery_code r
    WHERE r.account_id = use_recovery_code.account_id AND r.code_hash = use_recovery_code.code_hash;
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION identity.use_recovery_code(uuid, bytea) TO cohorte_public;

-- Adds the factor that a challenge holds to the viewer's account, and uses the challenge up. The first one closes the
-- account's other sessions, which had only a password, and stores these recovery codes. Returns the factor's id, and
-- whether it is the first; no id if the challenge is over, or if the account has `most` already.
CREATE FUNCTION identity.add_second_factor(
    token_hash bytea, session_id uuid, last_step bigint, credential_id bytea, public_key bytea, sign_count bigint,
    code_hashes bytea[], most integer, OUT factor_id uuid, OUT is_first boolean
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION identity.add_second_factor(
    bytea, uuid, bigint, bytea, bytea, bigint, bytea[], integer) TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Removes a second factor of the viewer's account, with the recovery codes if it was the last. False if there is none.
CREATE FUNCTION identity.remove_second_factor(factor_id uuid, account_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION identity.remove_second_factor(uuid, uuid) TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Replaces the recovery codes of an account. For other functions of the owner.
CREATE FUNCTION identity.keep_recovery_codes(account_id uuid, code_hashes bytea[]) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.recovery_code r WHERE r.account_id = keep_recovery_codes.account_id;
    INSERT INTO identity.recovery_code (account_id, code_hash)
    SELECT keep_recovery_codes.account_id, unnest(keep_recovery_codes.code_hashes)
$$;

-- Replaces the recovery codes of the viewer's account. False if it has no second factor.
CREATE FUNCTION identity.renew_recovery_codes(account_id uuid, code_hashes bytea[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.account a
    WHERE a.id = renew_recovery_codes.account_id AND a.id = ANY (identity.viewer_accounts()) FOR UPDATE;
    IF NOT FOUND OR NOT EXISTS (
        SELECT FROM identity.second_factor f WHERE f.account_id = renew_recovery_codes.account_id) THEN
        RETURN false;
    END IF;
    PERFORM identity.keep_recovery_codes(renew_recovery_codes.account_id, renew_recovery_codes.code_hashes);
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.renew_recovery_codes(uuid, bytea[])
    TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- How many recovery codes the viewer's account has left.
CREATE FUNCTION identity.recovery_codes_left(account_id uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*)::integer FROM identity.recovery_code r
    WHERE r.account_id = recovery_codes_left.account_id AND r.account_id = ANY (identity.viewer_accounts())
$$;
GRANT EXECUTE ON FUNCTION identity.recovery_codes_left(uuid) TO cohorte_patient, cohorte_buyer, cohorte_manager;

-- Removes all second factors of an account, for the operator's command. Its sessions are over, and its password stays.
CREATE FUNCTION identity.reset_second_factors(account_id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.account a WHERE a.id = reset_second_factors.account_id FOR UPDATE;
    PERFORM identity.close_sessions(reset_second_factors.account_id);
    DELETE FROM identity.recovery_code r WHERE r.account_id = reset_second_factors.account_id;
    DELETE FROM identity.second_factor f WHERE f.account_id = reset_second_factors.account_id;
    PERFORM identity.write_to(a.email, 'SECOND_FACTOR_CHANGED', a.locale, NULL)
    FROM identity.account a WHERE a.id = reset_second_factors.account_id;
END $$;

-- Notes whether a staff member has a second factor, on which it depends which of their roles are in force.
CREATE FUNCTION identity.second_factor_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;

CREATE TRIGGER second_factor_changed AFTER INSERT OR DELETE ON identity.second_factor
    FOR EACH ROW EXECUTE FUNCTION identity.second_factor_changed();

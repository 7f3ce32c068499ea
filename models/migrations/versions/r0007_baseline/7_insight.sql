-- Frozen. The current source, with the reasons, is in models/functions.

CREATE FUNCTION identity.key_used(id uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE insight.api_key k SET last_used_at = now() WHERE k.id = (
        SELECT u.id FROM insight.api_key u
        WHERE u.id = key_used.id AND (u.last_used_at IS NULL OR u.last_used_at <= now() - interval '1 minute')
        FOR UPDATE SKIP LOCKED);
END $$;
GRANT EXECUTE ON FUNCTION identity.key_used(uuid) TO cohorte_public;

CREATE FUNCTION identity.tell_of_revocation() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('session_revoked', OLD.id::text);
    RETURN NULL;
END $$;

CREATE TRIGGER revoked AFTER DELETE OR UPDATE OF expires_at, secret_hash ON insight.api_key FOR EACH ROW
    EXECUTE FUNCTION identity.tell_of_revocation();

CREATE FUNCTION insight.epsilon(micro_rho bigint, delta double precision) RETURNS double precision
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog
AS $$
DECLARE
    rho double precision := micro_rho / 1e6::double precision;
    golden double precision := (sqrt(5::double precision) - 1) / 2;
    low double precision := -10;
    high double precision := 25;
    points double precision[];
    bounds double precision[] := '{0,0}';
    above double precision;  -- a - 1
BEGIN
    IF NOT delta > 0 THEN
        RAISE 'delta must be above 0' USING ERRCODE = 'numeric_value_out_of_range';
    END IF;
    IF micro_rho <= 0 OR delta >= 1 THEN
        RETURN 0;
    END IF;
    FOR step IN 1..60 LOOP
        points := ARRAY[high - golden * (high - low), low + golden * (high - low)];
        FOR side IN 1..2 LOOP
            above := exp(points[side]);
            bounds[side] := (above + 1) * rho
                + ((above + 1) * (ln(above) - ln(above + 1)) - ln(above) - ln(delta)) / above;
        END LOOP;
        IF bounds[1] < bounds[2] THEN high := points[2]; ELSE low := points[1]; END IF;
    END LOOP;
    RETURN greatest(0, least(bounds[1], bounds[2]));
END $$;
GRANT EXECUTE ON FUNCTION insight.epsilon(bigint, double precision)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

CREATE FUNCTION insight.guard_dataset() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.spent_micro_rho < OLD.spent_micro_rho OR NEW.sold_micro_rho < OLD.sold_micro_rho
        OR NEW.cap_micro_rho <> OLD.cap_micro_rho OR OLD.status <> 'OPEN' AND NEW IS DISTINCT FROM OLD
    THEN
        RAISE 'a budget is only ever spent' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_dataset BEFORE UPDATE ON insight.dataset
    FOR EACH ROW EXECUTE FUNCTION insight.guard_dataset();

CREATE FUNCTION insight.datasets_due() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.id FROM insight.dataset d
    WHERE d.status = 'OPEN' AND (d.ends_on < catalog.today() OR d.cap_micro_rho - d.spent_micro_rho < 754)
    ORDER BY d.id
$$;
GRANT EXECUTE ON FUNCTION insight.datasets_due() TO cohorte_publisher;

CREATE FUNCTION insight.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE 'what has been said is only added to' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.release
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.insight
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.cell
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.statistic
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();

CREATE FUNCTION insight.link_entry() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last insight.ledger_entry;
BEGIN
    SELECT * INTO last FROM insight.ledger_entry l ORDER BY l.position DESC LIMIT 1;
    IF NEW.position <> coalesce(last.position, 0) + 1
        OR NEW.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex'))
        OR octet_length(NEW.hash) <> 32 OR octet_length(NEW.cells_digest) <> 32
    THEN
        RAISE 'a line that does not follow the last one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER link_entry BEFORE INSERT ON insight.ledger_entry
    FOR EACH ROW EXECUTE FUNCTION insight.link_entry();

CREATE FUNCTION insight.end_licences() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE insight.licence SET status = 'ENDED'
    WHERE status IN ('REQUESTED', 'GRANTED') AND ends_on < catalog.today()
$$;
GRANT EXECUTE ON FUNCTION insight.end_licences() TO cohorte_buyer, cohorte_manager;

CREATE FUNCTION identity.tell_of_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.write_to(a.email, 'LICENCE_' || NEW.status, a.locale, NULL, c.name)
    FROM identity.account a, catalog.community c
    WHERE a.organization_id = NEW.organization_id AND a.email_verified AND c.id = NEW.community_id;
    RETURN NULL;
END $$;

CREATE TRIGGER decided AFTER UPDATE OF status ON insight.licence FOR EACH ROW
    WHEN (OLD.status = 'REQUESTED' AND NEW.status IN ('GRANTED', 'REFUSED'))
    EXECUTE FUNCTION identity.tell_of_decision();

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
GRANT EXECUTE ON FUNCTION identity.open_organization(text, text, text, text, text, interval) TO cohorte_manager;

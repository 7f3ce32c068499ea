-- The smallest epsilon that a loss of micro_rho / 1e6 (zCDP) amounts to at delta: with
-- delta = exp((a - 1)(a rho - epsilon)) / (a - 1) * (1 - 1/a)^a for the best a > 1 (Canonne, Kamath and Steinke 2020,
-- arXiv 2004.00010, section 2.3). Solved for epsilon it falls, then rises with a: a golden section search over
-- log(a - 1). Any a gives a true bound, so a search that stops early errs on the safe side.
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

-- Signing in. These four are the only way to a credential, a token or a session of somebody else's: they run as the
-- tables' owner, whom policies do not bind, so each says itself what it may touch.
CREATE FUNCTION identity.credential_of(email text)
RETURNS TABLE (account_id uuid, password_hash text, demonstration boolean)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id, c.password_hash, a.demonstration
    FROM identity.account a JOIN identity.credential c ON c.account_id = a.id
    WHERE a.email = lower(credential_of.email)
$$;

CREATE FUNCTION identity.open_session(account_id uuid, token_hash bytea, device text, lifetime interval) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO identity.session (account_id, token_hash, device, expires_at, demonstration)
    SELECT a.id, open_session.token_hash, left(open_session.device, 200), now() + open_session.lifetime, a.demonstration
    FROM identity.account a WHERE a.id = open_session.account_id
    RETURNING id
$$;

CREATE FUNCTION identity.viewer_of(token_hash bytea)
RETURNS TABLE (
    account_id uuid, session_id uuid, member_id uuid, organization_id uuid, staff_id uuid, roles text[],
    expires_at timestamptz, demonstration boolean
)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.id, s.id, a.member_id, a.organization_id, a.staff_id, coalesce(f.roles, '{}'), s.expires_at, a.demonstration
    FROM identity.session s
    JOIN identity.account a ON a.id = s.account_id
    LEFT JOIN identity.staff f ON f.id = a.staff_id
    WHERE s.token_hash = viewer_of.token_hash AND s.expires_at > now()
$$;

-- True when there was such a session. Every server process hears of it and forgets its viewer.
CREATE FUNCTION identity.close_session(session_id uuid, account_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM identity.session s USING identity.account a
    WHERE s.id = close_session.session_id AND s.account_id = close_session.account_id AND a.id = s.account_id
        -- The account must be the viewer's, whatever the caller says.
        AND (a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
            OR a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
            OR a.staff_id = nullif(current_setting('cohorte.staff', true), '')::uuid);
    IF FOUND THEN
        PERFORM pg_notify('session_revoked', close_session.session_id::text);
        RETURN true;
    END IF;
    RETURN false;
END $$;

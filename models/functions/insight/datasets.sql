-- Datasets: the privacy budgets that they keep to.

-- The smallest epsilon of a loss of micro_rho / 1e6 (zCDP) at delta: with
-- delta = exp((a - 1)(a rho - epsilon)) / (a - 1) * (1 - 1/a)^a for the best a > 1 (Canonne, Kamath and Steinke 2020,
-- arXiv 2004.00010, section 2.3). Solved for epsilon it falls, then rises with a: a golden section search over
-- log(a - 1). Any a gives a valid bound, so a search that stops early errs on the safe side.
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

-- A budget never decreases what is spent, a dataset is frozen once, and one that has ended never changes.
CREATE FUNCTION insight.guard_dataset() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.spent_micro_rho < OLD.spent_micro_rho OR NEW.sold_micro_rho < OLD.sold_micro_rho
        OR NEW.cap_micro_rho <> OLD.cap_micro_rho
        OR NEW.status = 'FREEZING' AND OLD.status <> 'FREEZING' OR OLD.status = 'FREEZING' AND NEW.status = 'ENDED'
        OR OLD.status NOT IN ('FREEZING', 'OPEN') AND NEW IS DISTINCT FROM OLD
    THEN
        RAISE 'a budget can only be spent, and an ended dataset cannot change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_dataset BEFORE UPDATE ON insight.dataset
    FOR EACH ROW EXECUTE FUNCTION insight.guard_dataset();

-- Open datasets whose term is over, or whose budget has no room for the coarsest insight.
CREATE FUNCTION insight.datasets_due() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.id FROM insight.dataset d
    WHERE d.status = 'OPEN' AND (d.ends_on < catalog.today() OR d.cap_micro_rho - d.spent_micro_rho < 754)
    ORDER BY d.id
$$;
GRANT EXECUTE ON FUNCTION insight.datasets_due() TO cohorte_publisher;

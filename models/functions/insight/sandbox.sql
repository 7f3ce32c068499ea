-- Sandboxes: databases with synthetic records in place of people's, where questions spend nothing.
--
-- The mark is in the database and not among a server's settings, which could be forgotten or copied.

-- Lets the ledger's row change in one way: a database without accounts, members, organizations, datasets and entries
-- becomes a sandbox, and stays one.
CREATE FUNCTION insight.guard_ledger() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF OLD.sandbox OR NOT NEW.sandbox
        OR (NEW.id, NEW.is_only, NEW.demonstration) IS DISTINCT FROM (OLD.id, OLD.is_only, OLD.demonstration)
    THEN
        RAISE 'the ledger cannot be changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT FROM identity.account) OR EXISTS (SELECT FROM identity.registration)
        OR EXISTS (SELECT FROM care.member) OR EXISTS (SELECT FROM insight.organization)
        OR EXISTS (SELECT FROM insight.dataset) OR EXISTS (SELECT FROM insight.ledger_entry)
    THEN
        RAISE 'only an empty database can become a sandbox' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_ledger BEFORE UPDATE ON insight.ledger
    FOR EACH ROW EXECUTE FUNCTION insight.guard_ledger();

-- A sandbox has no members: nobody registers, and no account is a member's.
CREATE FUNCTION identity.refuse_people() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF insight.is_sandbox() THEN
        RAISE 'a sandbox has no members' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER refuse_people BEFORE INSERT ON identity.registration
    FOR EACH ROW EXECUTE FUNCTION identity.refuse_people();
CREATE TRIGGER refuse_people BEFORE INSERT OR UPDATE OF member_id ON identity.account
    FOR EACH ROW WHEN (NEW.member_id IS NOT NULL) EXECUTE FUNCTION identity.refuse_people();

-- In a sandbox, a licence is granted as soon as it is requested, at no price, with the largest quota there is.
CREATE FUNCTION insight.grant_at_once() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF insight.is_sandbox() THEN
        UPDATE insight.licence l SET status = 'GRANTED', quota_micro_rho = 1000000 WHERE l.id = NEW.id;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER grant_at_once AFTER INSERT ON insight.licence FOR EACH ROW
    WHEN (NEW.status = 'REQUESTED') EXECUTE FUNCTION insight.grant_at_once();

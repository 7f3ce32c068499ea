-- Published insights and the public ledger, to which rows are only added.

-- Whether this database is a sandbox. Safe for any caller.
CREATE FUNCTION insight.is_sandbox() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT l.sandbox FROM insight.ledger l $$;
GRANT EXECUTE ON FUNCTION insight.is_sandbox()
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- Refuses every change of published rows, by the owner too.
CREATE FUNCTION insight.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE 'published rows cannot be changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.release
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.count_release
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.insight
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.cell
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.statistic
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON insight.ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER only_added_to BEFORE DELETE OR TRUNCATE ON insight.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();

-- Each ledger entry follows the last one, and is of the newest version. The writer holds pg_advisory_xact_lock(hashtext('cohorte.ledger')).
CREATE FUNCTION insight.link_entry() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last insight.ledger_entry;
BEGIN
    SELECT * INTO last FROM insight.ledger_entry l ORDER BY l.position DESC LIMIT 1;
    IF NEW.position <> coalesce(last.position, 0) + 1
        OR NEW.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex'))
        OR octet_length(NEW.hash) <> 32 OR coalesce(octet_length(NEW.commitment), 32) <> 32
        OR NEW.version <> 2
    THEN
        RAISE 'the ledger entry does not follow the last one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER link_entry BEFORE INSERT ON insight.ledger_entry
    FOR EACH ROW EXECUTE FUNCTION insight.link_entry();

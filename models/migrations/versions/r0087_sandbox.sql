DROP TRIGGER only_added_to ON insight.ledger;
ALTER TABLE insight.ledger ADD COLUMN sandbox boolean DEFAULT false NOT NULL;
CREATE OR REPLACE FUNCTION catalog.communities_to_count()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT c.id FROM catalog.community c
    WHERE c.status IN ('OPEN', 'CLOSED') AND NOT (SELECT l.sandbox FROM insight.ledger l)
        AND (c.counted_on IS NULL OR c.counted_on < date_trunc('month', catalog.today()))
    ORDER BY c.id
$function$;

CREATE OR REPLACE FUNCTION insight.is_sandbox()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT l.sandbox FROM insight.ledger l $function$;

CREATE OR REPLACE FUNCTION insight.spent_under(licence uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(sum(r.micro_rho), 0)::integer FROM insight.release r
    WHERE r.licence_id = spent_under.licence AND NOT insight.is_sandbox()
$function$;

CREATE OR REPLACE FUNCTION insight.guard_ledger()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION identity.refuse_people()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF insight.is_sandbox() THEN
        RAISE 'a sandbox has no members' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION insight.grant_at_once()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF insight.is_sandbox() THEN
        UPDATE insight.licence l SET status = 'GRANTED', quota_micro_rho = 1000000 WHERE l.id = NEW.id;
    END IF;
    RETURN NULL;
END $function$;

CREATE TRIGGER only_added_to BEFORE DELETE OR TRUNCATE ON insight.ledger FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
CREATE TRIGGER guard_ledger BEFORE UPDATE ON insight.ledger FOR EACH ROW EXECUTE FUNCTION insight.guard_ledger();
CREATE TRIGGER refuse_people BEFORE INSERT ON identity.registration FOR EACH ROW EXECUTE FUNCTION identity.refuse_people();
CREATE TRIGGER refuse_people BEFORE INSERT OR UPDATE OF member_id ON identity.account FOR EACH ROW WHEN ((new.member_id IS NOT NULL)) EXECUTE FUNCTION identity.refuse_people();
CREATE TRIGGER grant_at_once AFTER INSERT ON insight.licence FOR EACH ROW WHEN (((new.status)::text = 'REQUESTED'::text)) EXECUTE FUNCTION insight.grant_at_once();
GRANT EXECUTE ON FUNCTION insight.is_sandbox() TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;

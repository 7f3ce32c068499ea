-- Licences of organizations.

-- What releases under a licence have cost, in micro-rho, of datasets too that the caller can no longer read. Safe for
-- any caller: the public ledger lists every cost with its organization and purpose. In a sandbox, nothing is spent.
CREATE FUNCTION insight.spent_under(licence uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(r.micro_rho), 0)::integer FROM insight.release r
    WHERE r.licence_id = spent_under.licence AND NOT insight.is_sandbox()
$$;
GRANT EXECUTE ON FUNCTION insight.spent_under(uuid) TO cohorte_buyer, cohorte_manager;

-- Ends licences after their last day. A periodic job, also called before anything that depends on it. Safe for any
-- caller.
CREATE FUNCTION insight.end_licences() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE insight.licence SET status = 'ENDED'
    WHERE status IN ('REQUESTED', 'GRANTED') AND ends_on < catalog.today()
$$;
GRANT EXECUTE ON FUNCTION insight.end_licences() TO cohorte_buyer, cohorte_manager;

-- Mails the accounts of an organization that ask for it when its request for a licence is granted or refused, and queues
-- the event for its webhooks.
CREATE FUNCTION identity.tell_of_decision() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.write_to(
        a.email, 'LICENCE_' || NEW.status, a.locale, NULL, catalog.community_name(NEW.community_id, a.locale))
    FROM identity.account a
    WHERE a.organization_id = NEW.organization_id AND a.email_verified AND 'LICENCE_DECIDED' = ANY (a.mailed_events)
        AND identity.is_told_of(a.organization_user_id, 'LICENCE_DECIDED');
    PERFORM identity.queue_event('LICENCE_DECIDED', NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER decided AFTER UPDATE OF status ON insight.licence FOR EACH ROW
    WHEN (OLD.status = 'REQUESTED' AND NEW.status IN ('GRANTED', 'REFUSED'))
    EXECUTE FUNCTION identity.tell_of_decision();

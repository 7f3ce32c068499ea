-- Due work, and before anything that goes by it: a licence is over when its last day is. Anybody may: it says what is so.
CREATE FUNCTION insight.end_licences() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE insight.licence SET status = 'ENDED'
    WHERE status IN ('REQUESTED', 'GRANTED') AND ends_on < catalog.today()
$$;

-- Who signs in for an organization is told what became of its request, whichever way it was decided.
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

GRANT EXECUTE ON FUNCTION insight.end_licences() TO cohorte_buyer, cohorte_manager;

GRANT INSERT (organization_id, community_id, purpose, starts_on, ends_on, status) ON insight.licence TO cohorte_buyer;
CREATE POLICY buyer_inserts ON insight.licence FOR INSERT TO cohorte_buyer WITH CHECK (organization_id = (SELECT nullif(current_setting('cohorte.organization', true), '')::uuid) AND status = 'REQUESTED');
GRANT UPDATE (status, price_amount, price_currency, quota_micro_rho, reason) ON insight.licence TO cohorte_manager;
CREATE POLICY manager_updates ON insight.licence FOR UPDATE TO cohorte_manager USING (status = 'REQUESTED' AND EXISTS (SELECT FROM identity.staff s WHERE s.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'DATA_STEWARD' = ANY (s.roles))) WITH CHECK (status IN ('GRANTED', 'REFUSED') AND EXISTS (SELECT FROM identity.staff s WHERE s.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'DATA_STEWARD' = ANY (s.roles)));

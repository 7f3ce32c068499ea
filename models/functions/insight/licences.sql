-- Due work, and before anything that goes by it: a licence is over when its last day is. Anybody may: it says what is so.
CREATE FUNCTION insight.end_licences() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE insight.licence SET status = 'ENDED'
    WHERE status IN ('REQUESTED', 'GRANTED') AND ends_on < catalog.today()
$$;
GRANT EXECUTE ON FUNCTION insight.end_licences() TO cohorte_buyer, cohorte_manager;

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

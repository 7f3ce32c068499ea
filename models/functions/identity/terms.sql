-- Terms of use.

-- Refuses a version of the terms that lacks a language, or that comes into force on a different day in each. Checked when
-- the transaction commits, so that the texts of a version are inserted one by one.
CREATE FUNCTION catalog.check_terms_languages() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT count(*) FILTER (WHERE t.language IN ('EN', 'FR')) <> 2 OR count(DISTINCT t.in_force_on) <> 1
        FROM catalog.terms t WHERE t.version = NEW.version)
    THEN
        RAISE 'terms need the same version in English and French, in force from the same day'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER check_terms_languages AFTER INSERT OR UPDATE ON catalog.terms
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalog.check_terms_languages();

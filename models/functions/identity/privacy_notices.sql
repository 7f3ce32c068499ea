-- The privacy notice.

-- Refuses a version of the privacy notice that lacks a language, or that comes into force on a different day in each.
-- Checked when the transaction commits, so that the texts of a version are inserted one by one.
CREATE FUNCTION catalog.check_privacy_notice_languages() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT count(*) FILTER (WHERE n.language IN ('EN', 'FR')) <> 2 OR count(DISTINCT n.in_force_on) <> 1
        FROM catalog.privacy_notice n WHERE n.version = NEW.version)
    THEN
        RAISE 'a privacy notice needs the same version in English and French, in force from the same day'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER check_privacy_notice_languages AFTER INSERT OR UPDATE ON catalog.privacy_notice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalog.check_privacy_notice_languages();

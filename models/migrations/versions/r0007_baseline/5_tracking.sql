-- Frozen. The current source, with the reasons, is in models/functions.

CREATE FUNCTION care.guard_care_link() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.status = 'ACCEPTED' AND OLD.status = 'ENDED' THEN
        RAISE 'a care link that has ended is not accepted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_care_link BEFORE UPDATE OF status ON care.care_link
    FOR EACH ROW EXECUTE FUNCTION care.guard_care_link();

-- Changes of a care link.

-- Only an invitation may be accepted, so that a relative can't restore a link that has ended. A policy sees either the
-- old or the new row, never both, and so can't hold this.
CREATE FUNCTION care.guard_care_link() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NEW.status = 'ACCEPTED' AND OLD.status = 'ENDED' THEN
        RAISE 'a care link that has ended cannot be accepted' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Deletes both sides' notifications of a care link or an invitation that has ended.
CREATE FUNCTION care.care_link_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM care.notification n
    WHERE n.kind = 'CARE_LINK' AND n.subject_type = 'mbr'
        AND (n.member_id, n.subject_id) IN ((NEW.patient_id, NEW.relative_id), (NEW.relative_id, NEW.patient_id));
    RETURN NULL;
END $$;

CREATE TRIGGER care_link_ended AFTER UPDATE OF status ON care.care_link
    FOR EACH ROW WHEN (NEW.status = 'ENDED' AND OLD.status <> 'ENDED') EXECUTE FUNCTION care.care_link_ended();

CREATE TRIGGER guard_care_link BEFORE UPDATE OF status ON care.care_link
    FOR EACH ROW EXECUTE FUNCTION care.guard_care_link();

-- The patients whose diary the viewer keeps.
CREATE FUNCTION care.viewer_patients() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(
        SELECT l.patient_id FROM care.care_link l
        WHERE l.relative_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid)  -- read once
            AND l.status = 'ACCEPTED')
$$;
GRANT EXECUTE ON FUNCTION care.viewer_patients() TO cohorte_patient;

-- Moves members' courses of their own treatments to treatments of the catalogue.

-- Moves an own treatment's courses to a treatment of the catalogue, and deletes the own treatment once it has none. A
-- course that began on the day on which the member began one of the other stays: neither is lost. The result is MOVED or
-- PARTLY_MOVED, or NOTHING if one of the two does not exist. It checks no rights: for other functions of the owner.
CREATE FUNCTION care.move_own_treatment(own uuid, target uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid;
    there uuid;
BEGIN
    -- No course is begun meanwhile: of the own treatment, by its lock; of the other, by that of the member's courses.
    SELECT t.member_id INTO whose FROM care.own_treatment t WHERE t.id = own FOR UPDATE;
    SELECT t.id INTO there FROM catalog.treatment t WHERE t.id = target AND t.retired_on IS NULL FOR KEY SHARE;
    IF whose IS NULL OR there IS NULL THEN
        RETURN 'NOTHING';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('courses of ' || whose, 0));
    WITH moved AS (
        INSERT INTO care.course
            (member_id, treatment_id, status, started_on, ended_on, dose, stop_reason, demonstration)
        SELECT c.member_id, target, c.status, c.started_on, c.ended_on, c.dose, c.stop_reason, c.demonstration
        FROM care.own_course c
        WHERE c.own_treatment_id = own AND NOT EXISTS (
            SELECT FROM care.course n
            WHERE n.member_id = c.member_id AND n.treatment_id = target AND n.started_on = c.started_on)
        RETURNING started_on
    )
    DELETE FROM care.own_course c USING moved WHERE c.own_treatment_id = own AND c.started_on = moved.started_on;
    -- A survey may be for members who have had the treatment.
    PERFORM research.invite_member(b.member_id, b.community_id)
    FROM (SELECT m.* FROM care.membership m WHERE m.member_id = whose ORDER BY m.community_id) b;
    IF EXISTS (SELECT FROM care.own_course c WHERE c.own_treatment_id = own) THEN
        RETURN 'PARTLY_MOVED';
    END IF;
    DELETE FROM care.own_treatment t WHERE t.id = own;
    RETURN 'MOVED';
END $$;

-- As above, for an own treatment of the viewer.
CREATE FUNCTION care.merge_own_treatment(own uuid, target uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM care.own_treatment t WHERE t.id = own
            AND t.member_id = nullif(current_setting('cohorte.member', true), '')::uuid) THEN
        RETURN 'NOTHING';
    END IF;
    RETURN care.move_own_treatment(own, target);
END $$;
GRANT EXECUTE ON FUNCTION care.merge_own_treatment(uuid, uuid) TO cohorte_patient;

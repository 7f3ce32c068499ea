-- A member's participation in a survey.
--
-- These functions act for the viewer of the transaction, whatever a statement says, and are the only way for the
-- patients' view to write consents and participations. It inserts the answers itself, into a sheet from
-- research.begin_sheet.

-- The status of a survey and of the viewer's participation, locked until the transaction ends. No row if the survey is
-- a draft or does not exist.
CREATE FUNCTION research.standing(survey uuid)
RETURNS TABLE (survey_status text, version integer, past boolean, participation text, eligible boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = standing.survey FOR SHARE;
    RETURN QUERY
        SELECT s.status::text, s.version, catalog.is_over(s.closes_on), p.status::text,
            EXISTS (SELECT FROM research.eligible(s.id, viewer))
        FROM catalog.survey s
        LEFT JOIN research.participation p ON p.survey_id = s.id AND p.member_id = viewer
        WHERE s.id = standing.survey AND s.status <> 'DRAFT';
END $$;
GRANT EXECUTE ON FUNCTION research.standing(uuid) TO cohorte_patient;

-- An empty sheet for the viewer's answers, replacing any earlier one. Its id, or null if the viewer may not answer:
-- unlike the survey's status, eligibility isn't locked and may have changed.
CREATE FUNCTION research.begin_sheet(survey uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
    sheet uuid := gen_random_uuid();
    stands record;
BEGIN
    SELECT * INTO stands FROM research.standing(begin_sheet.survey);
    IF stands.survey_status IS DISTINCT FROM 'OPEN' OR stands.past OR NOT stands.eligible THEN
        RETURN NULL;
    END IF;
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = begin_sheet.survey AND p.member_id = viewer AND a.id = p.answer_sheet_id;
    INSERT INTO research.answer_sheet (id, survey_id, demonstration)
    SELECT sheet, s.id, s.demonstration FROM catalog.survey s WHERE s.id = begin_sheet.survey;
    INSERT INTO research.participation AS p (member_id, survey_id, status, begun, answer_sheet_id, demonstration)
    SELECT viewer, s.id, 'STARTED', true, sheet, s.demonstration FROM catalog.survey s WHERE s.id = begin_sheet.survey
    ON CONFLICT (member_id, survey_id) DO UPDATE
        SET status = 'STARTED', begun = true, completed_at = NULL, answer_sheet_id = excluded.answer_sheet_id;
    RETURN sheet;
END $$;
GRANT EXECUTE ON FUNCTION research.begin_sheet(uuid) TO cohorte_patient;

-- Completes the viewer's participation and returns its id.
CREATE FUNCTION research.complete(survey uuid) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE research.participation p SET status = 'COMPLETED', completed_at = now()
    FROM catalog.survey s
    WHERE s.id = complete.survey AND s.status = 'OPEN' AND p.survey_id = s.id
        AND p.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        AND p.status = 'STARTED' AND p.answer_sheet_id IS NOT NULL
    RETURNING p.id
$$;
GRANT EXECUTE ON FUNCTION research.complete(uuid) TO cohorte_patient;

-- Withdraws a member from an open survey and deletes their answers. The participation's id, or null.
CREATE FUNCTION research.take_back(member uuid, survey uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part research.participation;
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = take_back.survey AND s.status = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;  -- after closing, nobody knows which answers are whose
    END IF;
    SELECT * INTO part FROM research.participation p
    WHERE p.survey_id = take_back.survey AND p.member_id = take_back.member AND p.status <> 'WITHDRAWN';
    UPDATE research.participation p SET status = 'WITHDRAWN', begun = false, completed_at = NULL, answer_sheet_id = NULL
    WHERE p.id = part.id;
    DELETE FROM research.answer_sheet a WHERE a.id = part.answer_sheet_id;
    RETURN part.id;
END $$;

-- Withdraws the viewer from an open survey and deletes their answers. The participation's id, or null.
CREATE FUNCTION research.withdraw(survey uuid) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT research.take_back(research.require_member(), withdraw.survey) $$;
GRANT EXECUTE ON FUNCTION research.withdraw(uuid) TO cohorte_patient;

-- Deletes the answers of a deleted participation while they can be told apart: otherwise they would stay without an
-- owner.
CREATE FUNCTION research.participation_gone() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM research.answer_sheet a WHERE a.id = OLD.answer_sheet_id;
    RETURN NULL;
END $$;

CREATE TRIGGER participation_gone AFTER DELETE ON research.participation
    FOR EACH ROW EXECUTE FUNCTION research.participation_gone();

-- Where the viewer stands with a survey, which stays so until the transaction ends; no row where there is none to see.
CREATE FUNCTION research.standing(survey uuid)
RETURNS TABLE (survey_status text, version integer, past boolean, participation text, eligible boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = standing.survey FOR SHARE;
    RETURN QUERY
        SELECT s.status::text, s.version, s.closes_on < catalog.today(), p.status::text,
            EXISTS (SELECT FROM research.eligible(s.id, viewer))
        FROM catalog.survey s
        LEFT JOIN research.participation p ON p.survey_id = s.id AND p.member_id = viewer
        WHERE s.id = standing.survey AND s.status <> 'DRAFT';
END $$;
GRANT EXECUTE ON FUNCTION research.standing(uuid) TO cohorte_patient;

-- An empty sheet for the viewer's answers, in place of the one it had; the sheet's id, null where the viewer may not
-- answer: whom a survey asks is not held as its standing is, and may change at any moment before.
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
    INSERT INTO research.participation AS p (member_id, survey_id, status, answer_sheet_id, demonstration)
    SELECT viewer, s.id, 'STARTED', sheet, s.demonstration FROM catalog.survey s WHERE s.id = begin_sheet.survey
    ON CONFLICT (member_id, survey_id) DO UPDATE
        SET status = 'STARTED', completed_at = NULL, answer_sheet_id = excluded.answer_sheet_id;
    RETURN sheet;
END $$;
GRANT EXECUTE ON FUNCTION research.begin_sheet(uuid) TO cohorte_patient;

-- The viewer has answered all that it wants to. Its participation's id.
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

CREATE FUNCTION research.take_back(member uuid, survey uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part research.participation;
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = take_back.survey AND s.status = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;  -- once it has closed nobody knows which answers are whose
    END IF;
    SELECT * INTO part FROM research.participation p
    WHERE p.survey_id = take_back.survey AND p.member_id = take_back.member AND p.status <> 'WITHDRAWN';
    UPDATE research.participation p SET status = 'WITHDRAWN', completed_at = NULL, answer_sheet_id = NULL
    WHERE p.id = part.id;
    DELETE FROM research.answer_sheet a WHERE a.id = part.answer_sheet_id;
    RETURN part.id;
END $$;

-- The viewer's answers are deleted, and its part is withdrawn. The participation's id, null where there is nothing.
CREATE FUNCTION research.withdraw(survey uuid) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT research.take_back(research.require_member(), withdraw.survey) $$;
GRANT EXECUTE ON FUNCTION research.withdraw(uuid) TO cohorte_patient;

-- How many have completed an open survey, exactly. One who goes takes the answers along while they can be told apart:
-- a sheet whose participation is gone would be nobody's, and there for good.
CREATE FUNCTION research.participation_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    change integer := -(OLD.status = 'COMPLETED')::integer;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM research.answer_sheet a WHERE a.id = OLD.answer_sheet_id;
    ELSE
        change := change + (NEW.status = 'COMPLETED')::integer;
    END IF;
    IF change <> 0 THEN
        INSERT INTO catalog.survey_progress (survey_id, completed_count, demonstration)
        SELECT s.id, greatest(change, 0), s.demonstration FROM catalog.survey s
        WHERE s.id = OLD.survey_id AND s.status = 'OPEN'
        ON CONFLICT (survey_id) DO UPDATE SET completed_count = survey_progress.completed_count + change;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER participation_changed AFTER UPDATE OF status OR DELETE ON research.participation
    FOR EACH ROW EXECUTE FUNCTION research.participation_changed();

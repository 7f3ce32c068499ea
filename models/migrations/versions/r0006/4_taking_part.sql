-- Consents, and a member's part in a survey: of the viewer's, whatever a statement says. These are the only way for the
-- patients' view to write either; the answers themselves it inserts, into a sheet that was given out here.

CREATE FUNCTION research.require_member() RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid;
BEGIN
    -- Held until the end: what one member does to its consents and answers happens one after the other.
    SELECT m.id INTO viewer FROM care.member m
    WHERE m.id = nullif(current_setting('cohorte.member', true), '')::uuid FOR NO KEY UPDATE;
    IF viewer IS NULL THEN
        RAISE 'a member''s alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN viewer;
END $$;

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

-- What the viewer allows from now on. Answers that it no longer extends to go at once, while it is known whose they are.
CREATE FUNCTION research.set_consent(purpose text, granted boolean, recipients text[], notice_version text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
    one uuid;
BEGIN
    INSERT INTO research.consent AS k (member_id, purpose, granted, recipients, notice_version, demonstration)
    SELECT m.id, set_consent.purpose, set_consent.granted, set_consent.recipients, set_consent.notice_version,
        m.demonstration
    FROM care.member m WHERE m.id = viewer
    ON CONFLICT ON CONSTRAINT pk_consent DO UPDATE
        SET granted = excluded.granted, recipients = excluded.recipients, notice_version = excluded.notice_version,
            changed_at = now()
        WHERE (k.granted, k.recipients, k.notice_version)
            IS DISTINCT FROM (excluded.granted, excluded.recipients, excluded.notice_version);
    IF NOT FOUND THEN
        RETURN;  -- it says what was said before
    END IF;
    INSERT INTO research.consent_change (member_id, purpose, granted, recipients, notice_version, demonstration)
    SELECT k.member_id, k.purpose, k.granted, k.recipients, k.notice_version, k.demonstration
    FROM research.consent k WHERE k.member_id = viewer AND k.purpose = set_consent.purpose;
    IF set_consent.purpose <> 'SURVEY_RESEARCH' THEN
        RETURN;
    END IF;
    FOR one IN
        SELECT s.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE p.member_id = viewer AND p.status IN ('STARTED', 'COMPLETED') AND s.status = 'OPEN'
            AND NOT (set_consent.granted AND set_consent.recipients @> s.offered_to)
        ORDER BY s.id
    LOOP
        PERFORM research.take_back(viewer, one);
    END LOOP;
    IF set_consent.granted THEN
        FOR one IN SELECT b.community_id FROM care.membership b WHERE b.member_id = viewer ORDER BY b.community_id LOOP
            PERFORM catalog.readiness_changed(one);
        END LOOP;
    END IF;
END $$;

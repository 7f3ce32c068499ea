-- How a survey goes back to draft, and what stays once members can see it.

-- Puts a waiting survey, which nobody can have answered, back to draft. Whether it did. The draft has a new version, so
-- that a form that was read before cannot be taken for its form.
CREATE FUNCTION catalog.unschedule_survey(survey uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    drafted integer;
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'DRAFT', version = s.version + 1
    WHERE s.id = unschedule_survey.survey AND s.status = 'WAITING'
    RETURNING s.version INTO drafted;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE research.survey_opening o SET threshold = NULL WHERE o.survey_id = unschedule_survey.survey;
    DELETE FROM catalog.question q WHERE q.survey_id = unschedule_survey.survey AND q.version < drafted - 1;
    UPDATE catalog.question q SET version = drafted WHERE q.survey_id = unschedule_survey.survey;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION catalog.unschedule_survey(uuid) TO cohorte_manager;

-- Changes what can change in a draft only. Whether it did.
CREATE FUNCTION catalog.set_survey_terms(survey uuid, opens_on date, minimum_participants integer, offered_to text[])
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s
    SET opens_on = set_survey_terms.opens_on, minimum_participants = set_survey_terms.minimum_participants,
        offered_to = set_survey_terms.offered_to
    WHERE s.id = set_survey_terms.survey AND s.status = 'DRAFT';
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION catalog.set_survey_terms(uuid, date, integer, text[]) TO cohorte_manager;

-- A key stands for one kind of answer, whatever version of the survey asks for it. Words are compared in
-- resolvers/research/revisions_rules.py.
CREATE FUNCTION catalog.keep_question() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM (
        SELECT q.kind, q.minimum, q.maximum, q.bins, q.max_choices FROM catalog.question q
        WHERE q.survey_id = NEW.survey_id AND q.key = NEW.key AND q.version < NEW.version
        ORDER BY q.version DESC LIMIT 1
    ) q WHERE (q.kind, q.minimum, q.maximum, q.bins, q.max_choices)
        IS DISTINCT FROM (NEW.kind, NEW.minimum, NEW.maximum, NEW.bins, NEW.max_choices);
    IF FOUND THEN
        RAISE 'an earlier version of the survey asks another question with this key' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER keep_question BEFORE INSERT ON catalog.question
    FOR EACH ROW EXECUTE FUNCTION catalog.keep_question();

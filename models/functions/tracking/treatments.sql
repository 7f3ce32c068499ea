-- What evaluations copy from their course: its community, by which they are found.

-- Copies it to a new evaluation. The course is locked, so that it cannot move at the same time.
CREATE FUNCTION care.place_evaluation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT c.community_id INTO NEW.community_id FROM care.course c WHERE c.id = NEW.course_id FOR SHARE;
    RETURN NEW;
END $$;

CREATE TRIGGER place_evaluation BEFORE INSERT ON care.evaluation
    FOR EACH ROW EXECUTE FUNCTION care.place_evaluation();

-- Moves the evaluation of a course to another community.
CREATE FUNCTION care.move_evaluation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE care.evaluation e SET community_id = NEW.community_id WHERE e.course_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER move_evaluation AFTER UPDATE OF community_id ON care.course
    FOR EACH ROW WHEN (NEW.community_id IS DISTINCT FROM OLD.community_id)
    EXECUTE FUNCTION care.move_evaluation();

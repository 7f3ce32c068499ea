-- Counts that a view shows are kept where they change, whoever changes it: a member that is erased takes its part along.

-- Members of the patient kind who consent to surveys, to the nearest ten. Whoever counts holds the community's row, so
-- that of two changes at once the later counter sees both.
CREATE FUNCTION catalog.count_consenting(communities uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = ANY (communities) ORDER BY c.id FOR NO KEY UPDATE;
    UPDATE catalog.community c SET consenting_count = counted.rounded
    FROM (
        SELECT w.id, (count(m.id) + 5) / 10 * 10 AS rounded
        FROM unnest(communities) w (id)
        LEFT JOIN care.membership b ON b.community_id = w.id
        LEFT JOIN research.consent k ON k.member_id = b.member_id AND k.purpose = 'SURVEY_RESEARCH' AND k.granted
        LEFT JOIN care.member m ON m.id = k.member_id AND m.kind = 'PATIENT'
        GROUP BY w.id
    ) counted
    WHERE c.id = counted.id AND c.consenting_count <> counted.rounded;
END $$;

CREATE FUNCTION care.memberships_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM catalog.count_consenting(ARRAY(SELECT DISTINCT community_id FROM changed));
    RETURN NULL;
END $$;

CREATE FUNCTION research.consents_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM catalog.count_consenting(ARRAY(
        SELECT DISTINCT b.community_id FROM changed JOIN care.membership b USING (member_id)));
    RETURN NULL;
END $$;

CREATE TRIGGER memberships_made AFTER INSERT ON care.membership REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION care.memberships_changed();
CREATE TRIGGER memberships_gone AFTER DELETE ON care.membership REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION care.memberships_changed();
CREATE TRIGGER consents_made AFTER INSERT ON research.consent REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION research.consents_changed();
CREATE TRIGGER consents_updated AFTER UPDATE ON research.consent REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION research.consents_changed();
CREATE TRIGGER consents_gone AFTER DELETE ON research.consent REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION research.consents_changed();

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

-- What evaluations copy, by which they are found: the community of their course, and with whom the member shares them. And
-- what courses, evaluations and side effects copy for their policies: the `sharing` of the member's profile.

-- With whom an evaluation of a course for a community is listed: as the member's profile says, and by MY_COMMUNITIES only
-- if they belong to that community.
CREATE FUNCTION care.sharing_in(member uuid, community uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((
        SELECT p.sharing FROM care.profile p
        WHERE p.member_id = sharing_in.member AND (p.sharing <> 'MY_COMMUNITIES' OR EXISTS (
            SELECT FROM care.membership m
            WHERE m.member_id = sharing_in.member AND m.community_id = sharing_in.community))
    ), 'ONLY_ME')
$$;

-- Copies what a new evaluation copies. The course and the profile are locked, so that they cannot change at the same time.
CREATE FUNCTION care.place_evaluation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT c.community_id INTO NEW.community_id FROM care.course c WHERE c.id = NEW.course_id FOR SHARE;
    SELECT p.sharing INTO NEW.profile_sharing FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    NEW.sharing := care.sharing_in(NEW.member_id, NEW.community_id);
    RETURN NEW;
END $$;

CREATE TRIGGER place_evaluation BEFORE INSERT ON care.evaluation
    FOR EACH ROW EXECUTE FUNCTION care.place_evaluation();

-- Moves the evaluation of a course to another community.
CREATE FUNCTION care.move_evaluation() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE care.evaluation e
    SET community_id = NEW.community_id, sharing = care.sharing_in(e.member_id, NEW.community_id)
    WHERE e.course_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER move_evaluation AFTER UPDATE OF community_id ON care.course
    FOR EACH ROW WHEN (NEW.community_id IS DISTINCT FROM OLD.community_id)
    EXECUTE FUNCTION care.move_evaluation();

-- Shares the evaluations of the member of a profile or a membership that has changed.
CREATE FUNCTION care.share_evaluations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid := coalesce(NEW.member_id, OLD.member_id);
BEGIN
    UPDATE care.evaluation e SET sharing = care.sharing_in(whose, e.community_id)
    WHERE e.member_id = whose AND e.sharing <> care.sharing_in(whose, e.community_id);
    RETURN NULL;
END $$;

CREATE TRIGGER share_evaluations_of_profile AFTER INSERT OR UPDATE OF sharing ON care.profile
    FOR EACH ROW EXECUTE FUNCTION care.share_evaluations();

CREATE TRIGGER share_evaluations_of_member AFTER INSERT OR DELETE OR UPDATE OF community_id ON care.membership
    FOR EACH ROW EXECUTE FUNCTION care.share_evaluations();

-- Copies the profile's `sharing` to a new course or side effect. The profile is locked, so that it cannot change at the same
-- time.
CREATE FUNCTION care.copy_sharing() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT p.sharing INTO NEW.profile_sharing FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    RETURN NEW;
END $$;

CREATE TRIGGER copy_sharing BEFORE INSERT ON care.course
    FOR EACH ROW EXECUTE FUNCTION care.copy_sharing();

CREATE TRIGGER copy_sharing BEFORE INSERT ON care.side_effect
    FOR EACH ROW EXECUTE FUNCTION care.copy_sharing();

-- Copies the `sharing` of a profile that has changed; null once it is gone, and nobody else reads what was shared.
CREATE FUNCTION care.share_tracking() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid := coalesce(NEW.member_id, OLD.member_id);
BEGIN
    UPDATE care.course c SET profile_sharing = NEW.sharing
    WHERE c.member_id = whose AND c.profile_sharing IS DISTINCT FROM NEW.sharing;
    UPDATE care.evaluation e SET profile_sharing = NEW.sharing
    WHERE e.member_id = whose AND e.profile_sharing IS DISTINCT FROM NEW.sharing;
    UPDATE care.side_effect s SET profile_sharing = NEW.sharing
    WHERE s.member_id = whose AND s.profile_sharing IS DISTINCT FROM NEW.sharing;
    RETURN NULL;
END $$;

CREATE TRIGGER share_tracking AFTER INSERT OR DELETE OR UPDATE OF sharing ON care.profile
    FOR EACH ROW EXECUTE FUNCTION care.share_tracking();

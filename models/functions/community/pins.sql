-- Discussions that associations have pinned: who may pin, and what ends it.

-- Admits a discussion of a verified association that belongs to the community. What it depends on is locked, so that it
-- cannot end at the same time without the pin.
CREATE FUNCTION care.check_pin() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM care.member m WHERE m.id = NEW.member_id FOR SHARE;
    PERFORM FROM care.discussion d WHERE d.id = NEW.discussion_id FOR SHARE;
    PERFORM FROM care.post p WHERE p.discussion_id = NEW.discussion_id
    ORDER BY p.created_at, p.id LIMIT 1 FOR SHARE;
    PERFORM FROM care.membership s
    WHERE s.member_id = NEW.member_id AND s.community_id = NEW.community_id FOR SHARE;
    IF NOT care.may_pin(NEW.member_id, NEW.community_id, NEW.discussion_id) THEN
        RAISE 'this discussion cannot be pinned' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION care.may_pin(member uuid, community uuid, discussion uuid) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
            SELECT FROM care.member m JOIN care.membership s ON s.member_id = m.id
            WHERE m.id = may_pin.member AND m.kind = 'ASSOCIATION' AND m.verified
                AND s.community_id = may_pin.community)
        AND EXISTS (
            SELECT FROM care.discussion d
            WHERE d.id = may_pin.discussion AND d.community_id = may_pin.community AND d.author_id = may_pin.member
                AND NOT d.closed)
        AND NOT coalesce((
            SELECT p.removed FROM care.post p WHERE p.discussion_id = may_pin.discussion
            ORDER BY p.created_at, p.id LIMIT 1), true)
        AND NOT EXISTS (
            SELECT FROM care.suspension u
            WHERE u.member_id = may_pin.member AND (u.until IS NULL OR u.until > now()))
$$;

CREATE TRIGGER check_pin BEFORE INSERT OR UPDATE ON care.pin
    FOR EACH ROW EXECUTE FUNCTION care.check_pin();

-- Ends the pins of a discussion that is closed or moved, or whose first post is removed.
CREATE FUNCTION care.unpin_discussion() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    which uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    IF TG_RELID = 'care.post'::regclass AND EXISTS (
        SELECT FROM care.post p
        WHERE p.discussion_id = which
            AND (p.created_at, p.id) < ((to_jsonb(NEW) ->> 'created_at')::timestamptz, (to_jsonb(NEW) ->> 'id')::uuid))
    THEN
        RETURN NULL;
    END IF;
    DELETE FROM care.pin n WHERE n.discussion_id = which;
    RETURN NULL;
END $$;

CREATE TRIGGER unpin_over AFTER UPDATE OF closed, community_id ON care.discussion
    FOR EACH ROW WHEN (NEW.closed OR NEW.community_id <> OLD.community_id)
    EXECUTE FUNCTION care.unpin_discussion('id');

CREATE TRIGGER unpin_removed AFTER UPDATE OF removed ON care.post
    FOR EACH ROW WHEN (NEW.removed AND NOT OLD.removed) EXECUTE FUNCTION care.unpin_discussion('discussion_id');

-- Ends the pins of an association that is no longer verified, is suspended, or has left the community.
CREATE FUNCTION care.unpin_member() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was jsonb := to_jsonb(CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END);
    whose uuid := was ->> TG_ARGV[0];
BEGIN
    IF TG_RELID = 'care.suspension'::regclass THEN  -- waits for a pin in the making, which has locked the member
        PERFORM FROM care.member m WHERE m.id = whose FOR NO KEY UPDATE;
    END IF;
    DELETE FROM care.pin n
    WHERE n.member_id = whose
        AND (TG_RELID <> 'care.membership'::regclass OR n.community_id = (was ->> 'community_id')::uuid);
    RETURN NULL;
END $$;

CREATE TRIGGER unpin_unverified AFTER UPDATE OF verified ON care.member
    FOR EACH ROW WHEN (OLD.verified AND NOT NEW.verified) EXECUTE FUNCTION care.unpin_member('id');

CREATE TRIGGER unpin_suspended AFTER INSERT OR UPDATE ON care.suspension
    FOR EACH ROW WHEN (NEW.until IS NULL OR NEW.until > now()) EXECUTE FUNCTION care.unpin_member('member_id');

CREATE TRIGGER unpin_left AFTER DELETE OR UPDATE OF community_id ON care.membership
    FOR EACH ROW EXECUTE FUNCTION care.unpin_member('member_id');

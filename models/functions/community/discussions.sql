-- The order and number of posts in a discussion; locks as in communities.sql.

CREATE FUNCTION care.count_posts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM care.discussion d WHERE d.id IN (SELECT discussion_id FROM changed)
    ORDER BY d.id FOR NO KEY UPDATE;
    UPDATE care.discussion d SET post_count = n.posts, last_post_at = coalesce(n.latest, d.created_at)
    FROM (
        SELECT of.discussion_id, count(p.id) AS posts, max(p.created_at) AS latest
        FROM (SELECT DISTINCT discussion_id FROM changed) of LEFT JOIN care.post p USING (discussion_id)
        GROUP BY of.discussion_id
    ) n
    WHERE d.id = n.discussion_id
        AND (d.post_count, d.last_post_at) IS DISTINCT FROM (n.posts, coalesce(n.latest, d.created_at));
    RETURN NULL;
END $$;

CREATE TRIGGER count_posted AFTER INSERT ON care.post
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION care.count_posts();

CREATE TRIGGER count_gone AFTER DELETE ON care.post
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION care.count_posts();

-- Orders posts as they are committed, even if the clock is set back: a reader who pages forward misses none. Refuses
-- those to a discussion that was closed since the writer checked.
CREATE FUNCTION care.place_post() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    latest timestamptz;
    is_closed boolean;
BEGIN
    SELECT d.last_post_at, d.closed INTO latest, is_closed FROM care.discussion d WHERE d.id = NEW.discussion_id FOR NO KEY UPDATE;
    IF is_closed THEN
        RAISE 'the discussion is closed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.created_at := greatest(clock_timestamp(), latest + interval '1 microsecond');
    RETURN NEW;
END $$;

-- A discussion is in the language of its first post.
CREATE FUNCTION care.speak_as_first() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE care.discussion d SET language = NEW.language
    WHERE d.id = NEW.discussion_id AND NOT EXISTS (
        SELECT FROM care.post p
        WHERE p.discussion_id = NEW.discussion_id AND (p.created_at, p.id) < (NEW.created_at, NEW.id));
    RETURN NULL;
END $$;

CREATE TRIGGER speak_as_first AFTER UPDATE OF language ON care.post
FOR EACH ROW WHEN (NEW.language <> OLD.language) EXECUTE FUNCTION care.speak_as_first();

CREATE TRIGGER place_post BEFORE INSERT ON care.post
FOR EACH ROW WHEN (NEW.created_at IS NULL) EXECUTE FUNCTION care.place_post();

-- Copies the community of its discussion to a new post. The discussion is locked, so that it cannot move at the same time.
CREATE FUNCTION care.post_there() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT d.community_id INTO NEW.community_id FROM care.discussion d WHERE d.id = NEW.discussion_id FOR NO KEY UPDATE;
    RETURN NEW;
END $$;

CREATE TRIGGER post_there BEFORE INSERT ON care.post FOR EACH ROW EXECUTE FUNCTION care.post_there();

-- Moves the posts of a discussion to another community.
CREATE FUNCTION care.move_posts() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE care.post p SET community_id = NEW.community_id WHERE p.discussion_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER move_posts AFTER UPDATE OF community_id ON care.discussion
    FOR EACH ROW WHEN (NEW.community_id <> OLD.community_id) EXECUTE FUNCTION care.move_posts();

-- What follows from removing and restoring a post, and from suspending a member.

-- An open flag has no resolution, and its post is not removed. The post is locked, so that it cannot be removed at the
-- same time: its open flags are then resolved by care.post_removed.
CREATE FUNCTION care.open_flag() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM care.post p WHERE p.id = NEW.post_id AND NOT p.removed FOR SHARE;
    IF NOT FOUND THEN
        RAISE 'a removed post cannot be flagged' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.staff_id := NULL;
    NEW.resolution := NULL;
    NEW.resolved_at := NULL;
    RETURN NEW;
END $$;

CREATE TRIGGER open_flag BEFORE INSERT OR UPDATE OF status ON care.flag
    FOR EACH ROW WHEN (NEW.status = 'OPEN') EXECUTE FUNCTION care.open_flag();

-- Resolves the open flags of a removed post, keeps the text that a moderator removes for its author and for moderators,
-- and deletes the notification of the post as a reply, which has nothing left to show.
CREATE FUNCTION care.post_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    staff uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
BEGIN
    IF staff IS NOT NULL THEN
        INSERT INTO care.removed_text (post_id, author_id, body, demonstration)
        VALUES (OLD.id, OLD.author_id, OLD.body, OLD.demonstration);
    END IF;
    UPDATE care.flag f
    SET status = CASE WHEN staff IS NULL THEN 'LAPSED' ELSE 'UPHELD' END, staff_id = staff, resolved_at = now(),
        resolution = (SELECT r.reason FROM care.removal r WHERE r.post_id = NEW.id)
    WHERE f.post_id = NEW.id AND f.status = 'OPEN';
    DELETE FROM care.notification n WHERE n.subject_id = NEW.id AND n.kind = 'REPLY';
    RETURN NULL;
END $$;

CREATE TRIGGER post_removed AFTER UPDATE OF removed ON care.post
    FOR EACH ROW WHEN (NEW.removed AND NOT OLD.removed) EXECUTE FUNCTION care.post_removed();

-- Restores a post that a moderator removed, dismisses the flags that were upheld, and accepts the author's appeal. False if its text is gone, null if
-- it is not removed. For moderators.
CREATE FUNCTION care.restore_post(post uuid, note text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    written text;
BEGIN
    PERFORM FROM identity.staff s WHERE s.id = viewer AND 'MODERATOR' = ANY (s.roles);
    IF NOT FOUND THEN
        RAISE 'only moderators may restore posts' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM care.post p WHERE p.id = restore_post.post AND p.removed FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM care.removed_text t WHERE t.post_id = restore_post.post RETURNING t.body INTO written;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE care.post p SET body = written, removed = false WHERE p.id = restore_post.post;
    DELETE FROM care.removal r WHERE r.post_id = restore_post.post;
    UPDATE care.appeal a
    SET status = 'ACCEPTED', staff_id = viewer, resolution = restore_post.note, resolved_at = now()
    WHERE a.post_id = restore_post.post AND a.status = 'OPEN';
    UPDATE care.flag f
    SET status = 'DISMISSED', staff_id = viewer, resolution = restore_post.note, resolved_at = now()
    WHERE f.post_id = restore_post.post AND f.status = 'UPHELD';
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION care.restore_post(uuid, text) TO cohorte_manager;

-- Whether there is a moderator besides the viewer, who is one.
CREATE FUNCTION care.has_other_moderator() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM identity.staff s JOIN identity.account a ON a.staff_id = s.id
        WHERE 'MODERATOR' = ANY (s.roles) AND s.id <> viewer.id AND (viewer.demonstration OR NOT s.demonstration))
    FROM identity.staff viewer WHERE viewer.id = nullif(current_setting('cohorte.staff', true), '')::uuid
$$;
GRANT EXECUTE ON FUNCTION care.has_other_moderator() TO cohorte_manager;

-- Writes to the moderators that the viewer has flagged a post because somebody may be in danger, and shows its author
-- whom they can call: not again within `pause`, so that flags cannot be used to harass them. A moderator to whom such a
-- mail is about to be sent gets no second one. Neither says which post it is, nor who flagged it.
CREATE FUNCTION care.raise_alarm(flag uuid, pause interval) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    author uuid;
    in_demonstration boolean;  -- whose accounts nobody reads the mail of
    one record;
BEGIN
    SELECT p.author_id, m.demonstration INTO author, in_demonstration
    FROM care.flag f JOIN care.post p ON p.id = f.post_id JOIN care.member m ON m.id = f.member_id
    WHERE f.id = raise_alarm.flag AND f.urgent
        AND f.member_id = nullif(current_setting('cohorte.member', true), '')::uuid;
    IF NOT FOUND THEN
        RAISE 'this is no urgent flag of the viewer' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- One at a time: two flags at once would each miss the mail and the notification of the other.
    PERFORM pg_advisory_xact_lock(hashtextextended('alarm', 0));
    FOR one IN
        SELECT a.email, a.locale FROM identity.account a JOIN identity.staff s ON s.id = a.staff_id
        WHERE 'MODERATOR' = ANY (s.roles) AND (in_demonstration OR NOT a.demonstration) AND NOT EXISTS (
            SELECT FROM identity.outbox_entry o
            WHERE o.recipient = a.email AND o.letter = 'SELF_HARM_FLAG' AND o.attempts = 0)
        ORDER BY a.id
    LOOP
        PERFORM identity.write_to(one.email, 'SELF_HARM_FLAG', one.locale, NULL);
    END LOOP;
    IF author IS NOT NULL AND NOT EXISTS (
        SELECT FROM care.notification n
        WHERE n.member_id = author AND n.kind = 'SUPPORT' AND n.created_at > catalog.clock() - raise_alarm.pause)
    THEN
        PERFORM care.notify_member(author, 'SUPPORT', NULL, NULL);
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION care.raise_alarm(uuid, interval) TO cohorte_patient;

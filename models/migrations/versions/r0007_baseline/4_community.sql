-- Frozen. The current source, with the reasons, is in models/functions.

CREATE FUNCTION care.count_members() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.community c WHERE c.id IN (SELECT community_id FROM changed)
    ORDER BY c.id FOR NO KEY UPDATE;
    -- The nearest ten, halves upwards.
    UPDATE catalog.community c SET member_count = n.rounded
    FROM (
        SELECT of.community_id, (count(m.member_id) + 5) / 10 * 10 AS rounded
        FROM (SELECT DISTINCT community_id FROM changed) of LEFT JOIN care.membership m USING (community_id)
        GROUP BY of.community_id
    ) n
    WHERE c.id = n.community_id AND c.member_count <> n.rounded;
    RETURN NULL;
END $$;

CREATE TRIGGER count_joined AFTER INSERT ON care.membership
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION care.count_members();

CREATE TRIGGER count_left AFTER DELETE ON care.membership
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION care.count_members();

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

CREATE FUNCTION care.place_post() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    latest timestamptz;
BEGIN
    SELECT d.last_post_at INTO latest FROM care.discussion d WHERE d.id = NEW.discussion_id FOR NO KEY UPDATE;
    NEW.created_at := greatest(clock_timestamp(), latest + interval '1 microsecond');
    RETURN NEW;
END $$;

CREATE TRIGGER place_post BEFORE INSERT ON care.post
FOR EACH ROW WHEN (NEW.created_at IS NULL) EXECUTE FUNCTION care.place_post();

CREATE FUNCTION care.announce(kind text, subject uuid, about uuid) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_notify('cohorte_event', json_build_object(
        'kind', announce.kind, 'subject', announce.subject, 'about', announce.about)::text)
$$;
GRANT EXECUTE ON FUNCTION care.announce(text, uuid, uuid) TO cohorte_patient, cohorte_manager, cohorte_publisher;

CREATE FUNCTION care.notify_member(member uuid, kind text, subject_type text, subject_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made uuid;
BEGIN
    INSERT INTO care.notification (member_id, kind, subject_type, subject_id, demonstration)
    SELECT m.id, notify_member.kind, notify_member.subject_type, notify_member.subject_id, m.demonstration
    FROM care.member m WHERE m.id = notify_member.member
    RETURNING id INTO made;
    IF made IS NOT NULL THEN
        PERFORM care.announce('notificationAdded', made, notify_member.member);
    END IF;
    RETURN made;
END $$;

CREATE FUNCTION care.tell(member uuid, kind text, subject_type text, subject_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    staff uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    allowed boolean := CASE tell.kind
        WHEN 'REPLY' THEN tell.subject_type = 'pst' AND EXISTS (
            SELECT FROM care.post p WHERE p.id = tell.subject_id AND p.author_id = viewer)
        WHEN 'CARE_LINK' THEN tell.subject_type = 'mbr' AND tell.subject_id = viewer AND EXISTS (
            SELECT FROM care.care_link l
            WHERE (l.patient_id, l.relative_id) IN ((viewer, tell.member), (tell.member, viewer)))
        ELSE staff IS NOT NULL
    END;
BEGIN
    IF allowed IS NOT TRUE THEN
        RAISE 'not the viewer''s to tell' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN care.notify_member(tell.member, tell.kind, tell.subject_type, tell.subject_id);
END $$;
GRANT EXECUTE ON FUNCTION care.tell(uuid, text, text, uuid) TO cohorte_patient, cohorte_manager;

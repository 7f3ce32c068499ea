-- Events for every server process, and members' notifications.

-- Publishes an event to every server process when the transaction commits: its kind and ids, never texts or names.
CREATE FUNCTION care.announce(kind text, subject uuid, about uuid) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_notify('cohorte_event', json_build_object(
        'kind', announce.kind, 'subject', announce.subject, 'about', announce.about)::text)
$$;
GRANT EXECUTE ON FUNCTION care.announce(text, uuid, uuid) TO cohorte_patient, cohorte_manager, cohorte_publisher;

-- Notifies a member and returns the notification's id. It checks nothing: for other functions of the owner.
CREATE FUNCTION care.notify_member(member uuid, kind text, subject_type text, subject_id uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    made uuid;
BEGIN
    INSERT INTO care.notification (member_id, kind, subject_type, subject_id, demonstration)
    SELECT m.id, notify_member.kind, notify_member.subject_type, notify_member.subject_id, m.demonstration
    FROM care.member m WHERE m.id = notify_member.member
    ON CONFLICT DO NOTHING  -- news that is reported once
    RETURNING id INTO made;
    IF made IS NOT NULL THEN
        PERFORM care.announce('notificationAdded', made, notify_member.member);
    END IF;
    RETURN made;
END $$;

-- Notifies a member on behalf of the viewer. Members may notify of their own posts and care links, staff of moderation
-- and surveys.
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
        ELSE staff IS NOT NULL AND tell.kind <> 'SUPPORT'
    END;
BEGIN
    IF allowed IS NOT TRUE THEN
        RAISE 'the viewer may not send this notification' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN care.notify_member(tell.member, tell.kind, tell.subject_type, tell.subject_id);
END $$;
GRANT EXECUTE ON FUNCTION care.tell(uuid, text, text, uuid) TO cohorte_patient, cohorte_manager;

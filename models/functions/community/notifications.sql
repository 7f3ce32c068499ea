-- An event for every server process, once the transaction commits: its kind and ids alone, never words or names.
CREATE FUNCTION care.announce(kind text, subject uuid, about uuid) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_notify('cohorte_event', json_build_object(
        'kind', announce.kind, 'subject', announce.subject, 'about', announce.about)::text)
$$;
GRANT EXECUTE ON FUNCTION care.announce(text, uuid, uuid) TO cohorte_patient, cohorte_manager, cohorte_publisher;

-- Notifies a member, unchecked: for other functions of the owner's alone. The notification's id.
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

-- The same for a view's role, which may tell of its viewer's own doings and of nothing else: a member of its posts and
-- of its care links, the house of moderation and of surveys.
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

-- Consents to research, and the notices that are shown before.

-- The viewer's member id, locked.
CREATE FUNCTION research.require_member() RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid;
BEGIN
    -- Locked until the transaction ends: changes of one member's consents and answers are serialized.
    SELECT m.id INTO viewer FROM care.member m
    WHERE m.id = nullif(current_setting('cohorte.member', true), '')::uuid AND NOT m.leaving FOR NO KEY UPDATE;
    IF viewer IS NULL THEN
        RAISE 'only members may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN viewer;
END $$;

-- Sets the viewer's consent. Answers that it no longer covers are deleted at once, while their author is known.
CREATE FUNCTION research.set_consent(
    purpose text, granted boolean, recipients text[], notice_version text, notice_language text
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
    one uuid;
BEGIN
    INSERT INTO research.consent AS k
        (member_id, purpose, granted, recipients, notice_version, notice_language, demonstration)
    SELECT m.id, set_consent.purpose, set_consent.granted, set_consent.recipients, set_consent.notice_version,
        set_consent.notice_language, m.demonstration
    FROM care.member m WHERE m.id = viewer
    ON CONFLICT ON CONSTRAINT pk_consent DO UPDATE
        SET granted = excluded.granted, recipients = excluded.recipients, notice_version = excluded.notice_version,
            notice_language = excluded.notice_language, changed_at = now()
        WHERE (k.granted, k.recipients, k.notice_version, k.notice_language)
            IS DISTINCT FROM
            (excluded.granted, excluded.recipients, excluded.notice_version, excluded.notice_language);
    IF NOT FOUND THEN
        RETURN;  -- nothing changed
    END IF;
    INSERT INTO research.consent_change
        (member_id, purpose, granted, recipients, notice_version, notice_language, demonstration)
    SELECT k.member_id, k.purpose, k.granted, k.recipients, k.notice_version, k.notice_language, k.demonstration
    FROM research.consent k WHERE k.member_id = viewer AND k.purpose = set_consent.purpose;
    IF set_consent.purpose <> 'SURVEY_RESEARCH' THEN
        RETURN;
    END IF;
    FOR one IN
        SELECT s.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE p.member_id = viewer AND p.status IN ('STARTED', 'COMPLETED') AND s.status = 'OPEN'
            AND NOT (set_consent.granted AND set_consent.recipients @> s.offered_to)
        ORDER BY s.id
    LOOP
        PERFORM research.take_back(viewer, one);
    END LOOP;
    IF set_consent.granted THEN
        FOR one IN SELECT b.community_id FROM care.membership b WHERE b.member_id = viewer ORDER BY b.community_id LOOP
            PERFORM catalog.readiness_changed(one);
        END LOOP;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION research.set_consent(text, boolean, text[], text, text) TO cohorte_patient;

-- The day since which a member has consented to a purpose without a break, by their history, or by the consent itself
-- if there is none.
CREATE FUNCTION research.consenting_since(member uuid, purpose text) RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT catalog.day_of(coalesce(min(h.changed_at), min(k.changed_at)))
    FROM research.consent k
    LEFT JOIN research.consent_change h ON h.member_id = k.member_id AND h.purpose = k.purpose AND h.granted
        AND NOT EXISTS (
            SELECT FROM research.consent_change taken_back
            WHERE taken_back.member_id = k.member_id AND taken_back.purpose = k.purpose
                AND NOT taken_back.granted AND taken_back.changed_at >= h.changed_at)
    WHERE k.member_id = consenting_since.member AND k.purpose = consenting_since.purpose
$$;

-- Refuses a version of a notice that lacks a language, or that comes into force on a different day in each. Checked when
-- the transaction commits, so that the texts of a version are inserted one by one.
CREATE FUNCTION catalog.check_notice_languages() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT count(*) FILTER (WHERE n.language IN ('EN', 'FR')) <> 2 OR count(DISTINCT n.in_force_on) <> 1
        FROM catalog.notice n WHERE n.purpose = NEW.purpose AND n.version = NEW.version)
    THEN
        RAISE 'a notice needs the same version in English and French, in force from the same day'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER check_notice_languages AFTER INSERT OR UPDATE ON catalog.notice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalog.check_notice_languages();

-- What one account may read and join.

-- The present day by UTC, whether a member is in their first week, what they have read today, and the patients whose
-- diaries they keep. No row if there is no such member. Lists are texts: of other arrays, the driver asks for the type on
-- each connection.
CREATE FUNCTION identity.readings(reader uuid)
RETURNS TABLE (day date, is_new boolean, seen text[], patients text[])
LANGUAGE sql STABLE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT catalog.today(), m.joined_on > catalog.today() - 7,
        coalesce((
            SELECT r.seen::text[] FROM identity.reading r WHERE r.member_id = m.id AND r.day = catalog.today()), '{}'),
        ARRAY(SELECT l.patient_id::text FROM care.care_link l WHERE l.relative_id = m.id AND l.status = 'ACCEPTED')
    FROM care.member m WHERE m.id = readings.reader
$$;
GRANT EXECUTE ON FUNCTION identity.readings(uuid) TO cohorte_public;

-- Adds what members have read today: `seen` has a hash for each of `readers`, of whom one may stand several times. Alerts
-- moderators of those `refused`, once a day. Ignores members who have left.
CREATE FUNCTION identity.count_readings(readers text[], seen text[], refused text[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT set_config('synchronous_commit', 'off', true);
    INSERT INTO identity.reading AS r (member_id, day, seen, demonstration)
    SELECT m.id, catalog.today(), array_agg(DISTINCT g.one), m.demonstration
    FROM unnest(readers::uuid[], seen::bigint[]) AS g (reader, one) JOIN care.member m ON m.id = g.reader
    GROUP BY m.id ORDER BY m.id  -- in one order, so that two processes do not wait for each other
    ON CONFLICT (member_id) DO UPDATE
    SET day = excluded.day, seen = CASE WHEN r.day = excluded.day
        THEN ARRAY(SELECT DISTINCT u.one FROM unnest(r.seen || excluded.seen) AS u (one)) ELSE excluded.seen END;
    INSERT INTO care.reading_alert (member_id, day, demonstration)
    SELECT m.id, catalog.today(), m.demonstration FROM care.member m WHERE m.id = ANY (refused::uuid[])
    ON CONFLICT (member_id, day) DO NOTHING
$$;
GRANT EXECUTE ON FUNCTION identity.count_readings(text[], text[], text[]) TO cohorte_public;

-- Counts a community that the viewer has joined in this transaction. Which limit it exceeds, or null: ALL for more than
-- `most` and those that moderators allow beside, FIRST_WEEK for more than `at_first`, DAY for more than `a_day`.
CREATE FUNCTION identity.count_joining(a_day integer, at_first integer, most integer) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    counted identity.joining;
BEGIN
    INSERT INTO identity.joining (member_id, total, demonstration)
    SELECT m.id, (SELECT count(*) FROM care.membership s WHERE s.member_id = m.id) - 1, m.demonstration
    FROM care.member m WHERE m.id = viewer
    ON CONFLICT DO NOTHING;
    UPDATE identity.joining j
    SET total = j.total + 1, today = CASE WHEN j.day = catalog.today() THEN j.today + 1 ELSE 1 END,
        day = catalog.today()
    WHERE j.member_id = viewer RETURNING * INTO counted;
    RETURN CASE
        WHEN counted.total > most + counted.allowed THEN 'ALL'
        WHEN counted.total > at_first AND EXISTS (
            SELECT FROM care.member m WHERE m.id = viewer AND m.joined_on > catalog.today() - 7) THEN 'FIRST_WEEK'
        WHEN counted.today > a_day THEN 'DAY'
    END;
END $$;
GRANT EXECUTE ON FUNCTION identity.count_joining(integer, integer, integer) TO cohorte_patient;

-- Lets a member join this many more communities than others may. For moderators.
CREATE FUNCTION identity.allow_joining(member uuid, allowed integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
BEGIN
    PERFORM FROM identity.staff s WHERE s.id = viewer AND 'MODERATOR' = ANY (s.roles);
    IF NOT FOUND THEN
        RAISE 'only moderators may let members join more communities' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO identity.joining (member_id, total, allowed, demonstration)
    SELECT m.id, (SELECT count(*) FROM care.membership s WHERE s.member_id = m.id), allow_joining.allowed,
        m.demonstration
    FROM care.member m WHERE m.id = allow_joining.member
    ON CONFLICT (member_id) DO UPDATE SET allowed = excluded.allowed;
END $$;
GRANT EXECUTE ON FUNCTION identity.allow_joining(uuid, integer) TO cohorte_manager;

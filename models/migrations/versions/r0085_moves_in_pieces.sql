DROP FUNCTION care.move_members(uuid);
DROP FUNCTION care.move_entry(uuid);
CREATE OR REPLACE FUNCTION identity.erase(leaving identity.account, letter text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := leaving.member_id;
BEGIN
    PERFORM FROM care.member m WHERE m.id = whose FOR UPDATE;
    -- What may be many rows comes first, before others have to wait for the rows that are locked next.
    DELETE FROM care.observation o WHERE o.member_id = whose;
    DELETE FROM care.own_observation o WHERE o.member_id = whose;
    DELETE FROM care.notification n WHERE n.member_id = whose OR n.subject_id = whose;
    UPDATE care.post p SET author_id = NULL WHERE p.author_id = whose;
    -- Their counts of members change: locked in the order of their ids, as everywhere.
    PERFORM FROM catalog.community c JOIN care.membership s ON s.community_id = c.id
    WHERE s.member_id = whose ORDER BY c.id FOR NO KEY UPDATE OF c;
    PERFORM identity.close_sessions(leaving.id);
    DELETE FROM research.answer_sheet s USING research.participation p
    WHERE p.member_id = whose AND s.id = p.answer_sheet_id;
    UPDATE care.flag f SET note = NULL WHERE f.member_id = whose AND f.note IS NOT NULL;
    DELETE FROM identity.mutation m WHERE m.caller = whose;
    DELETE FROM identity.outbox_entry o
    WHERE o.recipient = leaving.email OR o.letter = 'CONFIRM_EMAIL' AND o.recipient IN (
        SELECT e.email FROM identity.email_change e WHERE e.account_id = leaving.id);
    DELETE FROM identity.registration r WHERE r.email = leaving.email;
    DELETE FROM identity.attempt a WHERE a.subject IN (
        sha256(convert_to('sign-in account ' || leaving.email, 'UTF8')),
        sha256(convert_to('mail account ' || leaving.email, 'UTF8')));
    DELETE FROM care.member m WHERE m.id = whose;  -- everything else is deleted by cascade
    PERFORM identity.write_to(leaving.email, erase.letter, leaving.locale, NULL);
END $function$;

CREATE OR REPLACE FUNCTION care.in_part(id uuid, part integer, after uuid)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
RETURN ((id >= (rpad(to_hex(part), 32, '0'::text))::uuid) AND (id <= (rpad(to_hex(part), 32, 'f'::text))::uuid) AND ((after IS NULL) OR (id > after)));

CREATE OR REPLACE FUNCTION care.move_entry(entry uuid, part integer, after uuid, most integer)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    target uuid;
    movers uuid[];
BEGIN
    SELECT i.merged_into_id INTO target FROM catalog.indicator i
    WHERE i.id = move_entry.entry AND i.id IN (SELECT catalog.entries_to_move()) FOR NO KEY UPDATE;
    IF target IS NOT NULL THEN
        movers := ARRAY(SELECT m.id FROM care.member m
            WHERE care.in_part(m.id, move_entry.part, move_entry.after)
                AND (EXISTS (SELECT FROM care.observation o WHERE o.member_id = m.id AND o.indicator_id = move_entry.entry)
                    OR EXISTS (SELECT FROM care.evaluation v JOIN care.side_effect s ON s.evaluation_id = v.id
                        WHERE v.member_id = m.id AND s.indicator_id = move_entry.entry))
            ORDER BY m.id LIMIT move_entry.most);
        UPDATE care.observation o SET indicator_id = target
        WHERE o.member_id = ANY (movers) AND o.indicator_id = move_entry.entry AND NOT EXISTS (
            SELECT FROM care.observation n
            WHERE n.member_id = o.member_id AND n.indicator_id = target AND n.observed_on = o.observed_on);
        UPDATE care.side_effect s SET indicator_id = target
        FROM care.evaluation v
        WHERE v.member_id = ANY (movers) AND s.evaluation_id = v.id AND s.indicator_id = move_entry.entry
            AND NOT EXISTS (SELECT FROM care.side_effect n
                WHERE n.evaluation_id = s.evaluation_id AND n.indicator_id = target);
        IF cardinality(movers) < move_entry.most AND move_entry.part = 15 THEN
            UPDATE catalog.indicator i SET moves_at = NULL WHERE i.id = move_entry.entry;
            DELETE FROM care.discussion_topic d
            WHERE d.indicator_id = move_entry.entry AND EXISTS (
                SELECT FROM care.discussion_topic n WHERE n.discussion_id = d.discussion_id AND n.indicator_id = target);
            UPDATE care.discussion_topic d SET indicator_id = target WHERE d.indicator_id = move_entry.entry;
        END IF;
        RETURN movers[move_entry.most];
    END IF;
    SELECT t.merged_into_id INTO target FROM catalog.treatment t
    WHERE t.id = move_entry.entry AND t.id IN (SELECT catalog.entries_to_move()) FOR NO KEY UPDATE;
    IF target IS NOT NULL THEN
        movers := ARRAY(SELECT m.id FROM care.member m
            WHERE care.in_part(m.id, move_entry.part, move_entry.after)
                AND (EXISTS (SELECT FROM care.course c WHERE c.member_id = m.id AND c.treatment_id = move_entry.entry)
                    OR EXISTS (SELECT FROM care.evaluation v
                        WHERE v.member_id = m.id AND v.treatment_id = move_entry.entry))
            ORDER BY m.id LIMIT move_entry.most);
        UPDATE care.course c SET treatment_id = target
        WHERE c.member_id = ANY (movers) AND c.treatment_id = move_entry.entry;
        UPDATE care.evaluation v SET treatment_id = target
        WHERE v.member_id = ANY (movers) AND v.treatment_id = move_entry.entry;
        IF cardinality(movers) < move_entry.most AND move_entry.part = 15 THEN
            UPDATE catalog.treatment t SET moves_at = NULL WHERE t.id = move_entry.entry;
            DELETE FROM care.discussion_topic d
            WHERE d.treatment_id = move_entry.entry AND EXISTS (
                SELECT FROM care.discussion_topic n WHERE n.discussion_id = d.discussion_id AND n.treatment_id = target);
            UPDATE care.discussion_topic d SET treatment_id = target WHERE d.treatment_id = move_entry.entry;
        END IF;
        RETURN movers[move_entry.most];
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.move_members(community uuid, part integer, after uuid, most integer)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    target uuid;
    movers uuid[];
    last uuid;
BEGIN
    SELECT c.merged_into_id INTO target FROM catalog.community c
    WHERE c.id = move_members.community AND c.id IN (SELECT catalog.communities_to_move()) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM catalog.lock_community(target);
    movers := ARRAY(SELECT m.id FROM care.member m
        WHERE care.in_part(m.id, move_members.part, move_members.after)
            AND (EXISTS (SELECT FROM care.membership b
                    WHERE b.member_id = m.id AND b.community_id = move_members.community)
                OR EXISTS (SELECT FROM care.diagnosis g
                    WHERE g.member_id = m.id AND g.community_id = move_members.community)
                OR EXISTS (SELECT FROM care.course k
                    WHERE k.member_id = m.id AND k.community_id = move_members.community))
        ORDER BY m.id LIMIT move_members.most);
    UPDATE research.counted_membership m SET left_at = clock_timestamp()
    WHERE m.member_id = ANY (movers) AND m.community_id = move_members.community AND m.left_at IS NULL;
    UPDATE care.membership b SET community_id = target, role = 'MEMBER'
    WHERE b.member_id = ANY (movers) AND b.community_id = move_members.community AND NOT EXISTS (
        SELECT FROM care.membership o WHERE o.member_id = b.member_id AND o.community_id = target);
    UPDATE care.diagnosis g SET community_id = target
    WHERE g.member_id = ANY (movers) AND g.community_id = move_members.community AND NOT EXISTS (
        SELECT FROM care.diagnosis o WHERE o.member_id = g.member_id AND o.community_id = target);
    DELETE FROM care.diagnosis g WHERE g.member_id = ANY (movers) AND g.community_id = move_members.community;
    DELETE FROM care.membership b WHERE b.member_id = ANY (movers) AND b.community_id = move_members.community;
    UPDATE care.course k SET community_id = target
    WHERE k.member_id = ANY (movers) AND k.community_id = move_members.community;
    last := movers[move_members.most];
    IF last IS NULL THEN
        movers := ARRAY(SELECT d.id FROM care.discussion d
            WHERE d.community_id = move_members.community AND care.in_part(d.id, move_members.part, NULL)
            ORDER BY d.id LIMIT move_members.most / 10);
        UPDATE care.discussion d SET community_id = target, closed = d.closed OR t.status <> 'OPEN'
        FROM catalog.community t WHERE d.id = ANY (movers) AND t.id = target;
        IF cardinality(movers) = move_members.most / 10 THEN
            last := rpad(to_hex(move_members.part), 32, 'f')::uuid;  -- nobody is after it
        END IF;
    END IF;
    IF NOT EXISTS (SELECT FROM catalog.communities_to_move() e WHERE e = move_members.community) THEN
        -- Those who can answer the surveys of the other are invited.
        PERFORM identity.queue_news('SURVEY_OPENED', s.id)
        FROM catalog.survey s WHERE s.community_id = target AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on);
    END IF;
    RETURN last;
END $function$;

GRANT EXECUTE ON FUNCTION care.move_entry(uuid,integer,uuid,integer) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION care.move_members(uuid,integer,uuid,integer) TO cohorte_publisher;

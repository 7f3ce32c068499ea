-- How communities open, close and merge, and how the members of one that has merged move.
--
-- A community that closes or merges is locked FOR UPDATE: who joins it or starts a discussion in it at the same time
-- locks it FOR KEY SHARE by their foreign key, and one of the two sees the other.

-- Refuses new rows of communities that are not open.
CREATE FUNCTION care.expect_open() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM added a JOIN catalog.community c ON c.id = a.community_id WHERE c.status <> 'OPEN';
    IF FOUND THEN
        RAISE 'the community is not open' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER join_open AFTER INSERT ON care.membership
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care.expect_open();
CREATE TRIGGER start_in_open AFTER INSERT ON care.discussion
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care.expect_open();

-- Keeps the discussions of communities that are not open closed.
CREATE FUNCTION care.reopen_discussion() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = NEW.community_id AND c.status = 'OPEN' FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE 'the community is not open' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER reopen_discussion BEFORE UPDATE OF closed ON care.discussion
    FOR EACH ROW WHEN (OLD.closed AND NOT NEW.closed) EXECUTE FUNCTION care.reopen_discussion();

-- Opens a community that is a draft, for catalogue editors. Whether it was one.
CREATE FUNCTION catalog.open_community(community uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_catalogue_editor();
    UPDATE catalog.community c SET status = 'OPEN' WHERE c.id = open_community.community AND c.status = 'DRAFT';
    RETURN FOUND;
END $$;
GRANT EXECUTE ON FUNCTION catalog.open_community(uuid) TO cohorte_manager;

-- Whether a survey of a community waits or is open.
CREATE FUNCTION catalog.has_running_surveys(community uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM catalog.survey s
        WHERE s.community_id = has_running_surveys.community AND s.status IN ('WAITING', 'OPEN'))
$$;

-- Closes an open community and its discussions, for catalogue editors. Whether it was open, without running surveys.
CREATE FUNCTION catalog.close_community(community uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.community c WHERE c.id = close_community.community FOR UPDATE;
    UPDATE catalog.community c SET status = 'CLOSED'
    WHERE c.id = close_community.community AND c.status = 'OPEN' AND NOT catalog.has_running_surveys(c.id);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE care.discussion d SET closed = true WHERE d.community_id = close_community.community AND NOT d.closed;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION catalog.close_community(uuid) TO cohorte_manager;

-- Merges an open community into another one, with its drafts of surveys and what has merged into it, for catalogue
-- editors. Whether both were open, without running surveys in the first. Its members move afterwards, by scheduled work:
-- how long the editor waits does not depend on how many there are.
CREATE FUNCTION catalog.merge_community(community uuid, target uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.community c WHERE c.id IN (merge_community.community, merge_community.target)
    ORDER BY c.id FOR UPDATE;
    UPDATE catalog.community c
    SET status = 'MERGED', merged_into_id = merge_community.target, moves_at = catalog.clock()
    FROM catalog.community t
    WHERE c.id = merge_community.community AND c.status = 'OPEN' AND NOT catalog.has_running_surveys(c.id)
        AND t.id = merge_community.target AND t.status = 'OPEN' AND t.id <> c.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE catalog.community c SET merged_into_id = merge_community.target
    WHERE c.merged_into_id = merge_community.community;
    UPDATE catalog.survey s SET community_id = merge_community.target
    WHERE s.community_id = merge_community.community AND s.status = 'DRAFT';
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION catalog.merge_community(uuid, uuid) TO cohorte_manager;

-- The communities that have merged and of which not all pieces have moved, or which still have members, discussions or
-- courses of their own, unless members of theirs are being frozen: a member who moved meanwhile would be missing.
CREATE FUNCTION catalog.communities_to_move() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.id FROM catalog.community c
    WHERE c.status = 'MERGED' AND (c.moves_at IS NOT NULL
        OR EXISTS (SELECT FROM care.membership b WHERE b.community_id = c.id)
        OR EXISTS (SELECT FROM care.discussion d WHERE d.community_id = c.id)
        OR EXISTS (SELECT FROM care.course k WHERE k.community_id = c.id)
        OR EXISTS (SELECT FROM care.diagnosis g WHERE g.community_id = c.id))
        AND NOT EXISTS (SELECT FROM research.freezing f JOIN insight.dataset d ON d.id = f.dataset_id
            WHERE d.community_id = c.id AND f.part < 16)
    ORDER BY c.id
$$;
GRANT EXECUTE ON FUNCTION catalog.communities_to_move() TO cohorte_publisher;

-- How many members a merger may have to move by what is published: the members of the community that has merged, or of
-- those that list what an indicator or a treatment has merged into. The number of pieces comes from it.
CREATE FUNCTION catalog.published_to_move(subject uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(sum(c.member_count), 0)::integer FROM catalog.community c
    WHERE c.id = published_to_move.subject OR c.id IN (
        SELECT b.community_id FROM catalog.indicator i
        JOIN catalog.community_indicator b ON b.indicator_id = i.merged_into_id
        WHERE i.id = published_to_move.subject
        UNION ALL SELECT b.community_id FROM catalog.treatment t
        JOIN catalog.community_treatment b ON b.treatment_id = t.merged_into_id
        WHERE t.id = published_to_move.subject)
$$;
GRANT EXECUTE ON FUNCTION catalog.published_to_move(uuid) TO cohorte_publisher;

-- Moves the next members of a community that has merged, at most `most`, with their diagnoses and courses: those whose ids
-- begin with the hexadecimal digit `part` and are after `after`. If `most` is null, all that are left of the part, and the
-- discussions whose ids begin so. The id after which to go on; null if nobody has moved yet, or the community is not to
-- move. The last part ends the move: whoever sees that does not learn which parts had members. Datasets, insights and
-- licences stay with it.
--
-- To the counts, a member who moves is one who leaves and joins: what the counts of the first reserve of their allowance
-- stays reserved for a year, and the other includes them from its next monthly count on, if there is room. A member of
-- both just leaves the first. Nobody's joining is counted.
CREATE FUNCTION care.move_members(community uuid, part integer, after uuid, most integer) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target uuid;
    movers uuid[];
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
    IF move_members.most IS NULL THEN
        UPDATE care.discussion d SET community_id = target, closed = d.closed OR t.status <> 'OPEN'
        FROM catalog.community t
        WHERE d.community_id = move_members.community AND care.in_part(d.id, move_members.part, NULL) AND t.id = target;
    END IF;
    IF move_members.most IS NULL AND move_members.part = 15 THEN
        UPDATE catalog.community c SET moves_at = NULL WHERE c.id = move_members.community;
        -- Those who can answer the surveys of the other are invited.
        PERFORM identity.queue_news('SURVEY_OPENED', s.id)
        FROM catalog.survey s WHERE s.community_id = target AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on);
    END IF;
    RETURN coalesce(movers[cardinality(movers)], move_members.after);
END $$;
GRANT EXECUTE ON FUNCTION care.move_members(uuid, integer, uuid, integer) TO cohorte_publisher;

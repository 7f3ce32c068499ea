-- Merges indicators and treatments of the catalogue: at once for lists, and by scheduled work for members' rows.

-- Merges an indicator into another one, which takes its place in lists of communities and in proposals, for catalogue
-- editors. Nothing if it has merged already, or the other one is retired. Members' rows move a minute later, when every
-- request that found it unmerged has ended: how long the editor waits does not depend on how many there are.
CREATE FUNCTION catalog.merge_indicator(indicator uuid, target uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.indicator i WHERE i.id IN (merge_indicator.indicator, merge_indicator.target)
    ORDER BY i.id FOR UPDATE;
    UPDATE catalog.indicator i
    SET merged_into_id = t.id, retired_on = coalesce(i.retired_on, catalog.today()),
        moves_at = catalog.clock() + interval '1 minute'
    FROM catalog.indicator t
    WHERE i.id = merge_indicator.indicator AND i.merged_into_id IS NULL
        AND t.id = merge_indicator.target AND t.retired_on IS NULL AND t.id <> i.id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE catalog.indicator i SET merged_into_id = merge_indicator.target
    WHERE i.merged_into_id = merge_indicator.indicator;
    UPDATE care.catalogue_proposal p SET indicator_id = merge_indicator.target
    WHERE p.indicator_id = merge_indicator.indicator;
    PERFORM catalog.set_community_indicators(listed.community_id, listed.entries)
    FROM (
        SELECT e.community_id, array_agg(e.id ORDER BY e.position, e.id) AS entries
        FROM (
            SELECT b.community_id, min(b.position) AS position,
                CASE b.indicator_id WHEN merge_indicator.indicator THEN merge_indicator.target
                    ELSE b.indicator_id END AS id
            FROM catalog.community_indicator b
            WHERE b.community_id IN (
                SELECT o.community_id FROM catalog.community_indicator o
                WHERE o.indicator_id = merge_indicator.indicator)
            GROUP BY 1, 3
        ) e
        GROUP BY e.community_id
    ) listed;
END $$;
GRANT EXECUTE ON FUNCTION catalog.merge_indicator(uuid, uuid) TO cohorte_manager;

-- The same for treatments. Surveys for members who follow the first are for those who follow the other one, too.
CREATE FUNCTION catalog.merge_treatment(treatment uuid, target uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.treatment t WHERE t.id IN (merge_treatment.treatment, merge_treatment.target)
    ORDER BY t.id FOR UPDATE;
    UPDATE catalog.treatment m
    SET merged_into_id = t.id, retired_on = coalesce(m.retired_on, catalog.today()),
        moves_at = catalog.clock() + interval '1 minute'
    FROM catalog.treatment t
    WHERE m.id = merge_treatment.treatment AND m.merged_into_id IS NULL
        AND t.id = merge_treatment.target AND t.retired_on IS NULL AND t.id <> m.id;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE catalog.treatment m SET merged_into_id = merge_treatment.target
    WHERE m.merged_into_id = merge_treatment.treatment;
    UPDATE care.catalogue_proposal p SET treatment_id = merge_treatment.target
    WHERE p.treatment_id = merge_treatment.treatment;
    UPDATE catalog.eligibility e SET treatment_ids = e.treatment_ids || merge_treatment.target
    WHERE merge_treatment.treatment = ANY (e.treatment_ids) AND merge_treatment.target <> ALL (e.treatment_ids)
        AND EXISTS (SELECT FROM catalog.survey s WHERE s.id = e.survey_id AND s.status IN ('DRAFT', 'WAITING', 'OPEN'));
    PERFORM catalog.set_community_treatments(listed.community_id, listed.entries)
    FROM (
        SELECT e.community_id, array_agg(e.id ORDER BY e.position, e.id) AS entries
        FROM (
            SELECT b.community_id, min(b.position) AS position,
                CASE b.treatment_id WHEN merge_treatment.treatment THEN merge_treatment.target
                    ELSE b.treatment_id END AS id
            FROM catalog.community_treatment b
            WHERE b.community_id IN (
                SELECT o.community_id FROM catalog.community_treatment o
                WHERE o.treatment_id = merge_treatment.treatment)
            GROUP BY 1, 3
        ) e
        GROUP BY e.community_id
    ) listed;
END $$;
GRANT EXECUTE ON FUNCTION catalog.merge_treatment(uuid, uuid) TO cohorte_manager;

-- The indicators and treatments whose members' rows are due to move.
CREATE FUNCTION catalog.entries_to_move() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.id FROM (
        SELECT i.id FROM catalog.indicator i WHERE i.moves_at <= catalog.clock()
        UNION ALL SELECT t.id FROM catalog.treatment t WHERE t.moves_at <= catalog.clock()
    ) e
    WHERE NOT EXISTS (SELECT FROM research.freezing f JOIN insight.variable v ON v.dataset_id = f.dataset_id
        WHERE v.subject_id = e.id AND f.part < 16)
$$;
GRANT EXECUTE ON FUNCTION catalog.entries_to_move() TO cohorte_publisher;

-- Whether an id begins with the hexadecimal digit `part`, and is after another one, if that is given. Inlined.
CREATE FUNCTION care.in_part(id uuid, part integer, after uuid) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN id >= rpad(to_hex(part), 32, '0')::uuid AND id <= rpad(to_hex(part), 32, 'f')::uuid AND (after IS NULL OR id > after);

-- Moves the rows of the next members, at most `most`, of an indicator or a treatment that has merged: of those whose ids
-- begin with the hexadecimal digit `part` and are after `after`. If `most` is null, of all that are left of the part. The
-- id after which to go on; null if nobody has moved yet, or the entry is not due. The last part ends the move.
--
-- Where a member has a value, or a side effect, of both, each stays where it is: none is lost. Datasets and what was
-- published of them stay as they are.
CREATE FUNCTION care.move_entry(entry uuid, part integer, after uuid, most integer) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
        IF move_entry.most IS NULL AND move_entry.part = 15 THEN
            UPDATE catalog.indicator i SET moves_at = NULL WHERE i.id = move_entry.entry;
            DELETE FROM care.discussion_topic d
            WHERE d.indicator_id = move_entry.entry AND EXISTS (
                SELECT FROM care.discussion_topic n WHERE n.discussion_id = d.discussion_id AND n.indicator_id = target);
            UPDATE care.discussion_topic d SET indicator_id = target WHERE d.indicator_id = move_entry.entry;
        END IF;
        RETURN coalesce(movers[cardinality(movers)], move_entry.after);
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
        IF move_entry.most IS NULL AND move_entry.part = 15 THEN
            UPDATE catalog.treatment t SET moves_at = NULL WHERE t.id = move_entry.entry;
            DELETE FROM care.discussion_topic d
            WHERE d.treatment_id = move_entry.entry AND EXISTS (
                SELECT FROM care.discussion_topic n WHERE n.discussion_id = d.discussion_id AND n.treatment_id = target);
            UPDATE care.discussion_topic d SET treatment_id = target WHERE d.treatment_id = move_entry.entry;
        END IF;
        RETURN coalesce(movers[cardinality(movers)], move_entry.after);
    END IF;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION care.move_entry(uuid, integer, uuid, integer) TO cohorte_publisher;

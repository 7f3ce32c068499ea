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

-- Moves members' rows of an indicator or a treatment that has merged; nothing for others, and nothing once they have
-- moved. Where a member has a value, or a side effect, of both, each stays where it is: none is lost. Datasets and what
-- was published of them stay as they are.
CREATE FUNCTION care.move_entry(entry uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target uuid;
BEGIN
    UPDATE catalog.indicator i SET moves_at = NULL
    WHERE i.id = move_entry.entry AND i.moves_at <= catalog.clock() RETURNING i.merged_into_id INTO target;
    IF target IS NOT NULL THEN
        UPDATE care.observation o SET indicator_id = target
        WHERE o.indicator_id = move_entry.entry AND NOT EXISTS (
            SELECT FROM care.observation n
            WHERE n.member_id = o.member_id AND n.indicator_id = target AND n.observed_on = o.observed_on);
        UPDATE care.side_effect s SET indicator_id = target
        WHERE s.indicator_id = move_entry.entry AND NOT EXISTS (
            SELECT FROM care.side_effect n WHERE n.evaluation_id = s.evaluation_id AND n.indicator_id = target);
        DELETE FROM care.discussion_topic d
        WHERE d.indicator_id = move_entry.entry AND EXISTS (
            SELECT FROM care.discussion_topic n WHERE n.discussion_id = d.discussion_id AND n.indicator_id = target);
        UPDATE care.discussion_topic d SET indicator_id = target WHERE d.indicator_id = move_entry.entry;
        RETURN;
    END IF;
    UPDATE catalog.treatment t SET moves_at = NULL
    WHERE t.id = move_entry.entry AND t.moves_at <= catalog.clock() RETURNING t.merged_into_id INTO target;
    IF target IS NOT NULL THEN
        UPDATE care.course c SET treatment_id = target WHERE c.treatment_id = move_entry.entry;
        UPDATE care.evaluation v SET treatment_id = target WHERE v.treatment_id = move_entry.entry;
        DELETE FROM care.discussion_topic d
        WHERE d.treatment_id = move_entry.entry AND EXISTS (
            SELECT FROM care.discussion_topic n WHERE n.discussion_id = d.discussion_id AND n.treatment_id = target);
        UPDATE care.discussion_topic d SET treatment_id = target WHERE d.treatment_id = move_entry.entry;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION care.move_entry(uuid) TO cohorte_publisher;

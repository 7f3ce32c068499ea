ALTER TABLE catalog.indicator ADD COLUMN merged_into_id uuid;
ALTER TABLE catalog.indicator ADD COLUMN moves_at timestamp with time zone;
ALTER TABLE catalog.treatment ADD COLUMN merged_into_id uuid;
ALTER TABLE catalog.treatment ADD COLUMN moves_at timestamp with time zone;
ALTER TABLE catalog.indicator ADD CONSTRAINT fk_indicator_merged_into_id_indicator FOREIGN KEY (merged_into_id) REFERENCES catalog.indicator(id) ON DELETE RESTRICT;
ALTER TABLE catalog.treatment ADD CONSTRAINT fk_treatment_merged_into_id_treatment FOREIGN KEY (merged_into_id) REFERENCES catalog.treatment(id) ON DELETE RESTRICT;
CREATE INDEX ix_indicator_merged_into_id ON catalog.indicator USING btree (merged_into_id) WHERE (merged_into_id IS NOT NULL);
CREATE INDEX ix_indicator_moves_at ON catalog.indicator USING btree (moves_at) WHERE (moves_at IS NOT NULL);
CREATE INDEX ix_treatment_merged_into_id ON catalog.treatment USING btree (merged_into_id) WHERE (merged_into_id IS NOT NULL);
CREATE INDEX ix_treatment_moves_at ON catalog.treatment USING btree (moves_at) WHERE (moves_at IS NOT NULL);
CREATE OR REPLACE FUNCTION catalog.edited_part(whole jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT whole - ARRAY['id', 'version', 'search', 'member_count', 'counted_on', 'consenting_count', 'demonstration',
        'moves_at']
$function$;

CREATE OR REPLACE FUNCTION catalog.record_edit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    earlier jsonb := CASE TG_OP WHEN 'UPDATE' THEN catalog.edited_part(to_jsonb(OLD)) END;
    later jsonb := catalog.edited_part(to_jsonb(NEW));
    prefixes CONSTANT jsonb := jsonb_build_object('condition_id', 'con_', 'merged_into_id', TG_ARGV[0] || '_');
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM catalog.record_change(TG_ARGV[0], NEW.id, NULL, NULL, NEW.name, NEW.demonstration);
        RETURN NULL;
    END IF;
    PERFORM catalog.record_change(
        TG_ARGV[0], NEW.id, catalog.field_of(n.key), coalesce(prefixes ->> n.key, '') || (earlier ->> n.key),
        coalesce(prefixes ->> n.key, '') || n.value, NEW.demonstration)
    FROM jsonb_each_text(later) n WHERE later -> n.key IS DISTINCT FROM earlier -> n.key;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION catalog.merge_indicator(indicator uuid, target uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION catalog.merge_treatment(treatment uuid, target uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION catalog.entries_to_move()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT i.id FROM catalog.indicator i WHERE i.moves_at <= catalog.clock()
    UNION ALL SELECT t.id FROM catalog.treatment t WHERE t.moves_at <= catalog.clock()
$function$;

CREATE OR REPLACE FUNCTION care.move_entry(entry uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

GRANT EXECUTE ON FUNCTION catalog.merge_indicator(uuid,uuid) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.merge_treatment(uuid,uuid) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.entries_to_move() TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION care.move_entry(uuid) TO cohorte_publisher;

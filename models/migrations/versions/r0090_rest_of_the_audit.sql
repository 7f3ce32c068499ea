ALTER TABLE research.survey_opening ALTER COLUMN threshold DROP NOT NULL;
ALTER TABLE catalog.community ADD COLUMN moves_at timestamp with time zone;
UPDATE catalog.survey SET minimum_participants = 200 WHERE minimum_participants < 200;
ALTER TABLE catalog.survey ADD CONSTRAINT ck_survey_least_participants CHECK (minimum_participants >= 200);
CREATE OR REPLACE FUNCTION research.spent_on_surveys(community uuid, day date)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(sum(r.micro_rho), 0)::integer
    FROM insight.count_release r JOIN catalog.survey s ON s.id = r.survey_id
    LEFT JOIN research.survey_opening o ON o.survey_id = s.id AND r.kind = 'OPENING'
    WHERE r.community_id = spent_on_surveys.community
        AND (r.published_at >= catalog.year_before(spent_on_surveys.day) OR o.looked_on > spent_on_surveys.day - 365
            OR r.kind = 'OPENING' AND s.status = 'WAITING')
$function$;

CREATE OR REPLACE FUNCTION catalog.unschedule_survey(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    drafted integer;
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'DRAFT', version = s.version + 1
    WHERE s.id = unschedule_survey.survey AND s.status = 'WAITING'
    RETURNING s.version INTO drafted;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE research.survey_opening o SET threshold = NULL WHERE o.survey_id = unschedule_survey.survey;
    DELETE FROM catalog.question q WHERE q.survey_id = unschedule_survey.survey AND q.version < drafted - 1;
    UPDATE catalog.question q SET version = drafted WHERE q.survey_id = unschedule_survey.survey;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION research.begin_opening(survey uuid, threshold integer)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO research.survey_opening (survey_id, threshold, demonstration)
    SELECT s.id, begin_opening.threshold, s.demonstration FROM catalog.survey s WHERE s.id = begin_opening.survey
    ON CONFLICT (survey_id) DO UPDATE SET threshold = excluded.threshold
$function$;

CREATE OR REPLACE FUNCTION research.is_opening(survey uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (SELECT FROM research.survey_opening o
        WHERE o.survey_id = is_opening.survey AND o.threshold IS NOT NULL)
$function$;

CREATE OR REPLACE FUNCTION catalog.open_survey(survey uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    community uuid;
BEGIN
    SELECT s.community_id INTO community FROM catalog.survey s WHERE s.id = open_survey.survey;
    PERFORM catalog.lock_community(community);
    UPDATE catalog.survey s SET status = 'OPEN', opens_on = coalesce(s.opens_on, catalog.today())
    WHERE s.id = open_survey.survey AND s.status = 'WAITING';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE research.survey_opening o SET threshold = NULL WHERE o.survey_id = open_survey.survey;
    PERFORM identity.queue_news('SURVEY_OPENED', open_survey.survey);
    PERFORM care.announce('surveyOpened', open_survey.survey, community);
END $function$;

CREATE OR REPLACE FUNCTION catalog.published_to_move(subject uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(sum(c.member_count), 0)::integer FROM catalog.community c
    WHERE c.id = published_to_move.subject OR c.id IN (
        SELECT b.community_id FROM catalog.indicator i
        JOIN catalog.community_indicator b ON b.indicator_id = i.merged_into_id
        WHERE i.id = published_to_move.subject
        UNION ALL SELECT b.community_id FROM catalog.treatment t
        JOIN catalog.community_treatment b ON b.treatment_id = t.merged_into_id
        WHERE t.id = published_to_move.subject)
$function$;

CREATE OR REPLACE FUNCTION catalog.merge_community(community uuid, target uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

CREATE OR REPLACE FUNCTION catalog.communities_to_move()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT c.id FROM catalog.community c
    WHERE c.status = 'MERGED' AND (c.moves_at IS NOT NULL
        OR EXISTS (SELECT FROM care.membership b WHERE b.community_id = c.id)
        OR EXISTS (SELECT FROM care.discussion d WHERE d.community_id = c.id)
        OR EXISTS (SELECT FROM care.course k WHERE k.community_id = c.id)
        OR EXISTS (SELECT FROM care.diagnosis g WHERE g.community_id = c.id))
        AND NOT EXISTS (SELECT FROM research.freezing f JOIN insight.dataset d ON d.id = f.dataset_id
            WHERE d.community_id = c.id AND f.part < 16)
    ORDER BY c.id
$function$;

CREATE OR REPLACE FUNCTION care.move_members(community uuid, part integer, after uuid, most integer)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
END $function$;

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
END $function$;

GRANT EXECUTE ON FUNCTION catalog.published_to_move(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.spent_on_surveys(uuid,date) TO cohorte_publisher;

ALTER TABLE research.counted_membership ADD COLUMN openings bigint[] DEFAULT '{}'::bigint[] NOT NULL;
CREATE OR REPLACE FUNCTION research.look(survey uuid)
 RETURNS TABLE(threshold integer, eligible integer)
 LANGUAGE plpgsql
 SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE research.counted_membership c SET openings = c.openings || l.position
    FROM catalog.survey s
    JOIN research.survey_opening o ON o.survey_id = s.id
    CROSS JOIN LATERAL (
        SELECT e.position, e.published_at
        FROM insight.ledger_entry e JOIN insight.count_release r ON r.id = e.count_release_id
        WHERE r.survey_id = s.id AND r.kind = 'OPENING' ORDER BY e.position DESC LIMIT 1) l
    WHERE s.id = look.survey AND catalog.is_look_due(s) AND c.community_id = s.community_id AND c.left_at IS NULL
        AND c.counted_since > l.published_at AND l.position <> ALL (c.openings);
    RETURN QUERY
        UPDATE research.survey_opening o SET looked_on = catalog.today()
        FROM catalog.survey s
        WHERE s.id = look.survey AND o.survey_id = s.id AND catalog.is_look_due(s)
        RETURNING o.threshold, (
            SELECT count(*)::integer FROM research.eligible(s.id) e (member_id)
            JOIN research.counted_membership c ON c.member_id = e.member_id
            WHERE c.community_id = s.community_id AND c.left_at IS NULL);
END $function$;

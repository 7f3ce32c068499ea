CREATE OR REPLACE FUNCTION research.count_progress(survey uuid) RETURNS integer[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY[count(*) FILTER (WHERE p.status IS NULL), count(*) FILTER (WHERE p.status IN ('INVITED', 'WITHDRAWN')),
        count(*) FILTER (WHERE p.status = 'STARTED'), count(*) FILTER (WHERE p.status = 'COMPLETED')]::integer[]
    FROM catalog.survey s
    JOIN research.counted_membership c ON c.community_id = s.community_id
    LEFT JOIN research.participation p ON p.survey_id = s.id AND p.member_id = c.member_id
    LEFT JOIN research.eligible(count_progress.survey) e (member_id) ON e.member_id = c.member_id
    WHERE s.id = count_progress.survey AND c.left_at IS NULL AND (p.member_id IS NOT NULL OR e.member_id IS NOT NULL)
$$;

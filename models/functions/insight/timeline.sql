-- Marks by which a standby shows that it follows this database, and not a copy that goes on by itself.

-- The latest marks, the last one first. Copies and standbys have those that were made before they were.
CREATE FUNCTION catalog.timeline_marks() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce((SELECT t.marks FROM catalog.timeline t), '{}') $$;
GRANT EXECUTE ON FUNCTION catalog.timeline_marks() TO cohorte_public;

-- Makes another mark, unless somebody else has since `seen` was the last one. It; null if there was none to make.
CREATE FUNCTION catalog.mark_timeline(seen uuid) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO catalog.timeline AS t (marks) VALUES (ARRAY[gen_random_uuid()])
    ON CONFLICT (is_only) DO UPDATE SET marks = (excluded.marks || t.marks)[1:32]
    WHERE t.marks[1] = mark_timeline.seen
    RETURNING t.marks[1]
$$;
GRANT EXECUTE ON FUNCTION catalog.mark_timeline(uuid) TO cohorte_public;

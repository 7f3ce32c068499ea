CREATE TABLE catalog.timeline (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    is_only BOOLEAN DEFAULT true NOT NULL,
    marks UUID[] NOT NULL,
    CONSTRAINT pk_timeline PRIMARY KEY (is_only),
    CONSTRAINT ck_timeline_is_only CHECK (is_only)
);

CREATE OR REPLACE FUNCTION catalog.timeline_marks()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT coalesce((SELECT t.marks FROM catalog.timeline t), '{}') $function$;

CREATE OR REPLACE FUNCTION catalog.mark_timeline(seen uuid)
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO catalog.timeline AS t (marks) VALUES (ARRAY[gen_random_uuid()])
    ON CONFLICT (is_only) DO UPDATE SET marks = (excluded.marks || t.marks)[1:32]
    WHERE t.marks[1] = mark_timeline.seen
    RETURNING t.marks[1]
$function$;

ALTER TABLE catalog.timeline ENABLE ROW LEVEL SECURITY;
GRANT EXECUTE ON FUNCTION catalog.timeline_marks() TO cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.mark_timeline(uuid) TO cohorte_public;

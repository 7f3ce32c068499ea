CREATE OR REPLACE FUNCTION care.viewer_patients()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY(
        SELECT l.patient_id FROM care.care_link l
        WHERE l.relative_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid)  -- read once
            AND l.status = 'ACCEPTED')
$function$;

CREATE OR REPLACE FUNCTION care.viewer_communities()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT own.ids || ARRAY(
        SELECT c.id FROM catalog.community c WHERE c.merged_into_id = ANY (own.ids) AND c.id <> ALL (own.ids))
    FROM (
        SELECT ARRAY(
            SELECT m.community_id FROM care.membership m
            WHERE m.member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid)) AS ids  -- read once
        OFFSET 0  -- or it is computed wherever it is named
    ) own
$function$;

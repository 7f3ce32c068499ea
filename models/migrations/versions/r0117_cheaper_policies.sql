DROP POLICY patient_reads ON care.profile;
DROP POLICY patient_reads ON care.membership;
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
            WHERE m.member_id = nullif(current_setting('cohorte.member', true), '')::uuid) AS ids
        OFFSET 0  -- or it is computed wherever it is named
    ) own
$function$;

CREATE POLICY patient_reads ON care.profile FOR SELECT TO cohorte_patient USING (
CASE (member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))
    WHEN true THEN true
    WHEN false THEN (((sharing)::text = 'ALL_MEMBERS'::text) OR (((sharing)::text = 'MY_COMMUNITIES'::text) AND ( SELECT true
       FROM care.membership theirs
      WHERE ((theirs.member_id = profile.member_id) AND (theirs.community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[])))
     LIMIT 1)) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[])))
    ELSE NULL::boolean
END);

CREATE POLICY patient_reads ON care.membership FOR SELECT TO cohorte_patient USING (
CASE (member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))
    WHEN true THEN true
    WHEN false THEN (((sharing)::text = 'ALL_MEMBERS'::text) OR (((sharing)::text = 'MY_COMMUNITIES'::text) AND (community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[]))) OR (member_id = ANY (( SELECT care.viewer_patients() AS viewer_patients)::uuid[])))
    ELSE NULL::boolean
END);

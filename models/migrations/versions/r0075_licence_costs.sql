CREATE OR REPLACE FUNCTION insight.spent_under(licence uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(sum(r.micro_rho), 0)::integer FROM insight.release r WHERE r.licence_id = spent_under.licence
$function$;

GRANT EXECUTE ON FUNCTION insight.spent_under(uuid) TO cohorte_buyer, cohorte_manager;

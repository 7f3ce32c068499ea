CREATE OR REPLACE FUNCTION identity.mail_waits()
 RETURNS double precision
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(extract(epoch FROM now() - min(o.created_at)), 0)::double precision
    FROM identity.outbox_entry o WHERE o.kind = 'MAIL'
$function$;

GRANT EXECUTE ON FUNCTION identity.mail_waits() TO cohorte_public;

CREATE OR REPLACE FUNCTION identity.stored_address(forms text[])
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT a.email
    FROM unnest(stored_address.forms) WITH ORDINALITY f (form, place)
    JOIN identity.account a ON a.email = lower(f.form)
    ORDER BY f.place LIMIT 1
$function$;

GRANT EXECUTE ON FUNCTION identity.stored_address(text[]) TO cohorte_public;

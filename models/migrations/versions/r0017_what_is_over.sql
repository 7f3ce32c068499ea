
CREATE OR REPLACE FUNCTION identity.renew_hash(account_id uuid, was text, becomes text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.credential c SET password_hash = renew_hash.becomes
    WHERE c.account_id = renew_hash.account_id AND c.password_hash = renew_hash.was
$function$;
GRANT EXECUTE ON FUNCTION identity.renew_hash(uuid,text,text) TO cohorte_public;

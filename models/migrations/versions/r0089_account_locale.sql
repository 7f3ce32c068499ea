CREATE OR REPLACE FUNCTION identity.account_locale(account_id uuid)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT a.locale FROM identity.account a
    WHERE a.id = account_locale.account_id AND a.id = ANY (identity.viewer_accounts())
$function$;

CREATE OR REPLACE FUNCTION identity.change_locale(account_id uuid, locale text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.account a SET locale = change_locale.locale
    WHERE a.id = change_locale.account_id AND a.id = ANY (identity.viewer_accounts())
$function$;

GRANT EXECUTE ON FUNCTION identity.account_locale(uuid) TO cohorte_buyer, cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.change_locale(uuid,text) TO cohorte_buyer, cohorte_manager, cohorte_patient;

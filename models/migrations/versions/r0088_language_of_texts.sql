DROP FUNCTION identity.take_data_export(bytea,uuid);
CREATE OR REPLACE FUNCTION identity.take_data_export(token_hash bytea, account_id uuid)
 RETURNS TABLE(account uuid, session uuid, member uuid, format text, locale text)
 LANGUAGE sql
 SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.data_export e USING identity.account a, identity.session s
    WHERE e.token_hash = take_data_export.token_hash AND e.expires_at > now()
        AND a.id = e.account_id AND s.id = e.session_id AND s.expires_at > now()
        AND (take_data_export.account_id IS NULL OR take_data_export.account_id = e.account_id)
    RETURNING e.account_id, e.session_id, a.member_id, e.format::text, a.locale
$function$;

GRANT EXECUTE ON FUNCTION identity.take_data_export(bytea,uuid) TO cohorte_public;

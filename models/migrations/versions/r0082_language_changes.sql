CREATE OR REPLACE FUNCTION identity.renew_viewers()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_notify('session_changed', s.id::text) FROM identity.session s WHERE s.account_id = NEW.id;
    RETURN NULL;
END $function$;

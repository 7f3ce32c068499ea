DROP FUNCTION identity.viewer_of(bytea);
CREATE OR REPLACE FUNCTION identity.viewer_of(token_hash bytea)
 RETURNS TABLE(account_id uuid, session_id uuid, api_key_id uuid, member_id uuid, organization_id uuid, staff_id uuid, roles text[], expires_at timestamp with time zone, demonstration boolean, locale text)
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT a.id, s.id, NULL::uuid, a.member_id, a.organization_id, a.staff_id, coalesce(f.roles, '{}'), s.expires_at,
        a.demonstration, a.locale
    FROM identity.session s
    JOIN identity.account a ON a.id = s.account_id
    LEFT JOIN identity.staff f ON f.id = a.staff_id
    WHERE s.token_hash = viewer_of.token_hash AND s.expires_at > now()
    UNION ALL
    SELECT NULL, NULL, k.id, NULL, k.organization_id, NULL, '{}', k.expires_at, k.demonstration OR o.demonstration, NULL
    FROM insight.api_key k JOIN insight.organization o ON o.id = k.organization_id
    WHERE k.secret_hash = viewer_of.token_hash AND k.expires_at > now()
$function$;

CREATE OR REPLACE FUNCTION identity.renew_viewers()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM pg_notify('session_revoked', s.id::text) FROM identity.session s WHERE s.account_id = NEW.id;
    RETURN NULL;
END $function$;

CREATE TRIGGER renew_viewers AFTER UPDATE OF locale ON identity.account FOR EACH ROW WHEN (((old.locale)::text <> (new.locale)::text)) EXECUTE FUNCTION identity.renew_viewers();
GRANT EXECUTE ON FUNCTION identity.viewer_of(bytea) TO cohorte_public;

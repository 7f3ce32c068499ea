CREATE OR REPLACE FUNCTION catalog.known_keys(keys uuid[], known uuid[], number integer)
 RETURNS uuid[]
 LANGUAGE plpgsql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    at integer;
BEGIN
    SELECT k.place - 1 INTO at
    FROM unnest(keys) WITH ORDINALITY AS k (key, place)
    WHERE k.key <> ALL (known) ORDER BY k.place LIMIT 1;
    IF at IS NOT NULL THEN
        RAISE 'a key names no row' USING ERRCODE = 'UK001', DETAIL = number || ' ' || at;
    END IF;
    RETURN keys;
END $function$;

GRANT EXECUTE ON FUNCTION catalog.known_keys(uuid[],uuid[],integer) TO cohorte_patient;

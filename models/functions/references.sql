-- Checks of references and cursors in arguments of the graph.

-- The keys, unless one is not among the known ones: then it raises UK001, with the number of the check and the position of
-- the key, from 0, as the detail. The message repeats no value.
CREATE FUNCTION catalog.known_keys(keys uuid[], known uuid[], number integer) RETURNS uuid[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION catalog.known_keys(uuid[], uuid[], integer) TO cohorte_patient;

-- True if the tag in a cursor is that of the list. Otherwise it raises UK001, with the number of the check and 0 as the detail.
CREATE FUNCTION catalog.same_list(given text, list text, number integer) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF given IS DISTINCT FROM list THEN
        RAISE 'a cursor is of another list' USING ERRCODE = 'UK001', DETAIL = number || ' 0';
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION catalog.same_list(text, text, integer)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;

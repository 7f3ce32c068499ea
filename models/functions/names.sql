-- Comparison of names that have one spelling each.

-- A name in lower case, in NFC and with single spaces: the same for names that look the same.
CREATE FUNCTION catalog.plain_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN lower(btrim(regexp_replace(normalize(name), '\s+', ' ', 'g')));
GRANT EXECUTE ON FUNCTION catalog.plain_name(text) TO cohorte_manager;

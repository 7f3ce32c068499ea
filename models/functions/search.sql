-- Full-text search. Loaded before the tables: their generated columns call catalog.words_in.

-- How texts become words: all punctuation becomes a space first, which keeps the parser from reading hyphens, numbers
-- and addresses its own way ("omega-3" as "omega" and "-3"). Then accents and capitals are dropped.
DO $$
DECLARE home text;
BEGIN
    CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA catalog;
    -- The database may have the extension already, in another schema.
    SELECT extnamespace::regnamespace::text INTO home FROM pg_extension WHERE extname = 'unaccent';
    CREATE TEXT SEARCH CONFIGURATION catalog.words (COPY = pg_catalog.simple);
    EXECUTE format(
        'ALTER TEXT SEARCH CONFIGURATION catalog.words ALTER MAPPING FOR asciiword, word, numword, asciihword, hword,
         numhword, hword_asciipart, hword_part, hword_numpart WITH %s.unaccent, pg_catalog.simple', home);
END $$;

-- The words of a text. It has no SET clause, so that PostgreSQL can inline it into generated columns.
CREATE FUNCTION catalog.words_in(written text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector(
    'catalog.words'::regconfig,
    translate(written, '''"`!#$%&()*+,-./:;<=>?@[\]^_{|}~«»“”‘’–—…·' || chr(160) || chr(8209) || chr(8239), repeat(' ', 60))
);
GRANT EXECUTE ON FUNCTION catalog.words_in(text) TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;

-- A query that every word of the term matches as a prefix. Without words it is the empty query, which finds nothing.
CREATE FUNCTION catalog.search_query(term text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
SET client_min_messages = warning  -- an empty query sends a notice
AS $$
DECLARE words text;
BEGIN
    -- unaccent turns fullwidth quotes and backslashes into plain ones: these are doubled.
    SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ') INTO words
    FROM unnest(catalog.words_in(left(term, 200)))
    WHERE octet_length(lexeme) <= 1000;
    RETURN coalesce(words, '')::tsquery;
END $$;
GRANT EXECUTE ON FUNCTION catalog.search_query(text)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;

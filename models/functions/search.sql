-- How texts become words: the parser's own ideas of hyphens, numbers and addresses ("omega-3" as "omega" and "-3")
-- are kept out by making spaces of all punctuation first; then accents and capitals go.
DO $$
DECLARE home text;
BEGIN
    CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA catalog;
    -- A database may have had the extension before, elsewhere.
    SELECT extnamespace::regnamespace::text INTO home FROM pg_extension WHERE extname = 'unaccent';
    CREATE TEXT SEARCH CONFIGURATION catalog.words (COPY = pg_catalog.simple);
    EXECUTE format(
        'ALTER TEXT SEARCH CONFIGURATION catalog.words ALTER MAPPING FOR asciiword, word, numword, asciihword, hword,
         numhword, hword_asciipart, hword_part, hword_numpart WITH %s.unaccent, pg_catalog.simple', home);
END $$;

-- Without a SET clause, so that PostgreSQL can inline it into the tables' generated columns.
CREATE FUNCTION catalog.words_in(written text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector(
    'catalog.words'::regconfig,
    translate(written, '''"`!#$%&()*+,-./:;<=>?@[\]^_{|}~«»“”‘’–—…·' || chr(160) || chr(8209) || chr(8239), repeat(' ', 60))
);
GRANT EXECUTE ON FUNCTION catalog.words_in(text) TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;

-- Every word as a prefix, all of them wanted; no words: the empty query, which finds nothing.
CREATE FUNCTION catalog.search_query(term text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
SET client_min_messages = warning  -- an empty query would send a notice
AS $$
DECLARE words text;
BEGIN
    -- unaccent makes quotes and backslashes of their fullwidth twins: they are doubled.
    SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || ''':*', ' & ') INTO words
    FROM unnest(catalog.words_in(left(term, 200)))
    WHERE octet_length(lexeme) <= 1000;
    RETURN coalesce(words, '')::tsquery;
END $$;
GRANT EXECUTE ON FUNCTION catalog.search_query(text)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;

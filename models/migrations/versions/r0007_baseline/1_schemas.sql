-- A function is nobody's to execute until a grant names a role: PostgreSQL would let everybody.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- Roles belong to the whole cluster, where another database may be making them at this moment. Nothing else is set here:
-- of two ALTER ROLE at once one fails. The server sets their passwords when it starts (models/connections.py).
DO $$
DECLARE role text;
BEGIN
    FOREACH role IN ARRAY
        '{cohorte_public,cohorte_patient,cohorte_buyer,cohorte_manager,cohorte_publisher}'::text[]
    LOOP
        BEGIN
            -- They may exist already: who may create tables need not be able to create roles.
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
                EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', role);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
        EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role);
    END LOOP;
END $$;
GRANT SELECT ON public.migration TO cohorte_public;  -- readiness: whether the database is at the server's revision

CREATE SCHEMA catalog;
GRANT USAGE ON SCHEMA catalog TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;
CREATE SCHEMA identity;
GRANT USAGE ON SCHEMA identity TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;
CREATE SCHEMA care;
GRANT USAGE ON SCHEMA care TO cohorte_patient, cohorte_manager, cohorte_publisher;
CREATE SCHEMA research;
GRANT USAGE ON SCHEMA research TO cohorte_patient, cohorte_publisher;
CREATE SCHEMA insight;
GRANT USAGE ON SCHEMA insight TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

CREATE FUNCTION catalog.today() RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT (now() AT TIME ZONE 'UTC')::date $$;

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

CREATE FUNCTION catalog.words_in(written text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector(
    'catalog.words'::regconfig,
    translate(written, '''"`!#$%&()*+,-./:;<=>?@[\]^_{|}~«»“”‘’–—…·' || chr(160) || chr(8209) || chr(8239), repeat(' ', 60))
);
GRANT EXECUTE ON FUNCTION catalog.words_in(text) TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;

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

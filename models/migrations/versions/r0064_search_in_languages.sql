DO $$
DECLARE
    home text;
    stemmer text;
BEGIN
    SELECT extnamespace::regnamespace::text INTO home FROM pg_extension WHERE extname = 'unaccent';
    CREATE TEXT SEARCH CONFIGURATION catalog.english (COPY = pg_catalog.simple);
    CREATE TEXT SEARCH CONFIGURATION catalog.french (COPY = pg_catalog.simple);
    FOREACH stemmer IN ARRAY ARRAY['english english_stem', 'french french_stem'] LOOP
        EXECUTE format(
            'ALTER TEXT SEARCH CONFIGURATION catalog.%I ALTER MAPPING FOR asciiword, word, numword, asciihword, hword,
             numhword, hword_asciipart, hword_part, hword_numpart WITH %s.unaccent, pg_catalog.%I',
            split_part(stemmer, ' ', 1), home, split_part(stemmer, ' ', 2));
    END LOOP;
END $$;
CREATE OR REPLACE FUNCTION catalog.spaced(written text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN translate(NORMALIZE(written), ((('''"`!#$%&()*+,-./:;<=>?@[\]^_{|}~«»“”‘’–—…·'::text || chr(160)) || chr(8209)) || chr(8239)), repeat(' '::text, 60));

CREATE OR REPLACE FUNCTION catalog.words_in(written text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('catalog.words'::regconfig, catalog.spaced(written));

CREATE OR REPLACE FUNCTION catalog.stems_in(written text, language text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE language WHEN 'fr'::text THEN to_tsvector('catalog.french'::regconfig, regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(catalog.spaced(written), '\mmaux\M'::text, 'mal'::text, 'gi'::text), '\myeux\M'::text, 'oeil'::text, 'gi'::text), '\m(genou|pou)x\M'::text, '\1'::text, 'gi'::text), '\mtravaux\M'::text, 'travail'::text, 'gi'::text), '[eé]e(s?)\M'::text, 'e\1'::text, 'gi'::text)) WHEN 'en'::text THEN to_tsvector('catalog.english'::regconfig, regexp_replace(regexp_replace(regexp_replace(regexp_replace(catalog.spaced(written), '\mfeet\M'::text, 'foot'::text, 'gi'::text), '\mteeth\M'::text, 'tooth'::text, 'gi'::text), '\mchildren\M'::text, 'child'::text, 'gi'::text), '\m(wo)?men\M'::text, '\1man'::text, 'gi'::text)) ELSE ''::tsvector END;

CREATE OR REPLACE FUNCTION catalog.words_of(written text, language text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (catalog.words_in(written) || catalog.stems_in(written, language));

CREATE OR REPLACE FUNCTION catalog.weight_of(language text)
 RETURNS "char"
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE language WHEN 'en'::text THEN 'A'::"char" WHEN 'fr'::text THEN 'B'::"char" ELSE 'C'::"char" END;

CREATE OR REPLACE FUNCTION catalog.entry_words(name text, lay_names text[], translations jsonb, further text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ((setweight(catalog.words_of(((name || ' '::text) || COALESCE(array_to_string(lay_names, ' '::text), ''::text)), 'en'::text), catalog.weight_of('en'::text)) || setweight(catalog.words_of(((COALESCE((translations #>> '{fr,name}'::text[]), ''::text) || ' '::text) || COALESCE((translations #>> '{fr,lay_names}'::text[]), ''::text)), 'fr'::text), catalog.weight_of('fr'::text))) || setweight((catalog.words_of(further, 'en'::text) || catalog.stems_in(further, 'fr'::text)), 'D'::"char"));

CREATE OR REPLACE FUNCTION catalog.query_of(term text, weight text, operator text)
 RETURNS tsquery
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog'
 SET client_min_messages TO 'warning'
AS $function$
DECLARE
    written text := regexp_replace(
        left(term, 200), '\m([cdjlmnst]|qu|jusqu|lorsqu|puisqu|presqu)[''’ʼ]|[''’ʼ]s\M', ' ', 'gi');
    query text;
BEGIN
    WITH placed AS (
        SELECT w.lexeme, p.place FROM unnest(catalog.words_in(written)) w, unnest(w.positions) p (place)
        WHERE octet_length(w.lexeme) <= 1000
    ), stem AS (
        SELECT l.language, s.lexeme, p.place
        FROM unnest(ARRAY['en', 'fr']) l (language), unnest(catalog.stems_in(written, l.language)) s,
            unnest(s.positions) p (place)
        WHERE octet_length(s.lexeme) <= 1000
    ), word AS (
        SELECT w.lexeme, min(w.place) AS place,
            array_agg(DISTINCT s.lexeme) FILTER (WHERE s.lexeme <> w.lexeme) AS stems,
            count(DISTINCT s.language) < 2 AND length(w.lexeme) > 1 OR w.lexeme = 'a'
                AND max(w.place) < (SELECT max(p.place) FROM placed p) AS left_out
        FROM placed w LEFT JOIN stem s ON s.place = w.place
        GROUP BY w.lexeme
    ), part AS (
        SELECT w.place, w.lexeme, true AS prefix FROM word w WHERE NOT w.left_out OR NOT EXISTS (
            SELECT FROM word o WHERE NOT o.left_out)
        UNION ALL
        SELECT w.place, s.lexeme, false FROM word w, unnest(w.stems) s (lexeme) WHERE NOT w.left_out
    ), alternatives AS (
        SELECT p.place, string_agg(
            -- unaccent turns fullwidth quotes and backslashes into plain ones: these are doubled.
            '''' || replace(replace(p.lexeme, '\', '\\'), '''', '''''') || ''':' || weight
                || CASE WHEN p.prefix THEN '*' ELSE '' END, ' | ') AS any_of
        FROM part p GROUP BY p.place
    )
    SELECT string_agg('(' || a.any_of || ')', operator ORDER BY a.place) INTO query FROM alternatives a;
    RETURN coalesce(query, '')::tsquery;
END $function$;

CREATE OR REPLACE FUNCTION catalog.search_query(term text)
 RETURNS tsquery
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN catalog.query_of(term, ''::text, ' & '::text);

CREATE OR REPLACE FUNCTION catalog.search_query_in(term text, language text)
 RETURNS tsquery
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN catalog.query_of(term, (catalog.weight_of(language))::text, ' & '::text);

CREATE OR REPLACE FUNCTION catalog.matched_name(every_word tsquery, any_word tsquery, viewers_language text, name text, lay_names text[], translations jsonb, further text)
 RETURNS TABLE(name text, language text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog'
AS $function$
    WITH named AS (
        SELECT matched_name.name AS name, 'en' AS language, 0 AS rank, 0::bigint AS place
        UNION ALL
        SELECT l.name, 'en', 1, l.place FROM unnest(lay_names) WITH ORDINALITY l (name, place)
        UNION ALL
        SELECT t.value ->> 'name', t.key, 0, 0 FROM jsonb_each(translations) t
        UNION ALL
        SELECT l.name, t.key, 1, l.place FROM jsonb_each(translations) t,
            jsonb_array_elements_text(t.value -> 'lay_names') WITH ORDINALITY l (name, place)
        UNION ALL
        SELECT btrim(f.name), NULL, 2, f.place FROM regexp_split_to_table(further, '[,;\n]+') WITH ORDINALITY f (name, place)
    ), matching AS (
        SELECT n.*, CASE WHEN n.language IS NULL
            THEN catalog.words_of(n.name, 'en') || catalog.stems_in(n.name, 'fr')
            ELSE catalog.words_of(n.name, n.language) END AS words
        FROM named n
    )
    SELECT m.name, m.language FROM matching m
    WHERE m.words @@ any_word
    ORDER BY m.words @@ every_word DESC, m.language IS NOT DISTINCT FROM viewers_language DESC, m.rank, m.language,
        m.place
    LIMIT 1
$function$;

GRANT EXECUTE ON FUNCTION catalog.spaced(text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.stems_in(text,text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.words_of(text,text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.weight_of(text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.entry_words(text,text[],jsonb,text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.query_of(text,text,text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.search_query_in(text,text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.matched_name(tsquery,tsquery,text,text,text[],jsonb,text) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
-- PostgreSQL computes the new vectors of all rows as it adds the columns.
ALTER TABLE catalog.indicator DROP COLUMN search, ADD COLUMN search tsvector GENERATED ALWAYS AS (catalog.entry_words((name)::text, lay_names, translations, (words)::text)) STORED NOT NULL;
CREATE INDEX ix_indicator_search ON catalog.indicator USING gin (search);
ALTER TABLE catalog.treatment DROP COLUMN search, ADD COLUMN search tsvector GENERATED ALWAYS AS (catalog.entry_words((name)::text, NULL::text[], translations, (COALESCE(((inn)::text || ', '::text), ''::text) || (words)::text))) STORED NOT NULL;
CREATE INDEX ix_treatment_search ON catalog.treatment USING gin (search);
ALTER TABLE catalog.community DROP COLUMN search, ADD COLUMN search tsvector GENERATED ALWAYS AS (catalog.entry_words((name)::text, NULL::text[], translations, (words)::text)) STORED NOT NULL;
CREATE INDEX ix_community_search ON catalog.community USING gin (search);
ALTER TABLE care.discussion DROP COLUMN search, ADD COLUMN search tsvector GENERATED ALWAYS AS (catalog.words_of((title)::text, lower((language)::text))) STORED NOT NULL;
CREATE INDEX ix_discussion_search ON care.discussion USING gin (search);
ALTER TABLE care.post DROP COLUMN search, ADD COLUMN search tsvector GENERATED ALWAYS AS (catalog.words_of((COALESCE(body, ''::character varying))::text, lower((language)::text))) STORED NOT NULL;
CREATE INDEX ix_post_search ON care.post USING gin (search);

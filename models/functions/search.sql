-- Full-text search. Loaded before the tables: their generated columns call catalog.words_in, words_of and entry_words.

-- How texts become words: all punctuation becomes a space first, which keeps the parser from reading hyphens, numbers
-- and addresses its own way ("omega-3" as "omega" and "-3"). Then accents and capitals are dropped.
DO $$
DECLARE
    home text;
    stemmer text;
BEGIN
    CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA catalog;
    -- The database may have the extension already, in another schema.
    SELECT extnamespace::regnamespace::text INTO home FROM pg_extension WHERE extname = 'unaccent';
    CREATE TEXT SEARCH CONFIGURATION catalog.words (COPY = pg_catalog.simple);
    CREATE TEXT SEARCH CONFIGURATION catalog.english (COPY = pg_catalog.simple);
    CREATE TEXT SEARCH CONFIGURATION catalog.french (COPY = pg_catalog.simple);
    FOREACH stemmer IN ARRAY ARRAY['words simple', 'english english_stem', 'french french_stem'] LOOP
        EXECUTE format(
            'ALTER TEXT SEARCH CONFIGURATION catalog.%I ALTER MAPPING FOR asciiword, word, numword, asciihword, hword,
             numhword, hword_asciipart, hword_part, hword_numpart WITH %s.unaccent, pg_catalog.%I',
            split_part(stemmer, ' ', 1), home, split_part(stemmer, ' ', 2));
    END LOOP;
END $$;

-- A text in NFC, without invisible characters: soft hyphens, marks of direction, joiners and variation selectors.
CREATE FUNCTION catalog.visible(written text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN normalize(regexp_replace(
    written, '[\u00AD\u034F\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFE00-\uFE0F\uFEFF]', '', 'g'));

-- A text with spaces in place of punctuation, each accented letter as one character, and without invisible characters.
CREATE FUNCTION catalog.spaced(written text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN translate(
    catalog.visible(written),
    '''"`!#$%&()*+,-./:;<=>?@[\]^_{|}~«»“”‘’–—…·' || chr(160) || chr(8209) || chr(8239), repeat(' ', 60)
);

-- The words of a text. It has no SET clause, so that PostgreSQL can inline it into generated columns.
CREATE FUNCTION catalog.words_in(written text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('catalog.words'::regconfig, catalog.spaced(written));

-- The stems of a text's words in the language with this tag, without its stop words: "headaches" and "headache" have
-- the same. Plurals that the stemmers do not know are made singular first, as is a French "-ée", which has no accent
-- where people leave accents out. Words keep the places that they have in catalog.words_in.
CREATE FUNCTION catalog.stems_in(written text, language text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE language
    WHEN 'fr' THEN to_tsvector('catalog.french'::regconfig, regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        regexp_replace(catalog.spaced(written), '\mmaux\M', 'mal', 'gi'), '\myeux\M', 'oeil', 'gi'),
        '\m(genou|pou)x\M', '\1', 'gi'), '\mtravaux\M', 'travail', 'gi'), '[eé]e(s?)\M', 'e\1', 'gi'))
    WHEN 'en' THEN to_tsvector('catalog.english'::regconfig, regexp_replace(regexp_replace(regexp_replace(regexp_replace(
        catalog.spaced(written), '\mfeet\M', 'foot', 'gi'), '\mteeth\M', 'tooth', 'gi'),
        '\mchildren\M', 'child', 'gi'), '\m(wo)?men\M', '\1man', 'gi'))
    ELSE ''::tsvector
END;

-- The words of a text and their stems in its language.
CREATE FUNCTION catalog.words_of(written text, language text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN catalog.words_in(written) || catalog.stems_in(written, language);

-- The weight of words in the language with this tag, in the search vectors of the catalogue. PostgreSQL has four; D is
-- that of words in no particular language, such as codes and international names.
CREATE FUNCTION catalog.weight_of(language text) RETURNS "char"
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE language WHEN 'en' THEN 'A'::"char" WHEN 'fr' THEN 'B'::"char" ELSE 'C'::"char" END;

-- The search vector of an entry of the catalogue: its names and everyday names in each language, and further words.
CREATE FUNCTION catalog.entry_words(name text, lay_names text[], translations jsonb, further text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN setweight(
        catalog.words_of(name || ' ' || coalesce(array_to_string(lay_names, ' '), ''), 'en'), catalog.weight_of('en'))
    || setweight(
        catalog.words_of(
            coalesce(translations #>> '{fr,name}', '') || ' ' || coalesce(translations #>> '{fr,lay_names}', ''), 'fr'),
        catalog.weight_of('fr'))
    || setweight(catalog.words_of(further, 'en') || catalog.stems_in(further, 'fr'), 'D');

-- A query for the words of the term, joined by an operator: each matches as a prefix, or by its stem in any language;
-- with a weight, only words of that weight. Words that English or French leaves out of searches are not required if
-- there are others; neither are articles and possessives with an apostrophe ("l'arthrose", "Crohn's"). "a" counts
-- as a letter at the end ("hepatitis A"). Without words it is the empty query, which finds nothing.
CREATE FUNCTION catalog.query_of(term text, weight text, operator text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
SET client_min_messages = warning  -- an empty query sends a notice
AS $$
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
END $$;

-- The query that a row matches if it has every word of the term.
CREATE FUNCTION catalog.search_query(term text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN catalog.query_of(term, '', ' & ');

-- The query that an entry of the catalogue matches if its names in the language have every word of the term.
CREATE FUNCTION catalog.search_query_in(term text, language text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN catalog.query_of(term, catalog.weight_of(language)::text, ' & ');

-- What the words of a community begin with in the index of discussions and posts: it finds those of one community,
-- however many others use the same words.
CREATE FUNCTION catalog.mark_of(community uuid) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN right(community::text, 12) || ' ';

-- The words of a text in a community. Longer ones are in no query.
CREATE FUNCTION catalog.words_there(words tsvector, community uuid) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN array_to_tsvector(ARRAY(
    SELECT catalog.mark_of(community) || w.lexeme FROM unnest(tsvector_to_array(words)) w (lexeme)
    WHERE octet_length(w.lexeme) <= 1000));

-- The query that the words of a text in a community match if they have every word of the term.
CREATE FUNCTION catalog.search_query_there(term text, community uuid) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
SET client_min_messages = warning  -- an empty query sends a notice
AS $$
    SELECT regexp_replace(
        catalog.search_query(term)::text, '''((?:[^'']|'''')+)''', '''' || catalog.mark_of(community) || '\1''', 'g'
    )::tsquery
$$;

-- The name of an entry that a search has found by every word of a term, and its language: null for further words, which are those
-- between commas. A name with all words of the term comes before one with some, and the viewer's language first.
CREATE FUNCTION catalog.matched_name(
    every_word tsquery, any_word tsquery, viewers_language text, name text, lay_names text[], translations jsonb, further text
) RETURNS TABLE (name text, language text)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog
AS $$
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
$$;

-- None of them reads a table: whoever writes a row computes its vector, and whoever searches computes the query.
GRANT EXECUTE ON FUNCTION catalog.visible(text), catalog.spaced(text), catalog.words_in(text), catalog.stems_in(text, text),
    catalog.words_of(text, text), catalog.weight_of(text), catalog.entry_words(text, text[], jsonb, text),
    catalog.query_of(text, text, text), catalog.search_query(text), catalog.search_query_in(text, text),
    catalog.matched_name(tsquery, tsquery, text, text, text[], jsonb, text)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.mark_of(uuid), catalog.words_there(tsvector, uuid),
    catalog.search_query_there(text, uuid) TO cohorte_patient, cohorte_manager;

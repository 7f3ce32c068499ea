CREATE OR REPLACE FUNCTION catalog.mark_of(community uuid)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN ("right"((community)::text, 12) || ' '::text);

CREATE OR REPLACE FUNCTION catalog.words_there(words tsvector, community uuid)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE STRICT
RETURN array_to_tsvector(ARRAY(SELECT (catalog.mark_of(words_there.community) || w.lexeme) FROM unnest(tsvector_to_array(words_there.words)) w(lexeme) WHERE (octet_length(w.lexeme) <= 1000)));

CREATE OR REPLACE FUNCTION catalog.search_query_there(term text, community uuid)
 RETURNS tsquery
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog'
 SET client_min_messages TO 'warning'
AS $function$
    SELECT regexp_replace(
        catalog.search_query(term)::text, '''((?:[^'']|'''')+)''', '''' || catalog.mark_of(community) || '\1''', 'g'
    )::tsquery
$function$;

DROP INDEX care.ix_discussion_search;
DROP INDEX care.ix_post_search;
ALTER TABLE care.post ADD COLUMN community_id uuid;
UPDATE care.post p SET community_id = d.community_id FROM care.discussion d WHERE d.id = p.discussion_id;
ALTER TABLE care.post ALTER COLUMN community_id SET NOT NULL;
ALTER TABLE care.post ADD CONSTRAINT fk_post_community_id_community FOREIGN KEY (community_id) REFERENCES catalog.community(id) ON DELETE RESTRICT;
CREATE INDEX ix_discussion_search ON care.discussion USING gin (catalog.words_there(search, community_id));
CREATE INDEX ix_post_search ON care.post USING gin (catalog.words_there(search, community_id));
CREATE OR REPLACE FUNCTION care.post_there()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    SELECT d.community_id INTO NEW.community_id FROM care.discussion d WHERE d.id = NEW.discussion_id FOR NO KEY UPDATE;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.move_posts()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE care.post p SET community_id = NEW.community_id WHERE p.discussion_id = NEW.id;
    RETURN NULL;
END $function$;

CREATE TRIGGER post_there BEFORE INSERT ON care.post FOR EACH ROW EXECUTE FUNCTION care.post_there();
CREATE TRIGGER move_posts AFTER UPDATE OF community_id ON care.discussion FOR EACH ROW WHEN ((new.community_id <> old.community_id)) EXECUTE FUNCTION care.move_posts();
GRANT EXECUTE ON FUNCTION catalog.mark_of(uuid) TO cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION catalog.words_there(tsvector,uuid) TO cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION catalog.search_query_there(text,uuid) TO cohorte_manager, cohorte_patient;

ALTER TABLE care.evaluation ADD COLUMN community_id uuid;
ALTER TABLE care.evaluation ADD CONSTRAINT fk_evaluation_community_id_community FOREIGN KEY (community_id) REFERENCES catalog.community(id) ON DELETE SET NULL;
CREATE INDEX ix_evaluation_treatment_id_community_id_evaluated_on_id ON care.evaluation USING btree (treatment_id, community_id, evaluated_on, id);
CREATE OR REPLACE FUNCTION care.place_evaluation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    SELECT c.community_id INTO NEW.community_id FROM care.course c WHERE c.id = NEW.course_id FOR SHARE;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.move_evaluation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE care.evaluation e SET community_id = NEW.community_id WHERE e.course_id = NEW.id;
    RETURN NULL;
END $function$;

CREATE TRIGGER place_evaluation BEFORE INSERT ON care.evaluation FOR EACH ROW EXECUTE FUNCTION care.place_evaluation();
CREATE TRIGGER move_evaluation AFTER UPDATE OF community_id ON care.course FOR EACH ROW WHEN ((new.community_id IS DISTINCT FROM old.community_id)) EXECUTE FUNCTION care.move_evaluation();

UPDATE care.evaluation e SET community_id = c.community_id FROM care.course c WHERE c.id = e.course_id;

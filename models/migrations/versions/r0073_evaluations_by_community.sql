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

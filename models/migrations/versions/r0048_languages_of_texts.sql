REVOKE INSERT (author_id, community_id, title) ON care.discussion FROM cohorte_patient;
REVOKE INSERT (author_id, body, discussion_id) ON care.post FROM cohorte_patient;
REVOKE UPDATE (body, edited_at, removed) ON care.post FROM cohorte_patient;
ALTER TABLE care.discussion ADD COLUMN language character varying(32) DEFAULT 'FR'::character varying NOT NULL;
ALTER TABLE care.post ADD COLUMN language character varying(32) DEFAULT 'FR'::character varying NOT NULL;
ALTER TABLE care.discussion ADD CONSTRAINT ck_discussion_language CHECK (language IN ('EN', 'FR'));
ALTER TABLE care.post ADD CONSTRAINT ck_post_language CHECK (language IN ('EN', 'FR'));
-- Texts of authors whose accounts are in English, before the trigger below watches them; the others are in French.
UPDATE care.discussion d SET language = 'EN' FROM identity.account a
WHERE a.member_id = d.author_id AND a.locale ~* '^(en|eng)([-_]|$)';
UPDATE care.post p SET language = 'EN' FROM identity.account a
WHERE a.member_id = p.author_id AND a.locale ~* '^(en|eng)([-_]|$)';
CREATE INDEX ix_discussion_community_id_language_last_post_at_id ON care.discussion USING btree (community_id, language, last_post_at, id);
CREATE OR REPLACE FUNCTION care.speak_as_first()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE care.discussion d SET language = NEW.language
    WHERE d.id = NEW.discussion_id AND NOT EXISTS (
        SELECT FROM care.post p
        WHERE p.discussion_id = NEW.discussion_id AND (p.created_at, p.id) < (NEW.created_at, NEW.id));
    RETURN NULL;
END $function$;

CREATE TRIGGER speak_as_first AFTER UPDATE OF language ON care.post FOR EACH ROW WHEN (((new.language)::text <> (old.language)::text)) EXECUTE FUNCTION care.speak_as_first();
GRANT INSERT (author_id, community_id, language, title) ON care.discussion TO cohorte_patient;
GRANT INSERT (author_id, body, discussion_id, language) ON care.post TO cohorte_patient;
GRANT UPDATE (body, edited_at, language, removed) ON care.post TO cohorte_patient;

DROP FUNCTION identity.change_pseudonym(text,text[],integer,interval);
ALTER TABLE care.flag DROP CONSTRAINT ck_flag_status;
ALTER TABLE research.participation DROP CONSTRAINT ck_participation_status;
CREATE TABLE care.removed_text (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    post_id UUID NOT NULL,
    author_id UUID,
    body VARCHAR NOT NULL,
    CONSTRAINT pk_removed_text PRIMARY KEY (post_id),
    CONSTRAINT fk_removed_text_post_id_post FOREIGN KEY(post_id) REFERENCES care.post (id) ON DELETE CASCADE,
    CONSTRAINT fk_removed_text_author_id_member FOREIGN KEY(author_id) REFERENCES care.member (id) ON DELETE CASCADE
);

ALTER TABLE identity.pseudonym_look ADD COLUMN until timestamp with time zone;
ALTER TABLE care.flag ADD CONSTRAINT ck_flag_open_undecided CHECK (status <> 'OPEN' OR num_nonnulls(staff_id, resolution, resolved_at) = 0);
ALTER TABLE care.flag ADD CONSTRAINT ck_flag_status CHECK (status IN ('OPEN', 'UPHELD', 'DISMISSED', 'LAPSED'));
ALTER TABLE identity.pseudonym_look ADD CONSTRAINT ck_pseudonym_look_former_of_member CHECK (until IS NULL OR member_id IS NOT NULL);
ALTER TABLE research.participation ADD CONSTRAINT ck_participation_status CHECK (status IN ('INVITED', 'STARTED', 'COMPLETED', 'WITHDRAWN', 'LAPSED'));
CREATE INDEX ix_membership_ambassador ON care.membership USING btree (community_id) WHERE ((role)::text = 'AMBASSADOR'::text);
CREATE INDEX ix_notification_subject_id ON care.notification USING btree (subject_id);
CREATE INDEX ix_removed_text_author_id ON care.removed_text USING btree (author_id);
CREATE INDEX ix_pseudonym_look_until ON identity.pseudonym_look USING btree (until) WHERE (until IS NOT NULL);
CREATE OR REPLACE FUNCTION identity.change_pseudonym(pseudonym text, looks text[], most integer, period interval, reserved interval)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    earlier timestamptz[];
    keeps boolean;
BEGIN
    -- Locked, so that concurrent changes are counted one after another.
    PERFORM FROM identity.account a WHERE a.member_id = viewer FOR UPDATE;
    SELECT array_remove(array_agg(r.at ORDER BY r.at), NULL) INTO earlier
    FROM identity.account a LEFT JOIN unnest(a.renamed_at) r (at) ON r.at > now() - change_pseudonym.period
    WHERE a.member_id = viewer;
    IF viewer IS NULL OR NOT identity.is_free(change_pseudonym.pseudonym, change_pseudonym.looks, viewer) THEN
        RETURN 'TAKEN';
    END IF;
    keeps := EXISTS (
        SELECT FROM identity.pseudonym_look l
        WHERE l.member_id = viewer AND l.until IS NULL AND l.look = ANY (change_pseudonym.looks))
        OR EXISTS (
            SELECT FROM care.member m
            WHERE m.id = viewer AND lower(m.pseudonym) = lower(change_pseudonym.pseudonym));
    IF NOT keeps THEN
        IF cardinality(earlier) >= change_pseudonym.most THEN
            RETURN 'TOO_OFTEN';
        END IF;
        UPDATE identity.account a SET renamed_at = earlier || now() WHERE a.member_id = viewer;
    END IF;
    UPDATE care.member m SET pseudonym = change_pseudonym.pseudonym WHERE m.id = viewer;
    UPDATE identity.pseudonym_look l
    SET until = CASE WHEN l.look <> ALL (change_pseudonym.looks) THEN coalesce(l.until, now() + change_pseudonym.reserved) END
    WHERE l.member_id = viewer;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(change_pseudonym.looks), viewer
    ON CONFLICT DO NOTHING;  -- the viewer's own: the others are not free
    RETURN 'CHANGED';
END $function$;

CREATE OR REPLACE FUNCTION identity.forget_waiting()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.session WHERE expires_at <= now();
    DELETE FROM identity.pseudonym_look WHERE until <= now()
$function$;

CREATE OR REPLACE FUNCTION identity.is_free(pseudonym text, looks text[], whose uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY is_free.looks LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(one, 2));
    END LOOP;
    DELETE FROM identity.registration r
    WHERE r.expires_at <= now() AND (
        lower(r.pseudonym) = lower(is_free.pseudonym) OR r.id IN (
            SELECT l.registration_id FROM identity.pseudonym_look l WHERE l.look = ANY (is_free.looks)));
    DELETE FROM identity.pseudonym_look l WHERE l.look = ANY (is_free.looks) AND l.until <= now();
    RETURN NOT EXISTS (
            SELECT FROM care.member m
            WHERE lower(m.pseudonym) = lower(is_free.pseudonym) AND m.id IS DISTINCT FROM is_free.whose)
        AND NOT EXISTS (SELECT FROM identity.registration r WHERE lower(r.pseudonym) = lower(is_free.pseudonym))
        AND NOT EXISTS (
            SELECT FROM identity.pseudonym_look l
            WHERE l.look = ANY (is_free.looks)
                AND (l.registration_id IS NOT NULL OR l.member_id IS DISTINCT FROM is_free.whose));
END $function$;

CREATE OR REPLACE FUNCTION identity.renew_hash(account_id uuid, was text, becomes text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.credential c SET password_hash = renew_hash.becomes
    WHERE c.account_id = renew_hash.account_id AND c.password_hash = renew_hash.was
$function$;

CREATE OR REPLACE FUNCTION care.place_post()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    latest timestamptz;
    is_closed boolean;
BEGIN
    SELECT d.last_post_at, d.closed INTO latest, is_closed FROM care.discussion d WHERE d.id = NEW.discussion_id FOR NO KEY UPDATE;
    IF is_closed THEN
        RAISE 'the discussion is closed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.created_at := greatest(clock_timestamp(), latest + interval '1 microsecond');
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.open_flag()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM care.post p WHERE p.id = NEW.post_id AND NOT p.removed FOR SHARE;
    IF NOT FOUND THEN
        RAISE 'a removed post cannot be flagged' USING ERRCODE = 'insufficient_privilege';
    END IF;
    NEW.staff_id := NULL;
    NEW.resolution := NULL;
    NEW.resolved_at := NULL;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.post_removed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    staff uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
BEGIN
    IF staff IS NOT NULL THEN
        INSERT INTO care.removed_text (post_id, author_id, body, demonstration)
        VALUES (OLD.id, OLD.author_id, OLD.body, OLD.demonstration);
    END IF;
    UPDATE care.flag f
    SET status = CASE WHEN staff IS NULL THEN 'LAPSED' ELSE 'UPHELD' END, staff_id = staff, resolved_at = now(),
        resolution = (SELECT r.reason FROM care.removal r WHERE r.post_id = NEW.id)
    WHERE f.post_id = NEW.id AND f.status = 'OPEN';
    DELETE FROM care.notification n WHERE n.subject_id = NEW.id AND n.kind = 'REPLY';
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.restore_post(post uuid, note text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    written text;
BEGIN
    PERFORM FROM identity.staff s WHERE s.id = viewer AND 'MODERATOR' = ANY (s.roles);
    IF NOT FOUND THEN
        RAISE 'only moderators may restore posts' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM care.post p WHERE p.id = restore_post.post AND p.removed FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM care.removed_text t WHERE t.post_id = restore_post.post RETURNING t.body INTO written;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE care.post p SET body = written, removed = false WHERE p.id = restore_post.post;
    DELETE FROM care.removal r WHERE r.post_id = restore_post.post;
    UPDATE care.flag f
    SET status = 'DISMISSED', staff_id = viewer, resolution = restore_post.note, resolved_at = now()
    WHERE f.post_id = restore_post.post AND f.status = 'UPHELD';
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION care.care_link_ended()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    DELETE FROM care.notification n
    WHERE n.kind = 'CARE_LINK' AND n.subject_type = 'mbr'
        AND (n.member_id, n.subject_id) IN ((NEW.patient_id, NEW.relative_id), (NEW.relative_id, NEW.patient_id));
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION research.take_back_invitations()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    DELETE FROM research.participation p USING gone g, catalog.survey s
    WHERE s.community_id = g.community_id AND p.member_id = g.member_id AND p.survey_id = s.id AND p.status = 'INVITED';
    DELETE FROM care.notification n USING gone g, catalog.survey s
    WHERE s.community_id = g.community_id AND n.member_id = g.member_id AND n.subject_id = s.id AND n.kind = 'SURVEY_OPEN';
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION research.close_at_once(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = close_at_once.survey AND s.status IN ('WAITING', 'OPEN') FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today()))
    WHERE s.id = close_at_once.survey;
    -- Answers that were not submitted are deleted.
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = close_at_once.survey AND p.status <> 'COMPLETED' AND a.id = p.answer_sheet_id;
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC')
    WHERE p.survey_id = close_at_once.survey AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL);
    -- Nobody can answer any more.
    UPDATE research.participation p SET status = 'LAPSED'
    WHERE p.survey_id = close_at_once.survey AND p.status IN ('INVITED', 'STARTED');
    DELETE FROM care.notification n WHERE n.subject_id = close_at_once.survey AND n.kind = 'SURVEY_OPEN';
    -- All answers are rewritten under new ids, in their order: neither an id that was seen before nor a row's position
    -- or transaction shows when it was given, and so by whom.
    WITH renamed AS MATERIALIZED (
        SELECT a.id AS was, gen_random_uuid() AS becomes, a.demonstration FROM research.answer_sheet a
        WHERE a.survey_id = close_at_once.survey
    ), taken AS (
        DELETE FROM research.answer a USING renamed r WHERE a.answer_sheet_id = r.was RETURNING r.becomes, a.*
    ), gone AS (
        DELETE FROM research.answer_sheet a USING renamed r WHERE a.id = r.was
    ), sheets AS (
        INSERT INTO research.answer_sheet (id, survey_id, demonstration)
        SELECT r.becomes, close_at_once.survey, r.demonstration FROM renamed r ORDER BY r.becomes
    )
    INSERT INTO research.answer (answer_sheet_id, question_id, codes, number, day, text, demonstration)
    SELECT t.becomes, t.question_id, t.codes, t.number, t.day, t.text, t.demonstration FROM taken t
    ORDER BY t.becomes, t.question_id;
    RETURN true;
END $function$;

CREATE TRIGGER open_flag BEFORE INSERT OR UPDATE OF status ON care.flag FOR EACH ROW WHEN (((new.status)::text = 'OPEN'::text)) EXECUTE FUNCTION care.open_flag();
CREATE TRIGGER post_removed AFTER UPDATE OF removed ON care.post FOR EACH ROW WHEN ((new.removed AND (NOT old.removed))) EXECUTE FUNCTION care.post_removed();
CREATE TRIGGER care_link_ended AFTER UPDATE OF status ON care.care_link FOR EACH ROW WHEN ((((new.status)::text = 'ENDED'::text) AND ((old.status)::text <> 'ENDED'::text))) EXECUTE FUNCTION care.care_link_ended();
CREATE TRIGGER take_back_invitations AFTER DELETE ON care.membership REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION research.take_back_invitations();
ALTER TABLE care.removed_text ENABLE ROW LEVEL SECURITY;
CREATE POLICY manager_updates ON care.discussion FOR UPDATE TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles)))))) WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_updates ON care.membership FOR UPDATE TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles)))))) WITH CHECK (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) AND (((role)::text = 'MEMBER'::text) OR (NOT (EXISTS ( SELECT
   FROM care.suspension s
  WHERE ((s.member_id = membership.member_id) AND ((s.until IS NULL) OR (s.until > now())))))))));

CREATE POLICY patient_reads ON care.removed_text FOR SELECT TO cohorte_patient USING ((author_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY manager_reads ON care.removed_text FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

GRANT SELECT ON care.removed_text TO cohorte_manager, cohorte_patient;
GRANT UPDATE (closed) ON care.discussion TO cohorte_manager;
GRANT UPDATE (role) ON care.membership TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.change_pseudonym(text,text[],integer,interval,interval) TO cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.renew_hash(uuid,text,text) TO cohorte_public;
GRANT EXECUTE ON FUNCTION care.restore_post(uuid,text) TO cohorte_manager;

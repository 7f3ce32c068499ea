CREATE TABLE care.verification (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    staff_id UUID,
    verified BOOLEAN NOT NULL,
    reason VARCHAR,
    full_name VARCHAR NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_verification PRIMARY KEY (id),
    CONSTRAINT ck_verification_reasoned CHECK (NOT verified OR reason IS NOT NULL),
    CONSTRAINT fk_verification_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_verification_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);

CREATE TABLE catalog.association (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    full_name VARCHAR NOT NULL,
    website VARCHAR,
    email VARCHAR,
    phone VARCHAR,
    postal_address VARCHAR,
    description VARCHAR,
    translations JSONB DEFAULT '{}' NOT NULL,
    community_ids UUID[] DEFAULT '{}' NOT NULL,
    CONSTRAINT pk_association PRIMARY KEY (member_id),
    CONSTRAINT fk_association_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE
);

CREATE TABLE care.pin (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    community_id UUID NOT NULL,
    discussion_id UUID NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_pin PRIMARY KEY (member_id, community_id),
    CONSTRAINT fk_pin_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_pin_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE CASCADE,
    CONSTRAINT fk_pin_discussion_id_discussion FOREIGN KEY(discussion_id) REFERENCES care.discussion (id) ON DELETE CASCADE
);

-- Pages of the associations that there are, in the communities of those that are verified.
INSERT INTO catalog.association (member_id, full_name, demonstration, community_ids)
SELECT m.id, m.pseudonym, m.demonstration, ARRAY(
    SELECT s.community_id FROM care.membership s WHERE s.member_id = m.id AND m.verified ORDER BY s.community_id)
FROM care.member m WHERE m.kind = 'ASSOCIATION';
CREATE INDEX ix_pin_community_id_created_at ON care.pin USING btree (community_id, created_at);
CREATE INDEX ix_pin_discussion_id ON care.pin USING btree (discussion_id);
CREATE INDEX ix_verification_member_id_created_at_id ON care.verification USING btree (member_id, created_at, id);
CREATE INDEX ix_association_community_ids ON catalog.association USING gin (community_ids);
CREATE OR REPLACE FUNCTION care.make_page()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO catalog.association (member_id, full_name) VALUES (NEW.id, NEW.pseudonym);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.list_association()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END) ->> TG_ARGV[0];
BEGIN
    PERFORM FROM catalog.association a WHERE a.member_id = whose FOR NO KEY UPDATE;
    IF FOUND THEN
        UPDATE catalog.association a
        SET community_ids = ARRAY(
            SELECT s.community_id FROM care.membership s JOIN care.member m ON m.id = s.member_id
            WHERE s.member_id = whose AND m.verified ORDER BY s.community_id)
        WHERE a.member_id = whose;
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.doubt_association()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    UPDATE care.member m SET verified = false WHERE m.id = whose AND m.verified;
    IF FOUND THEN
        INSERT INTO care.verification (member_id, verified, full_name)
        SELECT a.member_id, false, a.full_name FROM catalog.association a WHERE a.member_id = whose;
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.verified_by(staff uuid)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT f.name FROM identity.staff f
    WHERE f.id = verified_by.staff AND EXISTS (
        SELECT FROM identity.staff s
        WHERE s.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'MODERATOR' = ANY (s.roles))
$function$;

CREATE OR REPLACE FUNCTION care.check_pin()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM care.member m WHERE m.id = NEW.member_id FOR SHARE;
    PERFORM FROM care.discussion d WHERE d.id = NEW.discussion_id FOR SHARE;
    PERFORM FROM care.post p WHERE p.discussion_id = NEW.discussion_id
    ORDER BY p.created_at, p.id LIMIT 1 FOR SHARE;
    PERFORM FROM care.membership s
    WHERE s.member_id = NEW.member_id AND s.community_id = NEW.community_id FOR SHARE;
    IF NOT care.may_pin(NEW.member_id, NEW.community_id, NEW.discussion_id) THEN
        RAISE 'this discussion cannot be pinned' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.may_pin(member uuid, community uuid, discussion uuid)
 RETURNS boolean
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (
            SELECT FROM care.member m JOIN care.membership s ON s.member_id = m.id
            WHERE m.id = may_pin.member AND m.kind = 'ASSOCIATION' AND m.verified
                AND s.community_id = may_pin.community)
        AND EXISTS (
            SELECT FROM care.discussion d
            WHERE d.id = may_pin.discussion AND d.community_id = may_pin.community AND d.author_id = may_pin.member
                AND NOT d.closed)
        AND NOT coalesce((
            SELECT p.removed FROM care.post p WHERE p.discussion_id = may_pin.discussion
            ORDER BY p.created_at, p.id LIMIT 1), true)
        AND NOT EXISTS (
            SELECT FROM care.suspension u
            WHERE u.member_id = may_pin.member AND (u.until IS NULL OR u.until > now()))
$function$;

CREATE OR REPLACE FUNCTION care.unpin_discussion()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    which uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    IF TG_RELID = 'care.post'::regclass AND EXISTS (
        SELECT FROM care.post p
        WHERE p.discussion_id = which
            AND (p.created_at, p.id) < ((to_jsonb(NEW) ->> 'created_at')::timestamptz, (to_jsonb(NEW) ->> 'id')::uuid))
    THEN
        RETURN NULL;
    END IF;
    DELETE FROM care.pin n WHERE n.discussion_id = which;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.unpin_member()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    was jsonb := to_jsonb(CASE TG_OP WHEN 'INSERT' THEN NEW ELSE OLD END);
    whose uuid := was ->> TG_ARGV[0];
BEGIN
    IF TG_RELID = 'care.suspension'::regclass THEN  -- waits for a pin in the making, which has locked the member
        PERFORM FROM care.member m WHERE m.id = whose FOR NO KEY UPDATE;
    END IF;
    DELETE FROM care.pin n
    WHERE n.member_id = whose
        AND (TG_RELID <> 'care.membership'::regclass OR n.community_id = (was ->> 'community_id')::uuid);
    RETURN NULL;
END $function$;

CREATE TRIGGER make_page AFTER INSERT ON care.member FOR EACH ROW WHEN ((((new.kind)::text = 'ASSOCIATION'::text) AND (NOT new.demonstration))) EXECUTE FUNCTION care.make_page();
CREATE TRIGGER list_association AFTER INSERT OR DELETE OR UPDATE OF community_id ON care.membership FOR EACH ROW EXECUTE FUNCTION care.list_association('member_id');
CREATE TRIGGER list_verified AFTER UPDATE OF verified ON care.member FOR EACH ROW WHEN ((new.verified <> old.verified)) EXECUTE FUNCTION care.list_association('id');
CREATE TRIGGER doubt_pseudonym AFTER UPDATE OF pseudonym ON care.member FOR EACH ROW WHEN ((((new.pseudonym)::text <> (old.pseudonym)::text) AND ((new.kind)::text = 'ASSOCIATION'::text))) EXECUTE FUNCTION care.doubt_association('id');
CREATE TRIGGER doubt_full_name AFTER UPDATE OF full_name ON catalog.association FOR EACH ROW WHEN (((new.full_name)::text <> (old.full_name)::text)) EXECUTE FUNCTION care.doubt_association('member_id');
CREATE TRIGGER check_pin BEFORE INSERT OR UPDATE ON care.pin FOR EACH ROW EXECUTE FUNCTION care.check_pin();
CREATE TRIGGER unpin_over AFTER UPDATE OF closed, community_id ON care.discussion FOR EACH ROW WHEN ((new.closed OR (new.community_id <> old.community_id))) EXECUTE FUNCTION care.unpin_discussion('id');
CREATE TRIGGER unpin_removed AFTER UPDATE OF removed ON care.post FOR EACH ROW WHEN ((new.removed AND (NOT old.removed))) EXECUTE FUNCTION care.unpin_discussion('discussion_id');
CREATE TRIGGER unpin_unverified AFTER UPDATE OF verified ON care.member FOR EACH ROW WHEN ((old.verified AND (NOT new.verified))) EXECUTE FUNCTION care.unpin_member('id');
CREATE TRIGGER unpin_suspended AFTER INSERT OR UPDATE ON care.suspension FOR EACH ROW WHEN (((new.until IS NULL) OR (new.until > now()))) EXECUTE FUNCTION care.unpin_member('member_id');
CREATE TRIGGER unpin_left AFTER DELETE OR UPDATE OF community_id ON care.membership FOR EACH ROW EXECUTE FUNCTION care.unpin_member('member_id');
ALTER TABLE catalog.association ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.verification ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.pin ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON care.verification FOR SELECT TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY manager_reads ON care.verification FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY manager_inserts ON care.verification FOR INSERT TO cohorte_manager WITH CHECK (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) AND (staff_id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND (reason IS NOT NULL)));

CREATE POLICY public_reads ON catalog.association FOR SELECT TO cohorte_public USING ((community_ids <> '{}'::uuid[]));
CREATE POLICY patient_reads ON catalog.association FOR SELECT TO cohorte_patient USING (true);
CREATE POLICY manager_reads ON catalog.association FOR SELECT TO cohorte_manager USING ((( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL));
CREATE POLICY patient_updates ON catalog.association FOR UPDATE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_reads ON care.pin FOR SELECT TO cohorte_patient USING (true);
CREATE POLICY manager_reads ON care.pin FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY patient_inserts ON care.pin FOR INSERT TO cohorte_patient WITH CHECK ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_deletes ON care.pin FOR DELETE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
GRANT SELECT ON catalog.association TO cohorte_manager, cohorte_patient, cohorte_public;
GRANT SELECT ON care.verification TO cohorte_manager, cohorte_patient;
GRANT DELETE ON care.pin TO cohorte_patient;
GRANT SELECT ON care.pin TO cohorte_manager, cohorte_patient;
GRANT UPDATE (description, email, full_name, phone, postal_address, translations, website) ON catalog.association TO cohorte_patient;
GRANT INSERT (full_name, member_id, reason, staff_id, verified) ON care.verification TO cohorte_manager;
GRANT INSERT (community_id, discussion_id, member_id) ON care.pin TO cohorte_patient;
GRANT EXECUTE ON FUNCTION care.verified_by(uuid) TO cohorte_manager;

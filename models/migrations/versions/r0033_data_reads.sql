CREATE TABLE care.data_read (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    kind VARCHAR(32) NOT NULL,
    read_at TIMESTAMP WITH TIME ZONE DEFAULT catalog.clock() NOT NULL,
    reader VARCHAR(32) NOT NULL,
    staff_id UUID,
    staff_roles TEXT[] DEFAULT '{}' NOT NULL,
    relative_id UUID,
    document VARCHAR NOT NULL,
    CONSTRAINT pk_data_read PRIMARY KEY (id),
    CONSTRAINT ck_data_read_staff_roles CHECK (staff_roles <@ ARRAY['SURVEY_MANAGER', 'MODERATOR', 'DATA_STEWARD']::text[]),
    CONSTRAINT ck_data_read_staff CHECK (reader = 'STAFF' OR staff_id IS NULL AND staff_roles = '{}'),
    CONSTRAINT ck_data_read_relative CHECK (reader = 'RELATIVE' OR relative_id IS NULL),
    CONSTRAINT fk_data_read_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_data_read_kind CHECK (kind IN ('PROFILE', 'COMMUNITIES', 'COURSES', 'EVALUATIONS', 'OBSERVATIONS', 'REMOVED_POSTS')),
    CONSTRAINT ck_data_read_reader CHECK (reader IN ('STAFF', 'RELATIVE')),
    CONSTRAINT fk_data_read_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL,
    CONSTRAINT fk_data_read_relative_id_member FOREIGN KEY(relative_id) REFERENCES care.member (id) ON DELETE SET NULL
);

CREATE INDEX ix_data_read_member_id_read_at_id ON care.data_read USING btree (member_id, read_at, id);
CREATE INDEX ix_data_read_read_at ON care.data_read USING btree (read_at);
CREATE INDEX ix_data_read_relative_id ON care.data_read USING btree (relative_id);
CREATE INDEX ix_data_read_staff_id ON care.data_read USING btree (staff_id);
CREATE OR REPLACE FUNCTION identity.record_reads(members text[], kinds text[], staff text[], relatives text[], documents text[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO care.data_read (
        member_id, kind, read_at, reader, staff_id, staff_roles, relative_id, document, demonstration)
    SELECT m.id, g.kind, catalog.clock(), CASE WHEN g.staff IS NULL THEN 'RELATIVE' ELSE 'STAFF' END,
        s.id, coalesce(s.roles, '{}'), r.id, g.document, m.demonstration
    FROM unnest(members::uuid[], kinds, staff::uuid[], relatives::uuid[], documents)
        AS g (member, kind, staff, relative, document)
    JOIN care.member m ON m.id = g.member
    LEFT JOIN identity.staff s ON s.id = g.staff
    LEFT JOIN care.member r ON r.id = g.relative
    ORDER BY m.id, g.kind  -- in one order, so that two processes do not wait for each other
$function$;

CREATE OR REPLACE FUNCTION identity.forget_reads(days integer)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM care.data_read WHERE read_at < catalog.clock() - make_interval(days => greatest(days, 365))
$function$;

CREATE OR REPLACE FUNCTION care.keep_data_read()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'DELETE' AND (
        OLD.read_at < catalog.clock() - interval '365 days'
        OR NOT EXISTS (SELECT FROM care.member m WHERE m.id = OLD.member_id))
    THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE'
        AND to_jsonb(NEW) - 'relative_id' - 'staff_id' = to_jsonb(OLD) - 'relative_id' - 'staff_id'
        AND (NEW.relative_id IS NOT DISTINCT FROM OLD.relative_id OR NEW.relative_id IS NULL
            AND NOT EXISTS (SELECT FROM care.member m WHERE m.id = OLD.relative_id))
        AND (NEW.staff_id IS NOT DISTINCT FROM OLD.staff_id OR NEW.staff_id IS NULL
            AND NOT EXISTS (SELECT FROM identity.staff s WHERE s.id = OLD.staff_id))
    THEN
        RETURN NEW;
    END IF;
    RAISE 'the trail of reads cannot be changed' USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE TRIGGER keep_data_read BEFORE DELETE OR UPDATE ON care.data_read FOR EACH ROW EXECUTE FUNCTION care.keep_data_read();
CREATE TRIGGER keep_data_reads BEFORE TRUNCATE ON care.data_read FOR EACH STATEMENT EXECUTE FUNCTION care.keep_data_read();
ALTER TABLE care.data_read ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON care.data_read FOR SELECT TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
GRANT SELECT ON care.data_read TO cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.record_reads(text[],text[],text[],text[],text[]) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.forget_reads(integer) TO cohorte_manager;

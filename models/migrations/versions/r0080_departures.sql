CREATE TABLE identity.departure (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    digest BYTEA NOT NULL,
    CONSTRAINT pk_departure PRIMARY KEY (digest)
);

CREATE TABLE identity.departure_key (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    is_only BOOLEAN DEFAULT true NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    inner_key BYTEA NOT NULL,
    outer_key BYTEA NOT NULL,
    lineage VARCHAR,
    CONSTRAINT pk_departure_key PRIMARY KEY (is_only),
    CONSTRAINT ck_departure_key_is_only CHECK (is_only)
);

CREATE OR REPLACE FUNCTION identity.departure_digest(what text)
 RETURNS bytea
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT substring(sha256(k.outer_key || sha256(k.inner_key || convert_to(what, 'UTF8'))) FROM 1 FOR 16)
    FROM identity.departure_key k
$function$;

CREATE OR REPLACE FUNCTION identity.note_erasure()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO identity.departure (digest) VALUES (identity.departure_digest('member ' || OLD.id))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION research.withdrawals(member uuid, purpose text, noted boolean)
 RETURNS TABLE(kind text, digest bytea)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT r.kind, identity.departure_digest(concat_ws(' ', 'consent', withdrawals.member, withdrawals.purpose, r.kind, (
        SELECT count(*) + CASE WHEN withdrawals.noted THEN 0 ELSE 1 END FROM research.consent_change h
        WHERE h.member_id = withdrawals.member AND h.purpose = withdrawals.purpose
            AND NOT (h.granted AND (r.kind = '' OR r.kind = ANY (h.recipients))))))
    FROM unnest('{"",LABORATORY,HOSPITAL,MUTUAL,INSURER}'::text[]) r (kind)
$function$;

CREATE OR REPLACE FUNCTION research.note_withdrawal()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO identity.departure (digest)
    SELECT w.digest FROM research.withdrawals(NEW.member_id, NEW.purpose, true) w
    WHERE NOT (NEW.granted AND (w.kind = '' OR w.kind = ANY (NEW.recipients)))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION identity.departures()
 RETURNS TABLE(id uuid, lineage text, count bigint, digests bytea[], fillers bytea[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT k.id, k.lineage, (SELECT count(*) FROM identity.departure), ARRAY(SELECT d.digest FROM identity.departure d),
        ARRAY(SELECT identity.departure_digest('filler ' || n) FROM generate_series(0, 255) n)
    FROM identity.departure_key k
$function$;

CREATE OR REPLACE FUNCTION identity.depart_again(digests bytea[], lineage text)
 RETURNS TABLE(erased integer, withdrawn integer)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    missing bytea[] := ARRAY(
        SELECT d FROM unnest(depart_again.digests) d EXCEPT SELECT p.digest FROM identity.departure p);
    leaving identity.account;
    one record;
BEGIN
    erased := 0;
    withdrawn := 0;
    UPDATE identity.departure_key k SET lineage = depart_again.lineage
    WHERE k.lineage IS DISTINCT FROM depart_again.lineage;
    IF cardinality(missing) = 0 THEN
        RETURN NEXT;
        RETURN;
    END IF;
    FOR one IN
        SELECT m.id FROM care.member m
        WHERE identity.departure_digest('member ' || m.id) IN (SELECT unnest(missing)) ORDER BY m.id
    LOOP
        SELECT * INTO leaving FROM identity.account a WHERE a.member_id = one.id FOR UPDATE;
        IF FOUND THEN
            PERFORM identity.erase(leaving, 'ACCOUNT_DELETED');
            DELETE FROM identity.outbox_entry o WHERE o.recipient = leaving.email;
        ELSE
            DELETE FROM care.member m WHERE m.id = one.id;
        END IF;
        erased := erased + 1;
    END LOOP;
    FOR one IN
        SELECT k.*, bool_or(w.kind = '') AS ends, array_agg(w.kind) AS kinds
        FROM research.consent k
        CROSS JOIN LATERAL research.withdrawals(k.member_id, k.purpose, false) w
        WHERE k.granted AND NOT k.demonstration AND w.digest IN (SELECT unnest(missing))
            AND (w.kind = '' OR w.kind = ANY (k.recipients))
        GROUP BY k.member_id, k.purpose ORDER BY k.member_id, k.purpose
    LOOP
        PERFORM set_config('cohorte.member', one.member_id::text, true);
        PERFORM research.set_consent(one.purpose, NOT one.ends,
            CASE WHEN one.ends THEN '{}' ELSE ARRAY(SELECT unnest(one.recipients) EXCEPT SELECT unnest(one.kinds)) END,
            one.notice_version, one.notice_language);
        withdrawn := withdrawn + 1;
    END LOOP;
    PERFORM set_config('cohorte.member', '', true);
    INSERT INTO identity.departure (digest) SELECT unnest(missing) ON CONFLICT DO NOTHING;
    RETURN NEXT;
END $function$;

CREATE TRIGGER erased AFTER DELETE ON care.member FOR EACH ROW WHEN ((NOT old.demonstration)) EXECUTE FUNCTION identity.note_erasure();
CREATE TRIGGER withdrawn AFTER INSERT ON research.consent_change FOR EACH ROW WHEN ((NOT new.demonstration)) EXECUTE FUNCTION research.note_withdrawal();
ALTER TABLE identity.departure ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.departure_key ENABLE ROW LEVEL SECURITY;
GRANT EXECUTE ON FUNCTION identity.departures() TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION identity.depart_again(bytea[],text) TO cohorte_publisher;

INSERT INTO identity.departure_key (inner_key, outer_key)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())),
    sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

DROP POLICY patient_reads ON care.member;
DROP POLICY manager_reads ON care.member;
DROP FUNCTION identity.forget_waiting();
DROP FUNCTION identity.forget_mutations();
DROP FUNCTION identity.forget_reads(integer);
DROP FUNCTION identity.depart_again(bytea[],text);
DROP FUNCTION insight.forget_deliveries();
ALTER TABLE care.member ADD COLUMN leaving boolean DEFAULT false NOT NULL;
CREATE INDEX ix_member_leaving ON care.member USING btree (id) WHERE leaving;
CREATE OR REPLACE FUNCTION identity.erase(leaving identity.account, letter text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := leaving.member_id;
    complete boolean;
BEGIN
    PERFORM FROM care.member m WHERE m.id = whose FOR UPDATE;
    UPDATE care.member m SET leaving = true WHERE m.id = whose;
    -- What may be many rows comes first, before others have to wait for the rows that are locked next.
    complete := identity.erase_rows(whose, 2000);
    DELETE FROM care.notification n WHERE n.subject_id = whose;
    -- Their counts of members change: locked in the order of their ids, as everywhere.
    PERFORM FROM catalog.community c JOIN care.membership s ON s.community_id = c.id
    WHERE s.member_id = whose ORDER BY c.id FOR NO KEY UPDATE OF c;
    PERFORM identity.close_sessions(leaving.id);
    DELETE FROM research.answer_sheet s USING research.participation p
    WHERE p.member_id = whose AND s.id = p.answer_sheet_id;
    UPDATE care.flag f SET note = NULL WHERE f.member_id = whose AND f.note IS NOT NULL;
    DELETE FROM identity.mutation m WHERE m.caller = whose;
    DELETE FROM identity.outbox_entry o
    WHERE o.recipient = leaving.email OR o.letter = 'CONFIRM_EMAIL' AND o.recipient IN (
        SELECT e.email FROM identity.email_change e WHERE e.account_id = leaving.id);
    DELETE FROM identity.registration r WHERE r.email = leaving.email;
    DELETE FROM identity.attempt a WHERE a.subject IN (
        sha256(convert_to('sign-in account ' || leaving.email, 'UTF8')),
        sha256(convert_to('mail account ' || leaving.email, 'UTF8')));
    IF complete THEN
        DELETE FROM care.member m WHERE m.id = whose;  -- everything else is deleted by cascade
    ELSE
        PERFORM identity.erase_all_else(whose);
    END IF;
    PERFORM identity.write_to(leaving.email, erase.letter, leaving.locale, NULL);
END $function$;

CREATE OR REPLACE FUNCTION identity.forget_waiting(most integer DEFAULT 5000)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    expired CONSTANT text[] := ARRAY[
        ARRAY['identity.registration', 'expires_at <= now()'],
        ARRAY['identity.password_reset', 'expires_at <= now()'],
        ARRAY['identity.email_change', 'expires_at <= now()'],
        ARRAY['insight.organization_user', 'expires_at <= now()'],
        ARRAY['identity.attempt', 'tried_at < now() - interval ''1 day'''],
        ARRAY['identity.rate_limit', 'full_at <= now()'],
        ARRAY['identity.session', 'expires_at <= now()'],
        ARRAY['identity.second_factor_challenge', 'expires_at <= catalog.clock()'],
        ARRAY['identity.data_export', 'expires_at <= now()'],
        ARRAY['identity.pseudonym_look', 'until <= now()'],
        ARRAY['identity.reading', 'day < catalog.today()'],
        ARRAY['care.reading_alert', 'day < catalog.today() - 90']];
    one text[];
    done integer;
    found integer := 0;
BEGIN
    FOREACH one SLICE 1 IN ARRAY expired LOOP
        -- The condition twice: a row may have changed in between, such as a session that was prolonged.
        EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE %2$s LIMIT $1)) AND %2$s',
            one[1], one[2]) USING forget_waiting.most;
        GET DIAGNOSTICS done = ROW_COUNT;
        found := greatest(found, done);
    END LOOP;
    RETURN found;
END $function$;

CREATE OR REPLACE FUNCTION identity.forget_reads(days integer, most integer DEFAULT 5000)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    done integer;
BEGIN
    DELETE FROM care.data_read WHERE id = ANY (ARRAY(
        SELECT r.id FROM care.data_read r
        WHERE r.read_at < catalog.clock() - make_interval(days => greatest(forget_reads.days, 365))
        LIMIT forget_reads.most));
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $function$;

CREATE OR REPLACE FUNCTION care.keep_data_read()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF TG_OP = 'DELETE' AND (
        OLD.read_at < catalog.clock() - interval '365 days'
        OR NOT EXISTS (SELECT FROM care.member m WHERE m.id = OLD.member_id AND NOT m.leaving))
    THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE'
        AND to_jsonb(NEW) - 'relative_id' - 'staff_id' = to_jsonb(OLD) - 'relative_id' - 'staff_id'
        AND (NEW.relative_id IS NOT DISTINCT FROM OLD.relative_id OR NEW.relative_id IS NULL
            AND NOT EXISTS (SELECT FROM care.member m WHERE m.id = OLD.relative_id AND NOT m.leaving))
        AND (NEW.staff_id IS NOT DISTINCT FROM OLD.staff_id OR NEW.staff_id IS NULL
            AND NOT EXISTS (SELECT FROM identity.staff s WHERE s.id = OLD.staff_id))
    THEN
        RETURN NEW;
    END IF;
    RAISE 'the trail of reads cannot be changed' USING ERRCODE = 'insufficient_privilege';
END $function$;

CREATE OR REPLACE FUNCTION care.share_membership()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM care.member m WHERE m.id = NEW.member_id FOR SHARE;
    IF EXISTS (SELECT FROM care.member m WHERE m.id = NEW.member_id AND m.leaving) THEN
        RAISE 'the member has left' USING ERRCODE = 'foreign_key_violation';  -- as if their row were gone already
    END IF;
    PERFORM FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    NEW.sharing := coalesce(care.sharing_of(NEW.member_id), 'ONLY_ME');  -- of nobody: the foreign key refuses it
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.member_named(pseudonym text)
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT m.id FROM care.member m WHERE lower(m.pseudonym) = lower(member_named.pseudonym)
$function$;

CREATE OR REPLACE FUNCTION identity.forget_mutations(most integer DEFAULT 5000)
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    WITH gone AS (
        DELETE FROM identity.mutation
        WHERE ctid = ANY (ARRAY(
            SELECT m.ctid FROM identity.mutation m
            WHERE m.created_at < now() - interval '1 day' LIMIT forget_mutations.most))
            AND created_at < now() - interval '1 day'
        RETURNING 1)
    SELECT count(*) FROM gone
$function$;

CREATE OR REPLACE FUNCTION identity.references_to_members(many boolean)
 RETURNS TABLE(child text, reference text, is_deleted boolean)
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT c.conrelid::regclass::text, quote_ident(a.attname), c.confdeltype = 'c'
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    LEFT JOIN unnest('{care.observation,care.own_observation,care.own_indicator,care.own_course,care.own_treatment,
            care.side_effect,care.evaluation,care.course,care.notification,care.post_reaction,care.post,care.discussion,
            care.data_read}'::text[]) WITH ORDINALITY l (name, place) ON l.name::regclass = c.conrelid
    WHERE c.contype = 'f' AND c.confrelid = 'care.member'::regclass
        AND (l.name IS NOT NULL) = references_to_members.many
    ORDER BY l.place, c.conrelid::regclass::text, a.attname
$function$;

CREATE OR REPLACE FUNCTION identity.erase_rows(whose uuid, most integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    one record;
    done integer;
BEGIN
    FOR one IN SELECT * FROM identity.references_to_members(true) LOOP
        EXECUTE format(
            CASE WHEN one.is_deleted THEN 'DELETE FROM %1$s' ELSE 'UPDATE %1$s SET %2$s = NULL' END
            || ' WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE %2$s = $1 LIMIT $2)) AND %2$s = $1',
            one.child, one.reference) USING erase_rows.whose, erase_rows.most;
        GET DIAGNOSTICS done = ROW_COUNT;
        most := most - done;
        IF most <= 0 THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.erase_all_else(whose uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    one record;
BEGIN
    -- As before a member's row is deleted.
    PERFORM FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE e.member_id = whose AND d.status IN ('FREEZING', 'OPEN') ORDER BY d.id FOR SHARE OF d;
    FOR one IN SELECT * FROM identity.references_to_members(false) LOOP
        EXECUTE format(
            CASE WHEN one.is_deleted THEN 'DELETE FROM %1$s' ELSE 'UPDATE %1$s SET %2$s = NULL' END
            || ' WHERE %2$s = $1', one.child, one.reference) USING erase_all_else.whose;
    END LOOP;
    UPDATE care.member m SET pseudonym = m.id::text, about = NULL WHERE m.id = whose;
END $function$;

CREATE OR REPLACE FUNCTION identity.go_on_erasing(most integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid;
BEGIN
    SELECT m.id INTO whose FROM care.member m WHERE m.leaving ORDER BY m.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF identity.erase_rows(whose, go_on_erasing.most) THEN
        DELETE FROM care.member m WHERE m.id = whose;
    END IF;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.erasures_under_way()
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT CASE WHEN identity.is_administrator() THEN (SELECT count(*) FROM care.member m WHERE m.leaving)::integer END
$function$;

CREATE OR REPLACE FUNCTION insight.forget_deliveries(most integer DEFAULT 5000)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    done integer;
BEGIN
    DELETE FROM insight.webhook_delivery WHERE id = ANY (ARRAY(
        SELECT d.id FROM insight.webhook_delivery d
        WHERE d.created_at < now() - interval '30 days' AND d.status <> 'PENDING' LIMIT forget_deliveries.most));
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $function$;

CREATE OR REPLACE FUNCTION research.require_member()
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid;
BEGIN
    -- Locked until the transaction ends: changes of one member's consents and answers are serialized.
    SELECT m.id INTO viewer FROM care.member m
    WHERE m.id = nullif(current_setting('cohorte.member', true), '')::uuid AND NOT m.leaving FOR NO KEY UPDATE;
    IF viewer IS NULL THEN
        RAISE 'only members may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN viewer;
END $function$;

CREATE OR REPLACE FUNCTION identity.returned_members(digests bytea[])
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    WITH missing (digest) AS MATERIALIZED (
        SELECT d FROM unnest(returned_members.digests) d EXCEPT SELECT p.digest FROM identity.departure p)
    SELECT m.id FROM care.member m
    WHERE NOT m.leaving AND identity.departure_digest('member ' || m.id) IN (SELECT digest FROM missing)
    UNION
    SELECT k.member_id FROM research.consent k
    CROSS JOIN LATERAL research.withdrawals(k.member_id, k.purpose, false) w
    WHERE k.granted AND NOT k.demonstration AND w.digest IN (SELECT digest FROM missing)
        AND (w.kind = '' OR w.kind = ANY (k.recipients))
    ORDER BY 1
$function$;

CREATE OR REPLACE FUNCTION identity.depart_again(member uuid, digests bytea[], OUT erased integer, OUT withdrawn integer)
 RETURNS record
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
    IF identity.departure_digest('member ' || depart_again.member) = ANY (missing) THEN
        SELECT * INTO leaving FROM identity.account a WHERE a.member_id = depart_again.member FOR UPDATE;
        IF FOUND THEN
            PERFORM identity.erase(leaving, 'ACCOUNT_DELETED');
            DELETE FROM identity.outbox_entry o WHERE o.recipient = leaving.email;
            erased := 1;
        ELSE
            DELETE FROM care.member m WHERE m.id = depart_again.member;
            GET DIAGNOSTICS erased = ROW_COUNT;
        END IF;
        RETURN;
    END IF;
    FOR one IN
        SELECT k.*, bool_or(w.kind = '') AS ends, array_agg(w.kind) AS kinds
        FROM research.consent k
        CROSS JOIN LATERAL research.withdrawals(k.member_id, k.purpose, false) w
        WHERE k.member_id = depart_again.member AND k.granted AND NOT k.demonstration
            AND w.digest IN (SELECT unnest(missing)) AND (w.kind = '' OR w.kind = ANY (k.recipients))
        GROUP BY k.member_id, k.purpose ORDER BY k.purpose
    LOOP
        PERFORM set_config('cohorte.member', one.member_id::text, true);
        PERFORM research.set_consent(one.purpose, NOT one.ends,
            CASE WHEN one.ends THEN '{}' ELSE ARRAY(SELECT unnest(one.recipients) EXCEPT SELECT unnest(one.kinds)) END,
            one.notice_version, one.notice_language);
        withdrawn := withdrawn + 1;
    END LOOP;
    PERFORM set_config('cohorte.member', '', true);
END $function$;

CREATE OR REPLACE FUNCTION identity.note_departures(digests bytea[], lineage text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.departure_key k SET lineage = note_departures.lineage
    WHERE k.lineage IS DISTINCT FROM note_departures.lineage;
    INSERT INTO identity.departure (digest) SELECT unnest(note_departures.digests) ON CONFLICT DO NOTHING
$function$;

CREATE TRIGGER leaves AFTER UPDATE OF leaving ON care.member FOR EACH ROW WHEN ((new.leaving AND (NOT new.demonstration))) EXECUTE FUNCTION identity.note_erasure();
CREATE POLICY patient_reads ON care.member FOR SELECT TO cohorte_patient USING ((NOT leaving));
CREATE POLICY manager_reads ON care.member FOR SELECT TO cohorte_manager USING (((NOT leaving) AND ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) OR ((( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL) AND ((kind)::text = 'ASSOCIATION'::text)))));

GRANT EXECUTE ON FUNCTION identity.forget_waiting(integer) TO cohorte_manager, cohorte_public;
GRANT EXECUTE ON FUNCTION identity.forget_reads(integer,integer) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION care.member_named(text) TO cohorte_manager, cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.forget_mutations(integer) TO cohorte_manager, cohorte_public;
GRANT EXECUTE ON FUNCTION identity.go_on_erasing(integer) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.erasures_under_way() TO cohorte_manager;
GRANT EXECUTE ON FUNCTION insight.forget_deliveries(integer) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.returned_members(bytea[]) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION identity.depart_again(uuid,bytea[]) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION identity.note_departures(bytea[],text) TO cohorte_publisher;

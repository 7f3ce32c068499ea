CREATE OR REPLACE FUNCTION research.own_records(language text DEFAULT NULL::text)
 RETURNS TABLE(dataset_id uuid, "position" integer, variable text, label text, codes text[], labels text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT r.dataset_id, v.position, v.name::text, coalesce(v.translations -> own_records.language ->> 'label', v.label),
        array_agg(c.code::text ORDER BY i.nth),
        array_agg(coalesce(c.translations -> own_records.language ->> 'label', c.label) ORDER BY i.nth)
    FROM research.record r
    JOIN insight.dataset d ON d.id = r.dataset_id AND d.status IN ('FREEZING', 'OPEN')
    JOIN insight.variable v ON v.dataset_id = r.dataset_id AND v.groups = ''
    CROSS JOIN LATERAL generate_series(0, v.max_per_member - 1) i (nth)
    JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        AND c.place = get_byte(r.codes, v.slot + i.nth)
    WHERE r.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
    GROUP BY r.dataset_id, v.position, v.name, v.label, v.translations
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
            care.side_effect,care.evaluation,care.course,care.notification,care.post,care.discussion,
            care.data_read}'::text[]) WITH ORDINALITY l (name, place) ON l.name::regclass = c.conrelid
    WHERE c.contype = 'f' AND c.confrelid = 'care.member'::regclass
        AND (l.name IS NOT NULL) = references_to_members.many
    ORDER BY l.place, c.conrelid::regclass::text, a.attname
$function$;

CREATE OR REPLACE FUNCTION research.enrol(dataset uuid, after uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid, last uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    yearly CONSTANT integer := 500000;
    lasting CONSTANT integer := 1000000;
    frozen insight.dataset;
    what_for text;
BEGIN
    -- One at a time: two concurrent enrolments could reserve the same allowance.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    SELECT * INTO frozen FROM insight.dataset d WHERE d.id = enrol.dataset FOR NO KEY UPDATE;
    IF frozen.status IS NULL OR frozen.status NOT IN ('FREEZING', 'OPEN')
        OR EXISTS (SELECT FROM research.enrolment e
            WHERE e.dataset_id = frozen.id AND e.member_id > enrol.after AND e.member_id <= enrol.last)
        OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = frozen.id)
    THEN
        RAISE 'a dataset is enrolled once, before anything is published from it' USING ERRCODE = 'check_violation';
    END IF;
    what_for := CASE frozen.kind WHEN 'SURVEY' THEN 'SURVEY_RESEARCH' ELSE 'TRACKING_RESEARCH' END;
    INSERT INTO research.enrolment
        (dataset_id, member_id, purpose, reserved_micro_rho, enrolled_at, demonstration)
    WITH consenting AS (
        -- Members who are being deleted or are changing their consent are skipped: waiting for them could deadlock.
        SELECT m.id, m.kind, m.demonstration
        FROM research.consent k JOIN care.member m ON m.id = k.member_id
        WHERE k.member_id > enrol.after AND k.member_id <= enrol.last
            AND k.purpose = what_for AND k.granted AND k.recipients @> frozen.offered_to
            AND CASE frozen.kind
                WHEN 'SURVEY' THEN EXISTS (
                    SELECT FROM research.participation p
                    WHERE p.member_id = m.id AND p.survey_id = frozen.survey_id AND p.status = 'COMPLETED'
                        AND p.answer_sheet_id IS NOT NULL)
                ELSE m.kind = 'PATIENT' AND EXISTS (
                    SELECT FROM care.membership b WHERE b.member_id = m.id AND b.community_id = frozen.community_id)
            END
        FOR SHARE OF k SKIP LOCKED
        FOR KEY SHARE OF m SKIP LOCKED
    ), reserved AS (
        SELECT e.member_id,
            sum(CASE WHEN d.status IN ('FREEZING', 'OPEN') THEN e.reserved_micro_rho
                ELSE least(e.reserved_micro_rho, d.spent_micro_rho) END) FILTER (WHERE e.purpose = what_for
                AND d.frozen_on >= research.consenting_since(e.member_id, what_for)) AS this_consent
        FROM consenting c
        JOIN research.enrolment e ON e.member_id = c.id
        JOIN insight.dataset d ON d.id = e.dataset_id
        GROUP BY e.member_id
    )
    SELECT frozen.id, c.id, what_for, frozen.cap_micro_rho,
        least(now(), catalog.end_of(frozen.frozen_on)), c.demonstration
    FROM consenting c LEFT JOIN reserved r ON r.member_id = c.id
    WHERE research.reserved_by_datasets(c.id, frozen.frozen_on) + research.reserved_by_counts(c.id, frozen.frozen_on)
            + frozen.cap_micro_rho <= yearly
        AND coalesce(r.this_consent, 0) + frozen.cap_micro_rho <= lasting;
END $function$;

CREATE OR REPLACE FUNCTION research.end_dataset(dataset uuid, becomes text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    ending insight.dataset;
BEGIN
    IF end_dataset.becomes IS NULL OR end_dataset.becomes NOT IN ('ENDED', 'TOO_SMALL') THEN
        RAISE 'a dataset becomes ENDED or TOO_SMALL' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO ending FROM insight.dataset d
    WHERE d.id = end_dataset.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE insight.dataset d SET status = end_dataset.becomes, ended_on = catalog.today() WHERE d.id = ending.id;
    -- Who has withdrawn has no record, with which the others' reservations are reduced.
    UPDATE research.enrolment e SET reserved_micro_rho = ending.spent_micro_rho
    WHERE e.dataset_id = ending.id AND e.withdrawn_at IS NOT NULL AND e.reserved_micro_rho > ending.spent_micro_rho;
    IF end_dataset.becomes = 'ENDED' AND ending.survey_id IS NOT NULL THEN
        UPDATE catalog.survey s SET status = 'ARCHIVED' WHERE s.id = ending.survey_id;
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION insight.forget_records(most integer DEFAULT 5000)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
DECLARE
    ended record;
    members uuid[];
    found integer := 0;
BEGIN
    FOR ended IN
        SELECT d.id, d.spent_micro_rho FROM insight.dataset d
        WHERE d.status IN ('ENDED', 'TOO_SMALL')
            AND EXISTS (SELECT FROM research.record r WHERE r.dataset_id = d.id)
        ORDER BY d.id
    LOOP
        members := ARRAY(
            SELECT e.member_id FROM research.enrolment e
            WHERE e.dataset_id = ended.id
                AND EXISTS (SELECT FROM research.record r WHERE r.dataset_id = ended.id AND r.member_id = e.member_id)
            ORDER BY e.member_id LIMIT forget_records.most - found FOR NO KEY UPDATE OF e SKIP LOCKED);
        DELETE FROM research.record r WHERE r.dataset_id = ended.id AND r.member_id = ANY (members);
        UPDATE research.enrolment e SET reserved_micro_rho = least(e.reserved_micro_rho, ended.spent_micro_rho)
        WHERE e.dataset_id = ended.id AND e.member_id = ANY (members);
        found := found + cardinality(members);
        EXIT WHEN found >= forget_records.most;
    END LOOP;
    RETURN found;
END $function$;

GRANT EXECUTE ON FUNCTION insight.forget_records(integer) TO cohorte_manager;

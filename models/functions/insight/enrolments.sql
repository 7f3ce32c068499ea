-- Who is in a dataset, and how members leave it.
--
-- Whether a member is enrolled depends on that member's own rows alone, never on what others answered. The publisher
-- locks a dataset FOR NO KEY UPDATE while it counts, a member who leaves it FOR SHARE: whoever comes second waits.

-- Enrols the members whose consent covers all recipients of the dataset and whose allowance has room for its whole cap:
-- 500,000 micro-rho in 365 days for everything that is published of them, and 1,000,000 for datasets within one consent.
--
-- In no 365 days more than the first is spent. What is spent in them before the last enrolment among them was published
-- within a year of it, or is part of the cap of a dataset that was open; what is spent after it is part of such a cap.
--
-- Considers the members with ids above `after`, up to `last`: a dataset is enrolled in pieces.
CREATE FUNCTION research.enrol(
    dataset uuid,
    after uuid DEFAULT '00000000-0000-0000-0000-000000000000',
    last uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff'
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
    FROM consenting c
    JOIN research.reserved(ARRAY(SELECT c.id FROM consenting c), frozen.frozen_on) a ON a.member_id = c.id
    LEFT JOIN reserved r ON r.member_id = c.id
    WHERE a.by_datasets + a.by_counts + frozen.cap_micro_rho <= yearly
        AND coalesce(r.this_consent, 0) + frozen.cap_micro_rho <= lasting;
END $$;

-- Deletes a member's records at once when their consent no longer covers the dataset. Published insights stay.
CREATE FUNCTION research.leave_datasets() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one uuid;
BEGIN
    FOR one IN
        SELECT d.id FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
        WHERE e.member_id = OLD.member_id AND e.purpose = OLD.purpose AND e.withdrawn_at IS NULL
            AND d.status IN ('FREEZING', 'OPEN')
            AND (TG_OP = 'DELETE' OR NOT (NEW.granted AND NEW.recipients @> d.offered_to))
        ORDER BY d.id FOR SHARE OF d
    LOOP
        DELETE FROM research.record r WHERE r.dataset_id = one AND r.member_id = OLD.member_id;
        UPDATE research.enrolment e SET withdrawn_at = clock_timestamp()
        WHERE e.dataset_id = one AND e.member_id = OLD.member_id;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER leave_datasets AFTER UPDATE OR DELETE ON research.consent
    FOR EACH ROW EXECUTE FUNCTION research.leave_datasets();

-- Waits for the publisher before a member is deleted: the order in which rows are deleted by cascade is not known.
CREATE FUNCTION research.await_counting() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE e.member_id = OLD.id AND d.status IN ('FREEZING', 'OPEN') ORDER BY d.id FOR SHARE OF d;
    RETURN OLD;
END $$;

CREATE TRIGGER await_counting BEFORE DELETE ON care.member
    FOR EACH ROW EXECUTE FUNCTION research.await_counting();

-- Ends a dataset: from then on, nothing counts its records. `insight.forget_records` deletes them.
CREATE FUNCTION research.end_dataset(dataset uuid, becomes text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION research.end_dataset(uuid, text) TO cohorte_publisher;

-- Deletes at most so many records of datasets that have ended, and reduces what their members had reserved to what was
-- spent: how many it has deleted. A periodic job calls this until that is fewer. Whoever is being erased is left out:
-- their record goes with them. Enrolments are locked first, as where a member is erased.
CREATE FUNCTION insight.forget_records(most integer DEFAULT 5000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION insight.forget_records(integer) TO cohorte_manager;

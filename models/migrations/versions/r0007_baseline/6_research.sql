-- Frozen. The current source, with the reasons, is in models/functions.

CREATE FUNCTION research.require_member() RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid;
BEGIN
    -- Held until the end: what one member does to its consents and answers happens one after the other.
    SELECT m.id INTO viewer FROM care.member m
    WHERE m.id = nullif(current_setting('cohorte.member', true), '')::uuid FOR NO KEY UPDATE;
    IF viewer IS NULL THEN
        RAISE 'a member''s alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN viewer;
END $$;

CREATE FUNCTION research.set_consent(purpose text, granted boolean, recipients text[], notice_version text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
    one uuid;
BEGIN
    INSERT INTO research.consent AS k (member_id, purpose, granted, recipients, notice_version, demonstration)
    SELECT m.id, set_consent.purpose, set_consent.granted, set_consent.recipients, set_consent.notice_version,
        m.demonstration
    FROM care.member m WHERE m.id = viewer
    ON CONFLICT ON CONSTRAINT pk_consent DO UPDATE
        SET granted = excluded.granted, recipients = excluded.recipients, notice_version = excluded.notice_version,
            changed_at = now()
        WHERE (k.granted, k.recipients, k.notice_version)
            IS DISTINCT FROM (excluded.granted, excluded.recipients, excluded.notice_version);
    IF NOT FOUND THEN
        RETURN;  -- it says what was said before
    END IF;
    INSERT INTO research.consent_change (member_id, purpose, granted, recipients, notice_version, demonstration)
    SELECT k.member_id, k.purpose, k.granted, k.recipients, k.notice_version, k.demonstration
    FROM research.consent k WHERE k.member_id = viewer AND k.purpose = set_consent.purpose;
    IF set_consent.purpose <> 'SURVEY_RESEARCH' THEN
        RETURN;
    END IF;
    FOR one IN
        SELECT s.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE p.member_id = viewer AND p.status IN ('STARTED', 'COMPLETED') AND s.status = 'OPEN'
            AND NOT (set_consent.granted AND set_consent.recipients @> s.offered_to)
        ORDER BY s.id
    LOOP
        PERFORM research.take_back(viewer, one);
    END LOOP;
    IF set_consent.granted THEN
        FOR one IN SELECT b.community_id FROM care.membership b WHERE b.member_id = viewer ORDER BY b.community_id LOOP
            PERFORM catalog.readiness_changed(one);
        END LOOP;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION research.set_consent(text, boolean, text[], text) TO cohorte_patient;

CREATE FUNCTION research.consenting_since(member uuid, purpose text) RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (coalesce(min(h.changed_at), min(k.changed_at)) AT TIME ZONE 'UTC')::date
    FROM research.consent k
    LEFT JOIN research.consent_change h ON h.member_id = k.member_id AND h.purpose = k.purpose AND h.granted
        AND NOT EXISTS (
            SELECT FROM research.consent_change taken_back
            WHERE taken_back.member_id = k.member_id AND taken_back.purpose = k.purpose
                AND NOT taken_back.granted AND taken_back.changed_at >= h.changed_at)
    WHERE k.member_id = consenting_since.member AND k.purpose = consenting_since.purpose
$$;

CREATE FUNCTION catalog.count_consenting(communities uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = ANY (communities) ORDER BY c.id FOR NO KEY UPDATE;
    UPDATE catalog.community c SET consenting_count = counted.rounded
    FROM (
        SELECT w.id, (count(m.id) + 5) / 10 * 10 AS rounded
        FROM unnest(communities) w (id)
        LEFT JOIN care.membership b ON b.community_id = w.id
        LEFT JOIN research.consent k ON k.member_id = b.member_id AND k.purpose = 'SURVEY_RESEARCH' AND k.granted
        LEFT JOIN care.member m ON m.id = k.member_id AND m.kind = 'PATIENT'
        GROUP BY w.id
    ) counted
    WHERE c.id = counted.id AND c.consenting_count <> counted.rounded;
END $$;

CREATE FUNCTION care.memberships_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM catalog.count_consenting(ARRAY(SELECT DISTINCT community_id FROM changed));
    RETURN NULL;
END $$;

CREATE TRIGGER memberships_made AFTER INSERT ON care.membership REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION care.memberships_changed();

CREATE TRIGGER memberships_gone AFTER DELETE ON care.membership REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION care.memberships_changed();

CREATE FUNCTION research.consents_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM catalog.count_consenting(ARRAY(
        SELECT DISTINCT b.community_id FROM changed JOIN care.membership b USING (member_id)));
    RETURN NULL;
END $$;

CREATE TRIGGER consents_made AFTER INSERT ON research.consent REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION research.consents_changed();

CREATE TRIGGER consents_updated AFTER UPDATE ON research.consent REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION research.consents_changed();

CREATE TRIGGER consents_gone AFTER DELETE ON research.consent REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION research.consents_changed();

CREATE FUNCTION research.eligible(survey uuid, only_member uuid DEFAULT NULL) RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id
    FROM catalog.survey s
    LEFT JOIN catalog.eligibility e ON e.survey_id = s.id
    JOIN care.membership b ON b.community_id = s.community_id
    JOIN care.member m ON m.id = b.member_id
    JOIN research.consent k ON k.member_id = m.id AND k.purpose = 'SURVEY_RESEARCH' AND k.granted
        AND k.recipients @> s.offered_to
    LEFT JOIN care.profile p ON p.member_id = m.id
    WHERE s.id = eligible.survey AND (eligible.only_member IS NULL OR m.id = eligible.only_member)
        AND CASE WHEN cardinality(e.kinds) > 0 THEN m.kind = ANY (e.kinds) ELSE m.kind = 'PATIENT' END
        AND (coalesce(cardinality(e.sexes), 0) = 0 OR p.sex = ANY (e.sexes))
        AND (e.born_from IS NULL OR p.birth_year >= e.born_from)
        AND (e.born_to IS NULL OR p.birth_year <= e.born_to)
        AND (coalesce(cardinality(e.regions), 0) = 0 OR p.region = ANY (e.regions))
        AND (coalesce(cardinality(e.treatment_ids), 0) = 0 OR EXISTS (
            SELECT FROM care.course t WHERE t.member_id = m.id AND t.treatment_id = ANY (e.treatment_ids)))
    ORDER BY m.id
$$;

CREATE FUNCTION research.invite(survey uuid, only_member uuid DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    invited uuid;
    count integer := 0;
BEGIN
    FOR invited IN
        INSERT INTO research.participation (member_id, survey_id, status, demonstration)
        SELECT e.member_id, s.id, 'INVITED', s.demonstration
        FROM catalog.survey s, research.eligible(invite.survey, invite.only_member) e (member_id)
        WHERE s.id = invite.survey
        ON CONFLICT (member_id, survey_id) DO NOTHING
        RETURNING member_id
    LOOP
        PERFORM care.notify_member(invited, 'SURVEY_OPEN', 'svy', invite.survey);
        count := count + 1;
    END LOOP;
    RETURN count;
END $$;

CREATE FUNCTION research.enrol(dataset uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    yearly CONSTANT integer := 500000;
    lasting CONSTANT integer := 1000000;
    frozen insight.dataset;
    what_for text;
BEGIN
    -- One freezing after the other: at once, two could reserve the same room.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    SELECT * INTO frozen FROM insight.dataset d WHERE d.id = enrol.dataset FOR NO KEY UPDATE;
    IF frozen.status IS DISTINCT FROM 'OPEN'
        OR EXISTS (SELECT FROM research.enrolment e WHERE e.dataset_id = frozen.id)
        OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = frozen.id)
    THEN
        RAISE 'a dataset is enrolled once, before anything is said of it' USING ERRCODE = 'check_violation';
    END IF;
    what_for := CASE frozen.kind WHEN 'SURVEY' THEN 'SURVEY_RESEARCH' ELSE 'TRACKING_RESEARCH' END;
    INSERT INTO research.enrolment
        (dataset_id, member_id, purpose, reserved_micro_rho, enrolled_at, demonstration)
    WITH consenting AS (
        -- Skipped: who is leaving or changing its consent at this moment. Waiting for them could wait for ever.
        SELECT m.id, m.kind, m.demonstration
        FROM research.consent k JOIN care.member m ON m.id = k.member_id
        WHERE k.purpose = what_for AND k.granted AND k.recipients @> frozen.offered_to
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
            sum(e.reserved_micro_rho) FILTER (WHERE d.frozen_on > frozen.frozen_on - 365) AS this_year,
            sum(e.reserved_micro_rho) FILTER (WHERE e.purpose = what_for
                AND d.frozen_on >= research.consenting_since(e.member_id, what_for)) AS this_consent
        FROM consenting c
        JOIN research.enrolment e ON e.member_id = c.id
        JOIN insight.dataset d ON d.id = e.dataset_id
        GROUP BY e.member_id
    )
    SELECT frozen.id, c.id, what_for, frozen.cap_micro_rho,
        least(now(), (frozen.frozen_on + 1)::timestamp AT TIME ZONE 'UTC'), c.demonstration
    FROM consenting c LEFT JOIN reserved r ON r.member_id = c.id
    WHERE coalesce(r.this_year, 0) + frozen.cap_micro_rho <= yearly
        AND coalesce(r.this_consent, 0) + frozen.cap_micro_rho <= lasting;
END $$;
GRANT EXECUTE ON FUNCTION research.enrol(uuid) TO cohorte_publisher;

CREATE FUNCTION research.leave_datasets() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one uuid;
BEGIN
    FOR one IN
        SELECT d.id FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
        WHERE e.member_id = OLD.member_id AND e.purpose = OLD.purpose AND e.withdrawn_at IS NULL
            AND d.status = 'OPEN'
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

CREATE FUNCTION research.await_counting() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE e.member_id = OLD.id AND d.status = 'OPEN' ORDER BY d.id FOR SHARE OF d;
    RETURN OLD;
END $$;

CREATE TRIGGER await_counting BEFORE DELETE ON care.member
    FOR EACH ROW EXECUTE FUNCTION research.await_counting();

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
    DELETE FROM research.record r WHERE r.dataset_id = ending.id;
    UPDATE research.enrolment e SET reserved_micro_rho = least(e.reserved_micro_rho, ending.spent_micro_rho)
    WHERE e.dataset_id = ending.id;
    IF end_dataset.becomes = 'ENDED' AND ending.survey_id IS NOT NULL THEN
        UPDATE catalog.survey s SET status = 'ARCHIVED' WHERE s.id = ending.survey_id;
        DELETE FROM research.answer_sheet a WHERE a.survey_id = ending.survey_id;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION research.end_dataset(uuid, text) TO cohorte_publisher;

CREATE FUNCTION research.tell_enrolled(dataset uuid, insight uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    told integer;
BEGIN
    PERFORM FROM insight.insight i WHERE i.id = tell_enrolled.insight AND i.dataset_id = tell_enrolled.dataset;
    IF NOT FOUND THEN
        RAISE 'an insight of another dataset' USING ERRCODE = 'check_violation';
    END IF;
    WITH enrolled AS (
        SELECT m.id, m.demonstration
        FROM research.enrolment e JOIN care.member m ON m.id = e.member_id
        WHERE e.dataset_id = tell_enrolled.dataset AND e.withdrawn_at IS NULL
            AND NOT EXISTS (
                SELECT FROM care.notification n JOIN insight.insight i ON i.id = n.subject_id
                WHERE n.member_id = e.member_id AND n.kind = 'INSIGHT_PUBLISHED' AND n.read_at IS NULL
                    AND i.dataset_id = e.dataset_id)
        FOR KEY SHARE OF m SKIP LOCKED
    ), made AS (
        INSERT INTO care.notification (member_id, kind, subject_type, subject_id, demonstration)
        SELECT e.id, 'INSIGHT_PUBLISHED', 'ins', tell_enrolled.insight, e.demonstration FROM enrolled e
        RETURNING id, member_id
    )
    SELECT count(*) INTO told FROM made m CROSS JOIN LATERAL care.announce('notificationAdded', m.id, m.member_id);
    RETURN told;
END $$;
GRANT EXECUTE ON FUNCTION research.tell_enrolled(uuid, uuid) TO cohorte_publisher;

CREATE FUNCTION research.histogram(dataset uuid, variables integer[]) RETURNS bigint[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    asked CONSTANT integer[] := coalesce(histogram.variables, '{}');
    one record;
    cells bigint := 1;
    read text[] := '{}';  -- a variable's bytes in a record
    grouped text[] := '{}';
    spread text := '';  -- from these bytes to categories
    inside text := '';
    cell text := '0';
    counts bigint[];
BEGIN
    -- Held until it has been said: who takes its consent back before is not counted, who does so after waits.
    PERFORM FROM insight.dataset d WHERE d.id = histogram.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND OR cardinality(asked) > 3 OR array_ndims(asked) > 1
        OR cardinality(asked) <> (SELECT count(DISTINCT a) FROM unnest(asked) a)
    THEN
        RAISE 'no such cube' USING ERRCODE = 'check_violation';
    END IF;
    FOR one IN
        SELECT a.nth, v.slot, v.max_per_member, count(c.place) AS categories, max(c.place) AS last_place
        FROM unnest(asked) WITH ORDINALITY a (position, nth)
        LEFT JOIN insight.variable v ON v.dataset_id = histogram.dataset AND v.position = a.position
        LEFT JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        GROUP BY a.nth, v.slot, v.max_per_member ORDER BY a.nth
    LOOP
        cells := cells * one.categories;
        IF one.slot IS NULL OR one.categories = 0 OR one.last_place <> one.categories - 1 OR cells > 5000 THEN
            RAISE 'no such cube' USING ERRCODE = 'check_violation';
        END IF;
        -- Every number is an integer of ours: no value is in the statement. Records are counted by their bytes first,
        -- so that what is done to each group is done a few thousand times and not once a member.
        grouped := grouped || format('b%s', one.nth);
        IF one.max_per_member = 1 THEN
            read := read || format('get_byte(codes, %s) AS b%s', one.slot, one.nth);
            spread := spread || format(' CROSS JOIN LATERAL (SELECT b%s AS place) c%s', one.nth, one.nth);
        ELSE
            read := read || format('substr(codes, %s, %s) AS b%s', one.slot + 1, one.max_per_member, one.nth);
            spread := spread || format(
                ' CROSS JOIN LATERAL (SELECT DISTINCT get_byte(b%s, i) AS place FROM generate_series(0, %s) i) c%s',
                one.nth, one.max_per_member - 1, one.nth);
        END IF;
        inside := inside || format(' AND c%s.place < %s', one.nth, one.categories);
        cell := format('(%s) * %s + c%s.place', cell, one.categories, one.nth);
    END LOOP;
    EXECUTE format(
        'WITH read AS (SELECT %s FROM research.record WHERE dataset_id = $1 %s),
            counted AS (SELECT %s AS cell, sum(n) AS n FROM read%s WHERE true%s GROUP BY 1)
        SELECT array_agg(coalesce(n, 0)::bigint ORDER BY cell)
        FROM generate_series(0, %s) cell LEFT JOIN counted USING (cell)',
        array_to_string(read || 'count(*) AS n'::text, ', '),
        CASE WHEN cardinality(grouped) > 0 THEN 'GROUP BY ' || array_to_string(grouped, ', ') ELSE '' END,
        cell, spread, inside, cells - 1
    ) INTO counts USING histogram.dataset;
    RETURN counts;
END $$;
GRANT EXECUTE ON FUNCTION research.histogram(uuid, integer[]) TO cohorte_publisher;

CREATE FUNCTION research.standing(survey uuid)
RETURNS TABLE (survey_status text, version integer, past boolean, participation text, eligible boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER ROWS 1 SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = standing.survey FOR SHARE;
    RETURN QUERY
        SELECT s.status::text, s.version, s.closes_on < catalog.today(), p.status::text,
            EXISTS (SELECT FROM research.eligible(s.id, viewer))
        FROM catalog.survey s
        LEFT JOIN research.participation p ON p.survey_id = s.id AND p.member_id = viewer
        WHERE s.id = standing.survey AND s.status <> 'DRAFT';
END $$;
GRANT EXECUTE ON FUNCTION research.standing(uuid) TO cohorte_patient;

CREATE FUNCTION research.begin_sheet(survey uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := research.require_member();
    sheet uuid := gen_random_uuid();
    stands record;
BEGIN
    SELECT * INTO stands FROM research.standing(begin_sheet.survey);
    IF stands.survey_status IS DISTINCT FROM 'OPEN' OR stands.past OR NOT stands.eligible THEN
        RETURN NULL;
    END IF;
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = begin_sheet.survey AND p.member_id = viewer AND a.id = p.answer_sheet_id;
    INSERT INTO research.answer_sheet (id, survey_id, demonstration)
    SELECT sheet, s.id, s.demonstration FROM catalog.survey s WHERE s.id = begin_sheet.survey;
    INSERT INTO research.participation AS p (member_id, survey_id, status, answer_sheet_id, demonstration)
    SELECT viewer, s.id, 'STARTED', sheet, s.demonstration FROM catalog.survey s WHERE s.id = begin_sheet.survey
    ON CONFLICT (member_id, survey_id) DO UPDATE
        SET status = 'STARTED', completed_at = NULL, answer_sheet_id = excluded.answer_sheet_id;
    RETURN sheet;
END $$;
GRANT EXECUTE ON FUNCTION research.begin_sheet(uuid) TO cohorte_patient;

CREATE FUNCTION research.complete(survey uuid) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE research.participation p SET status = 'COMPLETED', completed_at = now()
    FROM catalog.survey s
    WHERE s.id = complete.survey AND s.status = 'OPEN' AND p.survey_id = s.id
        AND p.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        AND p.status = 'STARTED' AND p.answer_sheet_id IS NOT NULL
    RETURNING p.id
$$;
GRANT EXECUTE ON FUNCTION research.complete(uuid) TO cohorte_patient;

CREATE FUNCTION research.take_back(member uuid, survey uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part research.participation;
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = take_back.survey AND s.status = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RETURN NULL;  -- once it has closed nobody knows which answers are whose
    END IF;
    SELECT * INTO part FROM research.participation p
    WHERE p.survey_id = take_back.survey AND p.member_id = take_back.member AND p.status <> 'WITHDRAWN';
    UPDATE research.participation p SET status = 'WITHDRAWN', completed_at = NULL, answer_sheet_id = NULL
    WHERE p.id = part.id;
    DELETE FROM research.answer_sheet a WHERE a.id = part.answer_sheet_id;
    RETURN part.id;
END $$;

CREATE FUNCTION research.withdraw(survey uuid) RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT research.take_back(research.require_member(), withdraw.survey) $$;
GRANT EXECUTE ON FUNCTION research.withdraw(uuid) TO cohorte_patient;

CREATE FUNCTION research.participation_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    change integer := -(OLD.status = 'COMPLETED')::integer;
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM research.answer_sheet a WHERE a.id = OLD.answer_sheet_id;
    ELSE
        change := change + (NEW.status = 'COMPLETED')::integer;
    END IF;
    IF change <> 0 THEN
        INSERT INTO catalog.survey_progress (survey_id, completed_count, demonstration)
        SELECT s.id, greatest(change, 0), s.demonstration FROM catalog.survey s
        WHERE s.id = OLD.survey_id AND s.status = 'OPEN'
        ON CONFLICT (survey_id) DO UPDATE SET completed_count = survey_progress.completed_count + change;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER participation_changed AFTER UPDATE OF status OR DELETE ON research.participation
    FOR EACH ROW EXECUTE FUNCTION research.participation_changed();

CREATE FUNCTION research.raw_people(dataset uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT e.member_id, v.position, 1, told.word::text, told.years::double precision
        FROM insight.dataset d
        JOIN research.enrolment e ON e.dataset_id = d.id AND e.withdrawn_at IS NULL
        JOIN insight.variable v ON v.dataset_id = d.id
        JOIN care.member m ON m.id = e.member_id
        LEFT JOIN care.profile p ON p.member_id = m.id
        LEFT JOIN care.diagnosis g ON g.member_id = m.id AND g.community_id = d.community_id
            AND g.diagnosed_in <= extract(year FROM d.frozen_on)
        CROSS JOIN LATERAL (
            SELECT CASE v.rule WHEN 'SEX' THEN p.sex WHEN 'REGION' THEN p.region WHEN 'KIND' THEN m.kind END AS word,
                extract(year FROM d.frozen_on)
                    - CASE v.rule WHEN 'AGE' THEN p.birth_year WHEN 'DIAGNOSIS' THEN g.diagnosed_in END AS years
        ) told
        WHERE d.id = raw_people.dataset AND v.rule IN ('SEX', 'REGION', 'KIND', 'AGE', 'DIAGNOSIS')
            AND num_nonnulls(told.word, told.years) > 0;
END $$;

CREATE FUNCTION research.raw_answers(dataset uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT e.member_id, v.position, given.place::integer, given.code::text, given.amount
        FROM insight.dataset d
        JOIN research.enrolment e ON e.dataset_id = d.id AND e.withdrawn_at IS NULL
        JOIN research.participation p ON p.member_id = e.member_id AND p.survey_id = d.survey_id
        JOIN research.answer a ON a.answer_sheet_id = p.answer_sheet_id
        JOIN catalog.question q ON q.id = a.question_id
        JOIN catalog.question s ON s.survey_id = q.survey_id AND s.key = q.key
        JOIN insight.variable v ON v.dataset_id = d.id AND v.subject_id = s.id
        CROSS JOIN LATERAL (
            SELECT c.code, NULL::double precision AS amount, c.place
            FROM unnest(a.codes) WITH ORDINALITY c (code, place) WHERE v.rule = 'CHOICE'
            UNION ALL
            SELECT NULL, CASE v.rule WHEN 'NUMBER' THEN a.number WHEN 'DAY' THEN d.frozen_on - a.day END, 1
        ) given
        WHERE d.id = raw_answers.dataset AND v.rule IN ('CHOICE', 'NUMBER', 'DAY')
            AND num_nonnulls(given.code, given.amount) > 0;
END $$;

CREATE FUNCTION research.raw_courses(dataset uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        WITH asked AS MATERIALIZED (
            SELECT v.position, v.rule, v.subject_id FROM insight.variable v WHERE v.dataset_id = raw_courses.dataset
        ), course AS MATERIALIZED (
            SELECT c.member_id, c.id, c.treatment_id, upper(replace(t.slug, '-', '_')) AS code, c.started_on,
                (CASE WHEN over.it_is THEN c.ended_on ELSE d.frozen_on END - c.started_on) / 91 + 1 AS quarters,
                CASE WHEN over.it_is THEN '_ENDED' ELSE '_CONTINUING' END AS standing
            FROM insight.dataset d
            JOIN research.enrolment e ON e.dataset_id = d.id AND e.withdrawn_at IS NULL
            JOIN care.course c ON c.member_id = e.member_id AND c.started_on <= d.frozen_on
            JOIN catalog.treatment t ON t.id = c.treatment_id
            CROSS JOIN LATERAL (
                SELECT c.status IN ('COMPLETED', 'STOPPED') AND coalesce(c.ended_on <= d.frozen_on, false) AS it_is
            ) over
            WHERE d.id = raw_courses.dataset
        ), placed AS (
            SELECT c.member_id, v.position, v.rule, c.code,
                'Q' || least(8, c.quarters) || c.standing AS time_on_it,
                row_number() OVER (PARTITION BY c.member_id, v.position ORDER BY c.started_on, c.id) AS earliest,
                row_number() OVER (PARTITION BY c.member_id, v.position ORDER BY c.started_on DESC, c.id DESC) AS latest
            FROM asked v JOIN course c
                ON v.rule IN ('FIRST_TREATMENT', 'TREATMENTS') OR v.rule = 'COURSE' AND v.subject_id = c.treatment_id
        )
        SELECT p.member_id, p.position, p.latest::integer, CASE p.rule WHEN 'COURSE' THEN p.time_on_it ELSE p.code END,
            NULL::double precision
        FROM placed p
        WHERE CASE p.rule WHEN 'FIRST_TREATMENT' THEN p.earliest = 1 WHEN 'COURSE' THEN p.latest = 1 ELSE true END;
END $$;

CREATE FUNCTION research.raw_evaluations(dataset uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        WITH asked AS MATERIALIZED (
            SELECT v.position, v.rule, v.subject_id FROM insight.variable v
            WHERE v.dataset_id = raw_evaluations.dataset AND v.rule IN ('EFFECTIVENESS', 'SIDE_EFFECTS')
        ), latest AS MATERIALIZED (
            SELECT DISTINCT ON (n.member_id, n.treatment_id) n.id, n.member_id, n.treatment_id, n.effectiveness
            FROM insight.dataset d
            JOIN research.enrolment e ON e.dataset_id = d.id AND e.withdrawn_at IS NULL
            JOIN care.evaluation n ON n.member_id = e.member_id AND n.evaluated_on <= d.frozen_on
            WHERE d.id = raw_evaluations.dataset AND n.treatment_id IN (SELECT v.subject_id FROM asked v)
            ORDER BY n.member_id, n.treatment_id, n.evaluated_on DESC, n.id DESC
        )
        SELECT l.member_id, v.position, 1, NULL::text, l.effectiveness::double precision
        FROM latest l JOIN asked v ON v.subject_id = l.treatment_id AND v.rule = 'EFFECTIVENESS'
        UNION ALL
        SELECT l.member_id, v.position,
            row_number() OVER (
                PARTITION BY l.member_id, v.position
                ORDER BY s.serious DESC, array_position(ARRAY['SEVERE', 'MODERATE', 'MILD'], s.severity::text), i.slug
            )::integer,
            coalesce(upper(replace(i.slug, '-', '_')), 'NONE'), NULL
        FROM latest l
        JOIN asked v ON v.subject_id = l.treatment_id AND v.rule = 'SIDE_EFFECTS'
        LEFT JOIN care.side_effect s ON s.evaluation_id = l.id
        LEFT JOIN catalog.indicator i ON i.id = s.indicator_id;
END $$;

CREATE FUNCTION research.raw_tracking(dataset uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        WITH asked AS MATERIALIZED (
            SELECT v.position, v.rule, v.subject_id FROM insight.variable v
            WHERE v.dataset_id = raw_tracking.dataset AND v.rule IN ('LEVEL', 'CHANGE', 'MONTHS')
        ), tracked AS MATERIALIZED (
            SELECT o.member_id, o.indicator_id, o.observed_on, o.value,
                min(o.observed_on) OVER (PARTITION BY o.member_id, o.indicator_id) + 28 AS settled_on,
                d.frozen_on - 89 AS recent_from
            FROM insight.dataset d
            JOIN research.enrolment e ON e.dataset_id = d.id AND e.withdrawn_at IS NULL
            JOIN care.observation o ON o.member_id = e.member_id AND o.observed_on <= d.frozen_on
            WHERE d.id = raw_tracking.dataset AND o.indicator_id IN (SELECT v.subject_id FROM asked v)
        ), levels AS MATERIALIZED (
            SELECT t.member_id, t.indicator_id,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY t.value)
                    FILTER (WHERE t.observed_on >= t.recent_from) AS recent,
                percentile_cont(0.5) WITHIN GROUP (ORDER BY t.value)
                    FILTER (WHERE t.observed_on < t.settled_on) AS at_first,
                max(t.observed_on) >= greatest(min(t.settled_on), min(t.recent_from)) AS since_then
            FROM tracked t GROUP BY t.member_id, t.indicator_id
        ), treated AS (
            SELECT c.member_id, min(c.started_on) AS began_on FROM care.course c
            WHERE c.member_id IN (SELECT t.member_id FROM tracked t)
                AND EXISTS (SELECT FROM asked v WHERE v.rule = 'MONTHS')
            GROUP BY c.member_id
        ), monthly AS (
            SELECT t.member_id, t.indicator_id, m.month, percentile_cont(0.5) WITHIN GROUP (ORDER BY t.value) AS level
            FROM tracked t JOIN treated c ON c.member_id = t.member_id AND t.observed_on >= c.began_on
            CROSS JOIN LATERAL (SELECT round((t.observed_on - c.began_on) / 30.44)::integer AS month) m
            WHERE m.month <= 6
            GROUP BY t.member_id, t.indicator_id, m.month
        )
        SELECT l.member_id, v.position, 1, NULL::text,
            CASE v.rule WHEN 'LEVEL' THEN l.recent ELSE l.recent - l.at_first END
        FROM levels l JOIN asked v ON v.subject_id = l.indicator_id
        WHERE l.recent IS NOT NULL AND (v.rule = 'LEVEL' OR v.rule = 'CHANGE' AND l.since_then)
        UNION ALL
        SELECT m.member_id, v.position, m.month, 'M' || m.month, m.level
        FROM monthly m JOIN asked v ON v.subject_id = m.indicator_id AND v.rule = 'MONTHS';
END $$;

CREATE FUNCTION research.raw_rows(dataset uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE sql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM research.raw_people(raw_rows.dataset)
    UNION ALL SELECT * FROM research.raw_answers(raw_rows.dataset)
    UNION ALL SELECT * FROM research.raw_courses(raw_rows.dataset)
    UNION ALL SELECT * FROM research.raw_evaluations(raw_rows.dataset)
    UNION ALL SELECT * FROM research.raw_tracking(raw_rows.dataset)
$$;

CREATE FUNCTION research.encode(dataset uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM insight.dataset d WHERE d.id = encode.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = encode.dataset) THEN
        RAISE 'a dataset is encoded before anything is said of it' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM (
        SELECT v.slot, sum(v.max_per_member) OVER (ORDER BY v.slot) - v.max_per_member AS expected,
            EXISTS (SELECT FROM insight.category c
                WHERE c.dataset_id = v.dataset_id AND c.variable = v.position AND c.code = 'UNKNOWN') AS has_unknown
        FROM insight.variable v WHERE v.dataset_id = encode.dataset
    ) v WHERE v.slot <> v.expected OR NOT v.has_unknown;
    IF FOUND THEN
        RAISE 'a variable without UNKNOWN, or slots with a gap' USING ERRCODE = 'check_violation';
    END IF;

    INSERT INTO research.record (dataset_id, member_id, codes, demonstration)
    WITH variable AS MATERIALIZED (
        SELECT v.position, v.slot, v.max_per_member, known.other, known.unknown,
            decode(repeat('ff', v.max_per_member), 'hex') AS nothing
        FROM insight.variable v
        CROSS JOIN LATERAL (
            SELECT min(c.place) FILTER (WHERE c.code = 'UNKNOWN') AS unknown,
                min(c.place) FILTER (WHERE c.code = 'OTHER') AS other
            FROM insight.category c WHERE c.dataset_id = v.dataset_id AND c.variable = v.position
        ) known
        WHERE v.dataset_id = encode.dataset
    ), category AS MATERIALIZED (
        SELECT c.variable, c.place, c.code, c.low, c.high FROM insight.category c WHERE c.dataset_id = encode.dataset
    ), coded AS (
        SELECT r.member_id, r.variable, coalesce(c.place, v.other) AS category, min(r.place) AS first_place
        FROM research.raw_rows(encode.dataset) r
        JOIN variable v ON v.position = r.variable
        LEFT JOIN category c ON c.variable = r.variable
            AND (r.number IS NULL OR c.low <= r.number AND r.number < c.high)
            AND (r.text IS NULL OR CASE WHEN r.number IS NULL THEN c.code = r.text
                ELSE starts_with(c.code, r.text || '_') END)
        WHERE coalesce(c.place, v.other) <> v.unknown
        GROUP BY r.member_id, r.variable, coalesce(c.place, v.other)
    ), kept AS MATERIALIZED (
        SELECT c.member_id, c.variable,
            string_agg(set_byte('\x00', 0, c.category), ''::bytea ORDER BY c.first_place, c.category) AS codes
        FROM coded c GROUP BY c.member_id, c.variable
    )
    SELECT encode.dataset, e.member_id,
        coalesce(string_agg(
            -- Cut to what the variable has room for, and filled up to that.
            substr(coalesce(k.codes, set_byte('\x00', 0, v.unknown)) || v.nothing, 1, v.max_per_member),
            ''::bytea ORDER BY v.slot), ''),
        e.demonstration
    FROM research.enrolment e
    LEFT JOIN variable v ON true
    LEFT JOIN kept k ON k.member_id = e.member_id AND k.variable = v.position
    WHERE e.dataset_id = encode.dataset AND e.withdrawn_at IS NULL
    GROUP BY e.member_id, e.demonstration;
END $$;
GRANT EXECUTE ON FUNCTION research.encode(uuid) TO cohorte_publisher;

CREATE FUNCTION research.open_if_ready(survey uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    today date := catalog.today();
    found_survey catalog.survey;
BEGIN
    SELECT * INTO found_survey FROM catalog.survey s WHERE s.id = open_if_ready.survey FOR UPDATE;
    IF found_survey.status IS DISTINCT FROM 'WAITING' OR found_survey.opens_on > today
        OR found_survey.closes_on < today
        OR (SELECT count(*) FROM research.eligible(found_survey.id)) < found_survey.minimum_participants
    THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'OPEN', opens_on = coalesce(s.opens_on, today) WHERE s.id = found_survey.id;
    PERFORM research.invite(found_survey.id);
    PERFORM care.announce('surveyOpened', found_survey.id, found_survey.community_id);
    RETURN true;
END $$;

CREATE FUNCTION research.close_at_once(survey uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = close_at_once.survey AND s.status IN ('WAITING', 'OPEN') FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today()))
    WHERE s.id = close_at_once.survey;
    -- Answers that were begun and not sent are not given.
    DELETE FROM research.answer_sheet a USING research.participation p
    WHERE p.survey_id = close_at_once.survey AND p.status <> 'COMPLETED' AND a.id = p.answer_sheet_id;
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC')
    WHERE p.survey_id = close_at_once.survey AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL);
    -- New ids, in whose order all is written anew: neither an id that was seen before, nor a row's place or transaction
    -- says when it was answered, and so by whom.
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
END $$;
GRANT EXECUTE ON FUNCTION research.close_at_once(uuid) TO cohorte_publisher;

CREATE FUNCTION catalog.readiness_changed(community uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    one uuid;
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = readiness_changed.community FOR NO KEY UPDATE;
    FOR one IN
        SELECT s.id FROM catalog.survey s
        WHERE s.community_id = readiness_changed.community AND s.status = 'WAITING' ORDER BY s.id
    LOOP
        PERFORM research.open_if_ready(one);
    END LOOP;
    IF viewer IS NOT NULL THEN
        FOR one IN
            SELECT s.id FROM catalog.survey s
            WHERE s.community_id = readiness_changed.community AND s.status = 'OPEN' AND s.closes_on >= catalog.today()
            ORDER BY s.id FOR SHARE
        LOOP
            PERFORM research.invite(one, viewer);
        END LOOP;
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION catalog.readiness_changed(uuid) TO cohorte_patient, cohorte_manager;

CREATE FUNCTION identity.require_survey_manager() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'SURVEY_MANAGER' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'a survey manager''s alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.require_survey_manager() TO cohorte_publisher;

CREATE FUNCTION catalog.schedule_survey(survey uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_survey_manager();
    PERFORM FROM catalog.community c JOIN catalog.survey s ON s.community_id = c.id
    WHERE s.id = schedule_survey.survey FOR NO KEY UPDATE OF c;
    UPDATE catalog.survey s SET status = 'WAITING'
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND s.closes_on >= catalog.today();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN CASE WHEN research.open_if_ready(schedule_survey.survey) THEN 'OPEN' ELSE 'WAITING' END;
END $$;
GRANT EXECUTE ON FUNCTION catalog.schedule_survey(uuid) TO cohorte_manager;

CREATE FUNCTION research.lock_survey(survey uuid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT s.status::text FROM catalog.survey s WHERE s.id = lock_survey.survey FOR UPDATE $$;
GRANT EXECUTE ON FUNCTION research.lock_survey(uuid) TO cohorte_publisher;

CREATE FUNCTION catalog.surveys_due() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.id FROM catalog.survey s
    WHERE s.status IN ('WAITING', 'OPEN') AND s.closes_on < catalog.today()
        OR s.status = 'WAITING' AND (s.opens_on IS NULL OR s.opens_on <= catalog.today())
    ORDER BY s.id
$$;
GRANT EXECUTE ON FUNCTION catalog.surveys_due() TO cohorte_publisher;

CREATE FUNCTION catalog.open_due(survey uuid) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN research.open_if_ready(open_due.survey) THEN 'OPEN' END $$;
GRANT EXECUTE ON FUNCTION catalog.open_due(uuid) TO cohorte_publisher;

CREATE FUNCTION catalog.release_survey(survey uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE catalog.survey s SET status = 'RELEASED'
    WHERE s.id = release_survey.survey AND s.status = 'CLOSED'
        AND EXISTS (SELECT FROM insight.dataset d WHERE d.survey_id = s.id AND d.status = 'OPEN')
$$;
GRANT EXECUTE ON FUNCTION catalog.release_survey(uuid) TO cohorte_publisher;

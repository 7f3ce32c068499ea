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
    SELECT * INTO frozen FROM insight.dataset d WHERE d.id = enrol.dataset FOR UPDATE;
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
END $function$;

CREATE OR REPLACE FUNCTION research.leave_datasets()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    one uuid;
BEGIN
    FOR one IN
        SELECT d.id FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
        WHERE e.member_id = OLD.member_id AND e.purpose = OLD.purpose AND e.withdrawn_at IS NULL
            AND d.status IN ('FREEZING', 'OPEN')
            AND (TG_OP = 'DELETE' OR NOT (NEW.granted AND NEW.recipients @> d.offered_to))
        ORDER BY d.id FOR KEY SHARE OF d
    LOOP
        DELETE FROM research.record r WHERE r.dataset_id = one AND r.member_id = OLD.member_id;
        UPDATE research.enrolment e SET withdrawn_at = clock_timestamp()
        WHERE e.dataset_id = one AND e.member_id = OLD.member_id;
    END LOOP;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION research.await_counting()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE e.member_id = OLD.id AND d.status IN ('FREEZING', 'OPEN') ORDER BY d.id FOR KEY SHARE OF d;
    RETURN OLD;
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
    WHERE d.id = end_dataset.dataset AND d.status = 'OPEN' FOR UPDATE;
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

CREATE OR REPLACE FUNCTION research.open_frozen(dataset uuid)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    needed integer;
BEGIN
    PERFORM FROM insight.dataset d WHERE d.id = open_frozen.dataset FOR UPDATE;
    DELETE FROM research.freezing f WHERE f.dataset_id = open_frozen.dataset AND f.part = 16
    RETURNING f.floor INTO needed;
    UPDATE insight.dataset d SET status = 'OPEN', progress = 100 WHERE d.id = open_frozen.dataset AND needed IS NOT NULL;
    -- No answer is left, even if a sheet had nobody's participation.
    DELETE FROM research.answer_sheet a USING insight.dataset d
    WHERE d.id = open_frozen.dataset AND a.survey_id = d.survey_id AND needed IS NOT NULL;
    RETURN needed;
END $function$;

CREATE OR REPLACE FUNCTION research.passing_histogram(dataset uuid, variables integer[])
 RETURNS bigint[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    asked CONSTANT integer[] := coalesce(passing_histogram.variables, '{}');
    one record;
    cells bigint := 1;
    read text[] := '{}';  -- bytes of each variable in a record
    grouped text[] := '{}';
    place text;  -- of a category, or of the group that it is merged into
    spread text := '';  -- joins that turn bytes into categories
    inside text := '';
    cell text := '0';
    counts bigint[];
BEGIN
    -- Locked against other publications.
    PERFORM FROM insight.dataset d WHERE d.id = passing_histogram.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND OR cardinality(asked) > 3 OR array_ndims(asked) > 1
        OR cardinality(asked) <> (SELECT count(DISTINCT a) FROM unnest(asked) a)
    THEN
        RAISE 'no such cube' USING ERRCODE = 'check_violation';
    END IF;
    FOR one IN
        SELECT a.nth, v.slot, b.max_per_member, v.max_per_member AS most, count(c.place) AS categories,
            max(c.place) AS last_place,
            CASE WHEN v.groups <> '' THEN (
                -- The group of each category: exactly one, whatever the rows say, or none.
                SELECT array_agg((
                    SELECT min(g.place) FROM insight.category g
                    WHERE g.dataset_id = v.dataset_id AND g.variable = v.position AND f.code = ANY (g.merges)
                ) ORDER BY f.place)
                FROM insight.category f WHERE f.dataset_id = b.dataset_id AND f.variable = b.position
            ) END AS merged
        FROM unnest(asked) WITH ORDINALITY a (position, nth)
        LEFT JOIN insight.variable v ON v.dataset_id = passing_histogram.dataset AND v.position = a.position
        LEFT JOIN insight.variable b ON b.dataset_id = v.dataset_id AND b.name = v.name AND b.groups = ''
        LEFT JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        GROUP BY a.nth, v.dataset_id, v.position, b.dataset_id, b.position ORDER BY a.nth
    LOOP
        cells := cells * one.categories;
        IF one.slot IS NULL OR one.categories = 0 OR one.last_place <> one.categories - 1 OR cells > 5000
            OR one.most < least(one.max_per_member, one.categories)
        THEN
            RAISE 'no such cube' USING ERRCODE = 'check_violation';
        END IF;
        -- The statement contains only integers that are computed here, no values. Records are first grouped by their
        -- bytes, so that categories are looked up once for each group, not once for each member.
        grouped := grouped || format('b%s', one.nth);
        IF one.max_per_member = 1 THEN
            read := read || format('get_byte(codes, %s) AS b%s', one.slot, one.nth);
            place := format('b%s', one.nth);
        ELSE
            read := read || format('substr(codes, %s, %s) AS b%s', one.slot + 1, one.max_per_member, one.nth);
            place := format('get_byte(b%s, i)', one.nth);
        END IF;
        IF one.merged IS NOT NULL THEN
            place := format('(%L::integer[])[%s + 1]', one.merged, place);
        END IF;
        spread := spread || format(
            ' CROSS JOIN LATERAL (SELECT %s AS place%s) c%s',
            CASE WHEN one.max_per_member = 1 THEN place ELSE 'DISTINCT ' || place END,
            CASE WHEN one.max_per_member = 1 THEN '' ELSE format(' FROM generate_series(0, %s) i', one.max_per_member - 1) END,
            one.nth);
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
    ) INTO counts USING passing_histogram.dataset;
    RETURN counts;
END $function$;

CREATE OR REPLACE FUNCTION research.histogram(dataset uuid, variables integer[])
 RETURNS bigint[]
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM insight.dataset d WHERE d.id = histogram.dataset FOR UPDATE;
    RETURN research.passing_histogram(histogram.dataset, histogram.variables);
END $function$;

CREATE OR REPLACE FUNCTION research.count_frozen(dataset uuid, variables integer[])
 RETURNS TABLE(variable integer, counts bigint[])
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET jit TO 'off'
AS $function$
BEGIN
    -- Of two processes, the second waits here until the first has published.
    PERFORM FROM research.freezing f WHERE f.dataset_id = count_frozen.dataset AND f.part = 16 FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM FROM insight.dataset d WHERE d.id = count_frozen.dataset AND d.status = 'OPEN' FOR UPDATE;
        IF NOT FOUND OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = count_frozen.dataset) THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY
        WITH counted AS MATERIALIZED (
            SELECT v.position, v.slot, v.max_per_member, count(*)::integer AS categories
            FROM insight.variable v
            JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
            WHERE v.dataset_id = count_frozen.dataset AND v.groups = ''
                AND v.position = ANY (count_frozen.variables)
            GROUP BY v.dataset_id, v.position
            UNION ALL
            SELECT 0, 0, 0, 1
        ), read AS MATERIALIZED (
            SELECT v.position, substr(r.codes, v.slot + 1, v.max_per_member) AS bytes, count(*) AS members
            FROM research.record r CROSS JOIN counted v
            WHERE r.dataset_id = count_frozen.dataset
            GROUP BY 1, 2
        ), cell AS (
            SELECT r.position, b.place, sum(r.members) AS members
            FROM read r
            -- Each category once, whatever the bytes are.
            CROSS JOIN LATERAL (
                SELECT DISTINCT get_byte(r.bytes, i) AS place FROM generate_series(0, length(r.bytes) - 1) i
                UNION ALL
                SELECT 0 WHERE r.position = 0
            ) b
            GROUP BY 1, 2
        )
        SELECT v.position, array_agg(coalesce(c.members, 0)::bigint ORDER BY p)
        FROM counted v
        CROSS JOIN LATERAL generate_series(0, v.categories - 1) p
        LEFT JOIN cell c ON c.position = v.position AND c.place = p
        GROUP BY v.position;
END $function$;

CREATE OR REPLACE FUNCTION research.encode(dataset uuid, after uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid, last uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM insight.dataset d WHERE d.id = encode.dataset AND d.status IN ('FREEZING', 'OPEN') FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = encode.dataset) THEN
        RAISE 'a dataset is encoded before anything is published from it' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM FROM (
        SELECT v.slot, sum(v.max_per_member) OVER (ORDER BY v.slot) - v.max_per_member AS expected,
            EXISTS (SELECT FROM insight.category c
                WHERE c.dataset_id = v.dataset_id AND c.variable = v.position AND c.code = 'UNKNOWN') AS has_unknown
        FROM insight.variable v WHERE v.dataset_id = encode.dataset
    ) v WHERE v.slot <> v.expected OR NOT v.has_unknown;
    IF FOUND THEN
        RAISE 'a variable lacks UNKNOWN, or slots have gaps' USING ERRCODE = 'check_violation';
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
        FROM research.raw_rows(encode.dataset, encode.after, encode.last) r
        JOIN variable v ON v.position = r.variable
        LEFT JOIN category c ON c.variable = r.variable
            AND (r.number IS NULL OR c.low <= r.number AND r.number < c.high)
            AND (r.text IS NULL OR CASE WHEN r.number IS NULL THEN c.code = r.text
                ELSE starts_with(c.code, r.text || '_') END)
        WHERE coalesce(c.place, v.other) <> v.unknown
        GROUP BY r.member_id, r.variable, coalesce(c.place, v.other)
    ), kept AS (
        SELECT c.member_id, c.variable,
            string_agg(set_byte('\x00', 0, c.category), ''::bytea ORDER BY c.first_place, c.category) AS codes
        FROM coded c GROUP BY c.member_id, c.variable
    ), known AS (
        -- Every variable of every member, without a join: how many there are is not known when it is planned.
        SELECT o.member_id, o.variable, string_agg(o.codes, ''::bytea) AS codes
        FROM (
            SELECT k.member_id, k.variable, k.codes FROM kept k
            UNION ALL
            SELECT e.member_id, v.position, NULL FROM research.enrolment e LEFT JOIN variable v ON true
            WHERE e.dataset_id = encode.dataset AND e.withdrawn_at IS NULL
                AND e.member_id > encode.after AND e.member_id <= encode.last
        ) o
        GROUP BY o.member_id, o.variable
    )
    SELECT encode.dataset, k.member_id,
        coalesce(string_agg(
            -- Truncated or padded to max_per_member.
            substr(coalesce(k.codes, set_byte('\x00', 0, v.unknown)) || v.nothing, 1, v.max_per_member),
            ''::bytea ORDER BY v.slot), ''),
        frozen.demonstration
    FROM known k
    LEFT JOIN variable v ON v.position = k.variable
    CROSS JOIN (SELECT d.demonstration FROM insight.dataset d WHERE d.id = encode.dataset) frozen
    GROUP BY k.member_id, frozen.demonstration;
END $function$;

GRANT EXECUTE ON FUNCTION research.passing_histogram(uuid,integer[]) TO cohorte_publisher;

CREATE TABLE catalog.timeline (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    is_only BOOLEAN DEFAULT true NOT NULL,
    marks UUID[] NOT NULL,
    CONSTRAINT pk_timeline PRIMARY KEY (is_only),
    CONSTRAINT ck_timeline_is_only CHECK (is_only)
);

CREATE OR REPLACE FUNCTION catalog.timeline_marks()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT coalesce((SELECT t.marks FROM catalog.timeline t), '{}') $function$;

CREATE OR REPLACE FUNCTION catalog.mark_timeline(seen uuid)
 RETURNS uuid
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO catalog.timeline AS t (marks) VALUES (ARRAY[gen_random_uuid()])
    ON CONFLICT (is_only) DO UPDATE SET marks = (excluded.marks || t.marks)[1:32]
    WHERE t.marks[1] = mark_timeline.seen
    RETURNING t.marks[1]
$function$;

ALTER TABLE catalog.timeline ENABLE ROW LEVEL SECURITY;
GRANT EXECUTE ON FUNCTION catalog.timeline_marks() TO cohorte_public;
GRANT EXECUTE ON FUNCTION catalog.mark_timeline(uuid) TO cohorte_public;

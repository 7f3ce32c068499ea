-- Raw rows of a dataset's members, the first step of encoding: of those with ids above `after`, up to `last`.
--
-- The rule of each variable yields a text, a number or both, with a place that ranks a member's rows. A rule reads only
-- that member's rows up to the day of freezing. It never looks at which values exist: these are in the public domain,
-- insight.category.

CREATE FUNCTION research.raw_people(dataset uuid, after uuid, last uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT e.member_id, v.position, 1, told.word::text, told.years::double precision
        FROM insight.dataset d
        JOIN research.enrolment e ON e.dataset_id = d.id AND e.withdrawn_at IS NULL
            AND e.member_id > raw_people.after AND e.member_id <= raw_people.last
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

-- A question that a later version of the survey repeats is recognized by its key.
CREATE FUNCTION research.raw_answers(dataset uuid, after uuid, last uuid)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE plpgsql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
        SELECT e.member_id, v.position, given.place::integer, given.code::text, given.amount
        FROM insight.dataset d
        JOIN research.enrolment e ON e.dataset_id = d.id AND e.withdrawn_at IS NULL
            AND e.member_id > raw_answers.after AND e.member_id <= raw_answers.last
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

CREATE FUNCTION research.raw_courses(dataset uuid, after uuid, last uuid)
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
                AND e.member_id > raw_courses.after AND e.member_id <= raw_courses.last
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

-- Of several evaluations of a treatment, the last counts. Of its side effects, the most serious come first.
CREATE FUNCTION research.raw_evaluations(dataset uuid, after uuid, last uuid)
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
                AND e.member_id > raw_evaluations.after AND e.member_id <= raw_evaluations.last
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

-- Medians: of the last 90 days (LEVEL); the same less that of the member's first 28 days, if there are later
-- observations (CHANGE); of each of the seven months from their first course on (MONTHS).
CREATE FUNCTION research.raw_tracking(dataset uuid, after uuid, last uuid)
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
                AND e.member_id > raw_tracking.after AND e.member_id <= raw_tracking.last
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

CREATE FUNCTION research.raw_rows(
    dataset uuid,
    after uuid DEFAULT '00000000-0000-0000-0000-000000000000',
    last uuid DEFAULT 'ffffffff-ffff-ffff-ffff-ffffffffffff'
)
RETURNS TABLE (member_id uuid, variable integer, place integer, text text, number double precision)
LANGUAGE sql STABLE ROWS 100000 SET search_path = pg_catalog, pg_temp
AS $$
    SELECT * FROM research.raw_people(raw_rows.dataset, raw_rows.after, raw_rows.last)
    UNION ALL SELECT * FROM research.raw_answers(raw_rows.dataset, raw_rows.after, raw_rows.last)
    UNION ALL SELECT * FROM research.raw_courses(raw_rows.dataset, raw_rows.after, raw_rows.last)
    UNION ALL SELECT * FROM research.raw_evaluations(raw_rows.dataset, raw_rows.after, raw_rows.last)
    UNION ALL SELECT * FROM research.raw_tracking(raw_rows.dataset, raw_rows.after, raw_rows.last)
$$;

-- What PostGraphile needs beside the tables: computed columns, which become fields. In the benchmark's database alone.

CREATE SCHEMA bench;
-- Tables for their row types alone: a type of its own can have no computed columns.
CREATE TABLE bench.dashboard (member_id uuid, starts_on date, ends_on date);
CREATE TABLE bench.series (member_id uuid, indicator_id uuid, starts_on date, ends_on date);
CREATE TABLE bench.week (starts_on date, mean float8, minimum float8, maximum float8, count int);
CREATE TABLE bench.bounds (low float8, high float8);
CREATE TABLE bench.shown_cell (
    dataset_id uuid, variable int, place int, variables_by int[], places_by int[],
    count int, margin_of_error int, share float8, low float8, high float8, reliability text
);

CREATE FUNCTION care.discussion_last_post(d care.discussion) RETURNS care.post LANGUAGE sql STABLE AS $$
    SELECT p FROM care.post p WHERE p.discussion_id = d.id ORDER BY p.created_at DESC, p.id DESC LIMIT 1
$$;

CREATE FUNCTION care.member_dashboard(m care.member) RETURNS bench.dashboard LANGUAGE sql STABLE AS $$
    SELECT m.id, (catalog.earliest_today() - interval '1 year')::date, catalog.latest_today()
$$;

CREATE FUNCTION bench.dashboard_series(d bench.dashboard) RETURNS SETOF bench.series LANGUAGE sql STABLE AS $$
    SELECT d.member_id, i.id, d.starts_on, d.ends_on FROM catalog.indicator i
    WHERE i.id IN (SELECT b.indicator_id FROM care.observation b
        WHERE b.member_id = d.member_id AND b.observed_on BETWEEN d.starts_on AND d.ends_on)
    ORDER BY lower(i.name), i.id
$$;

CREATE FUNCTION bench.dashboard_courses(d bench.dashboard) RETURNS SETOF care.course LANGUAGE sql STABLE AS $$
    SELECT * FROM care.course c
    WHERE c.member_id = d.member_id AND c.started_on <= d.ends_on AND (c.ended_on IS NULL OR c.ended_on >= d.starts_on)
    ORDER BY c.started_on, c.id
$$;

CREATE FUNCTION bench.series_indicator(s bench.series) RETURNS catalog.indicator LANGUAGE sql STABLE AS $$
    SELECT i FROM catalog.indicator i WHERE i.id = s.indicator_id
$$;

CREATE FUNCTION bench.series_latest(s bench.series) RETURNS care.observation LANGUAGE sql STABLE AS $$
    SELECT b FROM care.observation b
    WHERE b.member_id = s.member_id AND b.indicator_id = s.indicator_id
        AND b.observed_on BETWEEN s.starts_on AND s.ends_on
    ORDER BY b.observed_on DESC LIMIT 1
$$;

CREATE FUNCTION bench.series_points(s bench.series) RETURNS SETOF bench.week LANGUAGE sql STABLE AS $$
    SELECT date_trunc('week', b.observed_on::timestamp)::date, avg(b.value), min(b.value), max(b.value), count(*)::int
    FROM care.observation b
    WHERE b.member_id = s.member_id AND b.indicator_id = s.indicator_id
        AND b.observed_on BETWEEN s.starts_on AND s.ends_on
    GROUP BY 1 ORDER BY 1
$$;

CREATE FUNCTION catalog.treatment_shared_evaluations(t catalog.treatment, viewer uuid) RETURNS SETOF care.evaluation
LANGUAGE sql STABLE AS $$
    SELECT * FROM care.evaluation e
    WHERE e.treatment_id = t.id AND (e.member_id = viewer OR e.sharing = 'ALL_MEMBERS'
        OR e.sharing = 'MY_COMMUNITIES' AND e.community_id = ANY (
            (SELECT array_agg(own.community_id) FROM care.membership own WHERE own.member_id = viewer)::uuid[]))
    ORDER BY e.evaluated_on DESC, e.id DESC
$$;

CREATE FUNCTION care.evaluation_sorted_side_effects(e care.evaluation) RETURNS SETOF care.side_effect
LANGUAGE sql STABLE AS $$
    SELECT s.* FROM care.side_effect s JOIN catalog.indicator i ON i.id = s.indicator_id
    WHERE s.evaluation_id = e.id ORDER BY lower(i.name), i.id
$$;

CREATE FUNCTION insight.insight_shown_cells(i insight.insight) RETURNS SETOF bench.shown_cell LANGUAGE sql STABLE AS $$
    SELECT i.dataset_id, i.variable, c.category, i.by, c.by, CASE WHEN c.reliability <> 'HIDDEN' THEN c.count END,
        c.margin, c.share, c.low, c.high, c.reliability
    FROM insight.cell c WHERE c.insight_id = i.id ORDER BY c.place
$$;

CREATE FUNCTION bench.shown_cell_category(c bench.shown_cell) RETURNS insight.category LANGUAGE sql STABLE AS $$
    SELECT g FROM insight.category g WHERE g.dataset_id = c.dataset_id AND g.variable = c.variable AND g.place = c.place
$$;

CREATE FUNCTION bench.shown_cell_by(c bench.shown_cell) RETURNS SETOF insight.category LANGUAGE sql STABLE AS $$
    -- Each is one lookup by primary key: a join would read all categories of the dataset for each cell.
    SELECT g.* FROM unnest(c.variables_by, c.places_by) AS pair (variable, place) CROSS JOIN LATERAL (
        SELECT * FROM insight.category g
        WHERE g.dataset_id = c.dataset_id AND g.variable = pair.variable AND g.place = pair.place OFFSET 0) g
    ORDER BY g.variable
$$;

CREATE FUNCTION bench.shown_cell_interval(c bench.shown_cell) RETURNS bench.bounds LANGUAGE sql STABLE AS $$
    SELECT c.low, c.high WHERE c.low IS NOT NULL
$$;

-- Lists, where the graph has lists.
COMMENT ON FUNCTION bench.dashboard_series IS '@behavior -connection +list';
COMMENT ON FUNCTION bench.dashboard_courses IS '@behavior -connection +list';
COMMENT ON FUNCTION bench.series_points IS '@behavior -connection +list';
COMMENT ON FUNCTION bench.shown_cell_by IS '@behavior -connection +list';
COMMENT ON FUNCTION care.evaluation_sorted_side_effects IS '@behavior -connection +list';
COMMENT ON FUNCTION insight.insight_shown_cells IS '@behavior -connection +list';

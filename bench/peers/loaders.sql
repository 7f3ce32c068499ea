-- The statements of the peers with loaders: each reads the rows of many keys at once.

-- name: community
SELECT c.slug AS key, c.id AS community, c.name, c.member_count AS "memberCount"
FROM catalog.community c WHERE c.slug = ANY ($1::text[])

-- name: discussions
SELECT k AS key, d.* FROM unnest($1::uuid[]) k CROSS JOIN LATERAL (
    SELECT d.id AS discussion, 'dis_' || d.id::text AS id, d.title, d.post_count AS "postCount",
        d.last_post_at AS "lastPostAt", d.author_id
    FROM care.discussion d WHERE d.community_id = k ORDER BY d.last_post_at DESC, d.id DESC LIMIT $2::int) d

-- name: member
SELECT m.id AS key, m.pseudonym FROM care.member m WHERE m.id = ANY ($1::uuid[])

-- name: last_post
SELECT k AS key, p.* FROM unnest($1::uuid[]) k CROSS JOIN LATERAL (
    SELECT p.body, p.created_at AS "createdAt", p.author_id
    FROM care.post p WHERE p.discussion_id = k ORDER BY p.created_at DESC, p.id DESC LIMIT 1) p

-- name: observations
SELECT k AS key, b.* FROM unnest($1::uuid[]) k CROSS JOIN LATERAL (
    SELECT b.observed_on AS "observedOn", b.value, b.by_relative AS "byRelative", b.indicator_id
    FROM care.observation b WHERE b.member_id = k ORDER BY b.observed_on DESC, b.id DESC LIMIT $2::int) b

-- name: indicator
SELECT i.id AS key, i.name, i.unit, i.kind FROM catalog.indicator i WHERE i.id = ANY ($1::uuid[])

-- name: series
SELECT d.member_id AS key, d.member_id::text || ' ' || i.id::text AS series, i.id AS indicator_id
FROM (
    SELECT DISTINCT b.member_id, b.indicator_id FROM care.observation b WHERE b.member_id = ANY ($1::uuid[])
        AND b.observed_on BETWEEN (SELECT (catalog.earliest_today() - interval '1 year')::date)
            AND (SELECT catalog.latest_today())) d
JOIN catalog.indicator i ON i.id = d.indicator_id ORDER BY lower(i.name), i.id

-- name: latest
SELECT k AS key, b.* FROM unnest($1::text[]) k CROSS JOIN LATERAL (
    SELECT b.value, b.observed_on AS "observedOn" FROM care.observation b
    WHERE b.member_id = split_part(k, ' ', 1)::uuid AND b.indicator_id = split_part(k, ' ', 2)::uuid
        AND b.observed_on BETWEEN (SELECT (catalog.earliest_today() - interval '1 year')::date)
            AND (SELECT catalog.latest_today())
    ORDER BY b.observed_on DESC LIMIT 1) b

-- name: points
SELECT k AS key, b.* FROM unnest($1::text[]) k CROSS JOIN LATERAL (
    SELECT date_trunc('week', b.observed_on::timestamp)::date AS "startsOn", avg(b.value) AS mean,
        min(b.value) AS minimum, max(b.value) AS maximum, count(*)::int AS count
    FROM care.observation b
    WHERE b.member_id = split_part(k, ' ', 1)::uuid AND b.indicator_id = split_part(k, ' ', 2)::uuid
        AND b.observed_on BETWEEN (SELECT (catalog.earliest_today() - interval '1 year')::date)
            AND (SELECT catalog.latest_today())
    GROUP BY 1 ORDER BY 1) b

-- name: courses
SELECT c.member_id AS key, c.id AS course, c.treatment_id, c.status, c.started_on AS "startedOn",
    c.ended_on AS "endedOn"
FROM care.course c WHERE c.member_id = ANY ($1::uuid[]) AND c.started_on <= catalog.latest_today()
    AND (c.ended_on IS NULL OR c.ended_on >= (catalog.earliest_today() - interval '1 year')::date)
ORDER BY c.started_on, c.id

-- name: treatment
SELECT t.id AS key, t.name FROM catalog.treatment t WHERE t.id = ANY ($1::uuid[])

-- name: evaluation
SELECT e.course_id AS key, e.satisfaction FROM care.evaluation e WHERE e.course_id = ANY ($1::uuid[])

-- name: treatment_called
SELECT t.slug AS key, t.id AS treatment, t.name FROM catalog.treatment t WHERE t.slug = ANY ($1::text[])

-- name: evaluations
SELECT k AS key, e.* FROM unnest($1::text[]) k CROSS JOIN LATERAL (
    SELECT e.id AS evaluation, e.member_id, e.course_id, e.evaluated_on AS "evaluatedOn", e.effectiveness,
        e.convenience, e.satisfaction, e.comment
    FROM care.evaluation e
    WHERE e.treatment_id = split_part(k, ' ', 1)::uuid AND (
        e.member_id = split_part(k, ' ', 2)::uuid OR e.sharing = 'ALL_MEMBERS'
        OR e.sharing = 'MY_COMMUNITIES' AND e.community_id = ANY ((
            SELECT array_agg(own.community_id) FROM care.membership own
            WHERE own.member_id = split_part(k, ' ', 2)::uuid)::uuid[]))
    ORDER BY e.evaluated_on DESC, e.id DESC LIMIT $2::int) e

-- name: course
SELECT c.id AS key, c.started_on AS "startedOn", c.ended_on AS "endedOn", c.dose
FROM care.course c WHERE c.id = ANY ($1::uuid[])

-- name: side_effects
SELECT s.evaluation_id AS key, s.indicator_id, s.severity, s.serious
FROM care.side_effect s JOIN catalog.indicator i ON i.id = s.indicator_id
WHERE s.evaluation_id = ANY ($1::uuid[]) ORDER BY lower(i.name), i.id

-- name: cells
SELECT c.insight_id AS key, c.insight_id::text || ' ' || c.place AS cell,
    i.dataset_id::text || ' ' || i.variable || ' ' || c.category AS category_key,
    CASE WHEN c.reliability <> 'HIDDEN' THEN c.count END AS count, c.margin AS "marginOfError", c.share, c.low, c.high,
    c.reliability
FROM insight.cell c JOIN insight.insight i ON i.id = c.insight_id
WHERE c.insight_id = ANY ($1::uuid[]) ORDER BY c.place

-- name: category
SELECT k AS key, g.code, g.label FROM unnest($1::text[]) k CROSS JOIN LATERAL (
    SELECT g.code, g.label FROM insight.category g
    WHERE g.dataset_id = split_part(k, ' ', 1)::uuid AND g.variable = split_part(k, ' ', 2)::int
        AND g.place = split_part(k, ' ', 3)::int OFFSET 0) g

-- name: categories_by
SELECT k AS key, g.code, g.label FROM unnest($1::text[]) k
JOIN insight.insight i ON i.id = split_part(k, ' ', 1)::uuid
JOIN insight.cell c ON c.insight_id = i.id AND c.place = split_part(k, ' ', 2)::int
CROSS JOIN LATERAL unnest(i.by, c.by) AS pair (variable, place)
CROSS JOIN LATERAL (
    SELECT g.code, g.label FROM insight.category g
    WHERE g.dataset_id = i.dataset_id AND g.variable = pair.variable AND g.place = pair.place OFFSET 0) g
ORDER BY pair.variable

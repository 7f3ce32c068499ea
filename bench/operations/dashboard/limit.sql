SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT (SELECT row_to_json(o) FROM (
      SELECT
        (SELECT coalesce(json_agg(o), '[]') FROM (
          SELECT
            (SELECT row_to_json(o) FROM (SELECT i.name, i.unit) o) AS indicator,
            (SELECT row_to_json(o) FROM (
              SELECT b.value, b.observed_on AS "observedOn" FROM care.observation b
              WHERE b.member_id = $1 AND b.indicator_id = i.id AND b.observed_on BETWEEN d.starts_on AND d.ends_on
              ORDER BY b.observed_on DESC LIMIT 1) o) AS latest
          FROM catalog.indicator i
          WHERE i.id IN (SELECT b.indicator_id FROM care.observation b
            WHERE b.member_id = $1 AND b.observed_on BETWEEN d.starts_on AND d.ends_on)
          ORDER BY lower(i.name), i.id) o) AS series,
        (SELECT coalesce(json_agg(o), '[]') FROM (
          SELECT
            (SELECT row_to_json(o) FROM (
              SELECT t.name FROM catalog.treatment t WHERE t.id = c.treatment_id) o) AS treatment,
            c.status, c.started_on AS "startedOn", c.ended_on AS "endedOn",
            (SELECT row_to_json(o) FROM (
              SELECT e.satisfaction FROM care.evaluation e WHERE e.course_id = c.id) o) AS evaluation
          FROM care.course c
          WHERE c.member_id = $1 AND c.started_on <= d.ends_on AND (c.ended_on IS NULL OR c.ended_on >= d.starts_on)
          ORDER BY c.started_on, c.id) o) AS courses
      FROM (SELECT (catalog.earliest_today() - interval '1 year')::date AS starts_on,
        catalog.latest_today() AS ends_on OFFSET 0) d) o) AS dashboard) o) AS me) o

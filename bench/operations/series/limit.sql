SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT (SELECT row_to_json(o) FROM (
      SELECT (SELECT coalesce(json_agg(o), '[]') FROM (
        SELECT
          (SELECT row_to_json(o) FROM (SELECT i.name, i.unit) o) AS indicator,
          (SELECT coalesce(json_agg(o), '[]') FROM (
            SELECT date_trunc('week', b.observed_on::timestamp)::date AS "startsOn", avg(b.value) AS mean,
              min(b.value) AS minimum, max(b.value) AS maximum, count(*) AS count
            FROM care.observation b
            WHERE b.member_id = $1 AND b.indicator_id = i.id AND b.observed_on BETWEEN d.starts_on AND d.ends_on
            GROUP BY 1 ORDER BY 1) o) AS points
        FROM catalog.indicator i
        WHERE i.id IN (SELECT b.indicator_id FROM care.observation b
          WHERE b.member_id = $1 AND b.observed_on BETWEEN d.starts_on AND d.ends_on)
        ORDER BY lower(i.name), i.id) o) AS series
      FROM (SELECT (catalog.earliest_today() - interval '1 year')::date AS starts_on,
        catalog.latest_today() AS ends_on OFFSET 0) d) o) AS dashboard) o) AS me) o

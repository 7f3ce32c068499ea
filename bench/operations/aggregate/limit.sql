SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT (SELECT coalesce(json_agg(o), '[]') FROM (
      SELECT
        (SELECT row_to_json(o) FROM (
          SELECT g.code, g.label FROM insight.category g
          WHERE g.dataset_id = i.dataset_id AND g.variable = i.variable AND g.place = c.category) o) AS category,
        (SELECT coalesce(json_agg(o), '[]') FROM (
          SELECT g.code, g.label FROM unnest(i.by, c.by) AS pair (variable, place)
          JOIN insight.category g ON g.dataset_id = i.dataset_id AND g.variable = pair.variable
            AND g.place = pair.place
          ORDER BY g.variable) o) AS by,
        CASE WHEN c.reliability <> 'HIDDEN' THEN c.count END AS count, c.margin AS "marginOfError", c.share,
        CASE WHEN c.low IS NOT NULL THEN (SELECT row_to_json(o) FROM (SELECT c.low, c.high) o) END AS interval,
        c.reliability
      FROM insight.cell c WHERE c.insight_id = i.id ORDER BY c.place) o) AS cells
    FROM insight.insight i WHERE i.id = $1) o) AS insight) o

SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT (
      WITH g AS MATERIALIZED (
        SELECT g.variable, g.place, (SELECT row_to_json(o) FROM (SELECT g.code, g.label) o) AS shown
        FROM insight.category g WHERE g.dataset_id = i.dataset_id AND g.variable = ANY (i.variable || i.by)),
      groups AS MATERIALIZED (
        SELECT p.by, (
          SELECT coalesce(json_agg(g.shown ORDER BY g.variable), '[]')
          FROM unnest(i.by, p.by) AS pair (variable, place)
          JOIN g ON g.variable = pair.variable AND g.place = pair.place) AS shown
        FROM (SELECT DISTINCT c.by FROM insight.cell c WHERE c.insight_id = i.id) p)
      SELECT coalesce(json_agg(o), '[]') FROM (
        SELECT own.shown AS category, groups.shown AS by,
          CASE WHEN c.reliability <> 'HIDDEN' THEN c.count END AS count, c.margin AS "marginOfError", c.share,
          CASE WHEN c.low IS NOT NULL THEN (SELECT row_to_json(o) FROM (SELECT c.low, c.high) o) END AS interval,
          c.reliability
        FROM insight.cell c
        JOIN g own ON own.variable = i.variable AND own.place = c.category
        JOIN groups ON groups.by = c.by
        WHERE c.insight_id = i.id ORDER BY c.place) o) AS cells
    FROM insight.insight i WHERE i.id = $1) o) AS insight) o

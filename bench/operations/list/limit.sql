SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT (SELECT row_to_json(o) FROM (
      SELECT (SELECT coalesce(json_agg(o), '[]') FROM (
        SELECT b.observed_on AS "observedOn", b.value, b.by_relative AS "byRelative",
          (SELECT row_to_json(o) FROM (
            SELECT i.name, i.unit, i.kind FROM catalog.indicator i WHERE i.id = b.indicator_id) o) AS indicator
        FROM care.observation b WHERE b.member_id = $1 ORDER BY b.observed_on DESC, b.id DESC LIMIT 100
      ) o) AS nodes) o) AS observations) o) AS me) o

SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT c.name, c.member_count AS "memberCount" FROM catalog.community c WHERE c.slug = $1) o) AS community) o

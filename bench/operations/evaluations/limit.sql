SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT t.name, (SELECT row_to_json(o) FROM (
      SELECT (SELECT coalesce(json_agg(o), '[]') FROM (
        SELECT
          (SELECT row_to_json(o) FROM (SELECT m.pseudonym FROM care.member m WHERE m.id = e.member_id) o) AS member,
          e.evaluated_on AS "evaluatedOn", e.effectiveness, e.convenience, e.satisfaction, e.comment,
          (SELECT row_to_json(o) FROM (
            SELECT c.started_on AS "startedOn", c.ended_on AS "endedOn", c.dose
            FROM care.course c WHERE c.id = e.course_id) o) AS course,
          (SELECT coalesce(json_agg(o), '[]') FROM (
            SELECT (SELECT row_to_json(o) FROM (SELECT i.name) o) AS indicator, s.severity, s.serious
            FROM care.side_effect s JOIN catalog.indicator i ON i.id = s.indicator_id
            WHERE s.evaluation_id = e.id ORDER BY lower(i.name), i.id) o) AS "sideEffects"
        FROM care.evaluation e
        WHERE e.treatment_id = t.id AND (e.member_id = $1 OR e.sharing = 'ALL_MEMBERS'
          OR e.sharing = 'MY_COMMUNITIES' AND e.community_id = ANY (
            (SELECT array_agg(own.community_id) FROM care.membership own WHERE own.member_id = $1)::uuid[]))
        ORDER BY e.evaluated_on DESC, e.id DESC LIMIT 20) o) AS nodes) o) AS evaluations
    FROM catalog.treatment t WHERE t.slug = $2) o) AS treatment) o

SELECT CASE WHEN set_config('cohorte.member', $8, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_0_sums._1 AS nodes, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT page_0_sums._count > 50 AS "hasNextPage", page_0_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT 'obs_' || CAST(page_0.id AS TEXT) AS id, page_0.value AS value, page_0.observed_on AS "observedOn", page_0.note AS note, page_0.by_relative AS "byRelative", (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) AS name
                        FROM catalog.indicator AS indicator_1
                        WHERE indicator_1.id = page_0.indicator_id
                      ) AS o$
                    ) AS indicator
                  ) AS o$
                ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 50), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 50))[$2::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY viewer_observation_1.observed_on DESC, viewer_observation_1.id DESC) AS _n, viewer_observation_1.id AS id, viewer_observation_1.value AS value, viewer_observation_1.observed_on AS observed_on, viewer_observation_1.note AS note, viewer_observation_1.by_relative AS by_relative, viewer_observation_1.indicator_id AS indicator_id, json_build_object('$c', json_build_array(left(md5('60d43150' || CAST(viewer_profile_1.member_id AS TEXT)), 8), viewer_observation_1.observed_on, viewer_observation_1.id)) AS _cursor
                  FROM care.viewer_observation AS viewer_observation_1
                  WHERE viewer_observation_1.member_id = viewer_profile_1.member_id AND viewer_observation_1.indicator_id = $3::UUID AND (viewer_observation_1.observed_on, viewer_observation_1.id) < ($4::DATE, $5::UUID) AND catalog.same_list($6::VARCHAR, left(md5('60d43150' || CAST(viewer_profile_1.member_id AS TEXT)), 8), 0)
                  ORDER BY viewer_observation_1.observed_on DESC, viewer_observation_1.id DESC
                  LIMIT 51
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS observations
          FROM care.viewer_profile AS viewer_profile_1
          WHERE viewer_profile_1.member_id = $7::UUID
        ) AS o$
      ) AS me
    ) AS o$
  ) AS o
)::text END

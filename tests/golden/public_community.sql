SELECT b.o::text FROM (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT 'com_' || CAST(community_1.id AS TEXT) AS id, coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name, coalesce(community_1.translations[$1::VARCHAR] ->> 'description', community_1.description) AS description, community_1.member_count AS "memberCount", (
            SELECT row_to_json(o$)
            FROM (
              SELECT coalesce(condition_1.translations[$1::VARCHAR] ->> 'name', condition_1.name) AS name, condition_1.icd10 AS icd10, condition_1.orpha AS orpha
              FROM catalog.condition AS condition_1
              WHERE condition_1.id = community_1.condition_id
            ) AS o$
          ) AS condition, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) AS name, coalesce(indicator_1.translations[$1::VARCHAR] ->> 'unit', indicator_1.unit) AS unit
              FROM catalog.indicator AS indicator_1 JOIN catalog.community_indicator AS community_indicator_1 ON community_indicator_1.indicator_id = indicator_1.id
              WHERE community_indicator_1.community_id = community_1.id AND indicator_1.retired_on IS NULL
              ORDER BY community_indicator_1.position ASC, indicator_1.id ASC
            ) AS o$
          ) AS indicators, (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_0_sums._1 AS edges, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT page_0_sums._count > 10 AS "hasNextPage", page_0_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT page_0._cursor AS cursor, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT page_0.slug AS slug, coalesce(page_0.translations[$1::VARCHAR] ->> 'name', page_0.name) AS name
                      ) AS o$
                    ) AS node
                  ) AS o$
                ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 10), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 10))[$2::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY community_treatment_1.position ASC, community_treatment_1.treatment_id ASC) AS _n, json_build_object('$c', json_build_array(left(md5('5ed36529' || CAST(community_1.id AS TEXT)), 8), community_treatment_1.position, community_treatment_1.treatment_id)) AS _cursor, treatment_1.slug AS slug, treatment_1.translations AS translations, treatment_1.name AS name
                  FROM catalog.treatment AS treatment_1 JOIN catalog.community_treatment AS community_treatment_1 ON community_treatment_1.treatment_id = treatment_1.id
                  WHERE community_treatment_1.community_id = community_1.id AND treatment_1.retired_on IS NULL
                  ORDER BY community_treatment_1.position ASC, community_treatment_1.treatment_id ASC
                  LIMIT 11
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS treatments
          FROM catalog.community AS community_1
          WHERE community_1.slug = $3::VARCHAR
        ) AS o$
      ) AS community
    ) AS o$
  ) AS o
) b

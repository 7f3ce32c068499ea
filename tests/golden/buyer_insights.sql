SELECT CASE WHEN set_config('cohorte.organization', $12, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT page_0_sums._1 AS nodes, (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_0_sums._count > 5 AS "hasNextPage", page_0_sums._end AS "endCursor"
            ) AS o$
          ) AS "pageInfo"
          FROM (
            SELECT count(*) AS _count, coalesce(json_agg((
              SELECT row_to_json(o$)
              FROM (
                SELECT coalesce(page_0.translations[$1::VARCHAR] ->> 'title', page_0.title) AS title, page_0.size AS size, (
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT anon_1.micro_rho AS "microRho", anon_1.epsilon AS epsilon
                        FROM (
                          SELECT CAST(CASE WHEN (page_0.status = 'OPEN') THEN least(page_0.cap_micro_rho - page_0.spent_micro_rho, (page_0.cap_micro_rho * $2::INTEGER) / $3::INTEGER - page_0.sold_micro_rho) ELSE $4::INTEGER END AS BIGINT) AS micro_rho, insight.epsilon(CAST(CASE WHEN (page_0.status = 'OPEN') THEN least(page_0.cap_micro_rho - page_0.spent_micro_rho, (page_0.cap_micro_rho * $2::INTEGER) / $3::INTEGER - page_0.sold_micro_rho) ELSE $4::INTEGER END AS BIGINT), CAST(1e-6 AS DOUBLE PRECISION)) AS epsilon, CAST(1e-6 AS DOUBLE PRECISION) AS delta
                        ) AS anon_1
                      ) AS o$
                    ) AS remaining, CASE WHEN (page_0.status = 'OPEN') THEN least(page_0.cap_micro_rho - page_0.spent_micro_rho, (page_0.cap_micro_rho * $5::INTEGER) / $6::INTEGER - page_0.sold_micro_rho) ELSE $7::INTEGER END / $8::INTEGER AS "insightsLeft"
                  ) AS o$
                ) AS budget, (
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT (
                      SELECT coalesce(json_agg(o$), '[]'::json)
                      FROM (
                        SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT variable_1.name AS name, coalesce(variable_1.translations[$1::VARCHAR] ->> 'label', variable_1.label) AS label
                            FROM insight.variable AS variable_1
                            WHERE variable_1.dataset_id = insight_1.dataset_id AND variable_1.position = insight_1.variable
                          ) AS o$
                        ) AS variable, (
                          SELECT coalesce(json_agg(o$), '[]'::json)
                          FROM (
                            SELECT variable_2.name AS name
                            FROM insight.variable AS variable_2
                            WHERE variable_2.dataset_id = insight_1.dataset_id AND variable_2.position = any(insight_1.by)
                            ORDER BY variable_2.position ASC
                          ) AS o$
                        ) AS by, (
                          SELECT release_1.margin
                          FROM insight.release AS release_1
                          WHERE release_1.id = insight_1.release_id
                        ) AS "marginOfError", (
                          SELECT coalesce(json_agg(o$), '[]'::json)
                          FROM (
                            SELECT (
                              SELECT row_to_json(o$)
                              FROM (
                                SELECT category_1.code AS code, coalesce(category_1.translations[$1::VARCHAR] ->> 'label', category_1.label) AS label
                                FROM insight.category AS category_1
                                WHERE category_1.dataset_id = anon_2.dataset_id AND category_1.variable = anon_2.variable AND category_1.place = anon_2.category
                              ) AS o$
                            ) AS category, (
                              SELECT coalesce(json_agg(o$), '[]'::json)
                              FROM (
                                SELECT anon_3.code AS code
                                FROM unnest(anon_2.variables_by, anon_2.categories_by) AS anon_4(variable, place) JOIN LATERAL (
                                  SELECT category_2.demonstration AS demonstration, category_2.dataset_id AS dataset_id, category_2.variable AS variable, category_2.place AS place, category_2.code AS code, category_2.label AS label, category_2.translations AS translations, category_2.value AS value, category_2.low AS low, category_2.high AS high, category_2.merges AS merges
                                  FROM insight.category AS category_2
                                  WHERE category_2.dataset_id = anon_2.dataset_id AND category_2.variable = anon_4.variable AND category_2.place = anon_4.place
                                  LIMIT 1
                                ) AS anon_3 ON true
                                ORDER BY anon_4.variable ASC
                              ) AS o$
                            ) AS by, anon_2.count AS count, anon_2.share AS share, (
                              SELECT row_to_json(o$)
                              FROM (
                                SELECT anon_5.low AS low, anon_5.high AS high
                                FROM (
                                  SELECT anon_2.low AS low, anon_2.high AS high
                                  WHERE anon_2.low IS NOT NULL
                                ) AS anon_5
                              ) AS o$
                            ) AS interval, anon_2.reliability AS reliability
                            FROM (
                              SELECT insight_1.dataset_id AS dataset_id, insight_1.variable AS variable, insight_1.by AS variables_by, cell_1.by AS categories_by, CASE WHEN (cell_1.reliability != 'HIDDEN') THEN cell_1.count END AS count, cell_1.margin AS margin_of_error, CASE WHEN (cell_1.share IS NOT NULL) THEN least(greatest(cell_1.share, 0), 1) END AS share, CASE WHEN (cell_1.low IS NOT NULL) THEN least(greatest(cell_1.low, 0), 1) END AS low, CASE WHEN (cell_1.high IS NOT NULL) THEN least(greatest(cell_1.high, 0), 1) END AS high, cell_1.category AS category, cell_1.reliability AS reliability, CASE WHEN (cell_1.high - cell_1.low <= 0.2) THEN 'HIGH' WHEN (cell_1.low <= 0 AND cell_1.high >= 1) THEN 'NONE' WHEN (cell_1.low IS NOT NULL) THEN 'LOW' END AS share_reliability, cell_1.place AS _k0
                              FROM insight.cell AS cell_1
                              WHERE cell_1.insight_id = insight_1.id
                            ) AS anon_2
                            ORDER BY anon_2._k0 ASC
                          ) AS o$
                        ) AS cells, (
                          SELECT coalesce(json_agg(o$), '[]'::json)
                          FROM (
                            SELECT anon_6.measure AS measure, (
                              SELECT coalesce(json_agg(o$), '[]'::json)
                              FROM (
                                SELECT anon_7.code AS code
                                FROM unnest(anon_6.variables_by, anon_6.categories_by) AS anon_8(variable, place) JOIN LATERAL (
                                  SELECT category_3.demonstration AS demonstration, category_3.dataset_id AS dataset_id, category_3.variable AS variable, category_3.place AS place, category_3.code AS code, category_3.label AS label, category_3.translations AS translations, category_3.value AS value, category_3.low AS low, category_3.high AS high, category_3.merges AS merges
                                  FROM insight.category AS category_3
                                  WHERE category_3.dataset_id = anon_6.dataset_id AND category_3.variable = anon_8.variable AND category_3.place = anon_8.place
                                  LIMIT 1
                                ) AS anon_7 ON true
                                ORDER BY anon_8.variable ASC
                              ) AS o$
                            ) AS by, anon_6.value AS value, (
                              SELECT row_to_json(o$)
                              FROM (
                                SELECT anon_9.low AS low, anon_9.high AS high
                                FROM (
                                  SELECT anon_6.low AS low, anon_6.high AS high
                                  WHERE anon_6.low IS NOT NULL
                                ) AS anon_9
                              ) AS o$
                            ) AS interval
                            FROM (
                              SELECT insight_1.dataset_id AS dataset_id, insight_1.variable AS variable, insight_1.by AS variables_by, statistic_1.by AS categories_by, statistic_1.measure AS measure, CASE WHEN (statistic_1.value IS NOT NULL) THEN least(greatest(statistic_1.value, anon_10.least), anon_10.most) END AS value, CASE WHEN (statistic_1.low IS NOT NULL) THEN least(greatest(statistic_1.low, anon_10.least), anon_10.most) END AS low, CASE WHEN (statistic_1.high IS NOT NULL) THEN least(greatest(statistic_1.high, anon_10.least), anon_10.most) END AS high, statistic_1.reliability AS reliability, statistic_1.place AS _k0
                              FROM insight.statistic AS statistic_1 JOIN (
                                SELECT min(category_4.value) AS least, max(category_4.value) AS most
                                FROM insight.category AS category_4
                                WHERE category_4.dataset_id = insight_1.dataset_id AND category_4.variable = insight_1.variable
                              ) AS anon_10 ON true
                              WHERE statistic_1.insight_id = insight_1.id
                            ) AS anon_6
                            ORDER BY anon_6._k0 ASC
                          ) AS o$
                        ) AS statistics
                        FROM insight.insight AS insight_1
                        WHERE insight_1.dataset_id = page_0.id
                        ORDER BY insight_1.published_at DESC, insight_1.id DESC
                        LIMIT 3
                      ) AS o$
                    ) AS nodes
                  ) AS o$
                ) AS insights
              ) AS o$
            ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 5), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 5))[$9::INTEGER] AS _end
            FROM (
              SELECT row_number() OVER (ORDER BY dataset_1.frozen_on DESC, dataset_1.id DESC) AS _n, dataset_1.translations AS translations, dataset_1.title AS title, dataset_1.size AS size, dataset_1.cap_micro_rho AS cap_micro_rho, dataset_1.spent_micro_rho AS spent_micro_rho, dataset_1.sold_micro_rho AS sold_micro_rho, dataset_1.status AS status, dataset_1.id AS id, json_build_object('$c', json_build_array('62fcf905', dataset_1.frozen_on, dataset_1.id)) AS _cursor
              FROM insight.dataset AS dataset_1
              WHERE (dataset_1.frozen_on, dataset_1.id) < ($10::DATE, $11::UUID)
              ORDER BY dataset_1.frozen_on DESC, dataset_1.id DESC
              LIMIT 6
            ) AS page_0
          ) AS page_0_sums
        ) AS o$
      ) AS datasets
    ) AS o$
  ) AS o
)::text END

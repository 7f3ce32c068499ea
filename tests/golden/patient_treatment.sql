WITH viewer AS MATERIALIZED (
  SELECT set_config('cohorte.member', $28, true) AS id
) SELECT CASE WHEN viewer.id IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name) AS name, treatment_1.kind AS kind, treatment_1.inn AS inn, treatment_1.atc AS atc, (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_0_sums._1 AS nodes, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT page_0_sums._count > 20 AS "hasNextPage", page_0_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT CAST(page_0.member_id AS TEXT) AS "$m", CASE WHEN (page_0.member_id IN (
                      SELECT care_link_1.patient_id
                      FROM care.care_link AS care_link_1
                      WHERE care_link_1.relative_id = $2::UUID AND care_link_1.status = 'ACCEPTED'
                    )) THEN CAST(page_0.member_id AS TEXT) || ' EVALUATIONS COURSES' END AS "$r", (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT CAST(member_1.id AS TEXT) AS "$m", CASE WHEN (member_1.id IN (
                          SELECT care_link_2.patient_id
                          FROM care.care_link AS care_link_2
                          WHERE care_link_2.relative_id = $3::UUID AND care_link_2.status = 'ACCEPTED'
                        )) THEN CAST(member_1.id AS TEXT) || ' PROFILE' END AS "$r", member_1.pseudonym AS pseudonym, (
                          SELECT CASE WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $4::INTEGER) THEN $5::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $6::INTEGER) THEN $7::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $8::INTEGER) THEN $9::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $10::INTEGER) THEN $11::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $12::INTEGER) THEN $13::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $14::INTEGER) THEN $15::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $16::INTEGER) THEN $17::VARCHAR WHEN (profile_1.birth_year IS NOT NULL) THEN $18::VARCHAR END AS anon_1
                          FROM care.profile AS profile_1
                          WHERE profile_1.member_id = member_1.id
                        ) AS "ageBand"
                        FROM care.member AS member_1
                        WHERE member_1.id = page_0.member_id
                      ) AS o$
                    ) AS member, page_0.evaluated_on AS "evaluatedOn", page_0.effectiveness AS effectiveness, page_0.convenience AS convenience, page_0.satisfaction AS satisfaction, page_0.comment AS comment, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT course_1.started_on AS "startedOn", course_1.ended_on AS "endedOn", course_1.dose AS dose
                        FROM care.course AS course_1
                        WHERE course_1.id = page_0.course_id
                      ) AS o$
                    ) AS course, (
                      SELECT coalesce(json_agg(o$), '[]'::json)
                      FROM (
                        SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) AS name
                            FROM catalog.indicator AS indicator_1
                            WHERE indicator_1.id = side_effect_1.indicator_id
                          ) AS o$
                        ) AS indicator, side_effect_1.severity AS severity, side_effect_1.serious AS serious
                        FROM care.side_effect AS side_effect_1 JOIN catalog.indicator AS indicator_2 ON indicator_2.id = side_effect_1.indicator_id
                        WHERE side_effect_1.evaluation_id = page_0.id
                        ORDER BY lower(translate(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name), 'ÀÂÄÁÃÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜŸŒÆàâäáãçéèêëíìîïñóòôöõúùûüÿœæ’', 'AAAAACEEEEIIIINOOOOOUUUUYOAaaaaaceeeeiiiinooooouuuuyoa''')) ASC, indicator_2.id ASC
                      ) AS o$
                    ) AS "sideEffects"
                  ) AS o$
                ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 20), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20))[$19::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY evaluation_1.evaluated_on DESC, evaluation_1.id DESC) AS _n, evaluation_1.member_id AS member_id, evaluation_1.evaluated_on AS evaluated_on, evaluation_1.effectiveness AS effectiveness, evaluation_1.convenience AS convenience, evaluation_1.satisfaction AS satisfaction, evaluation_1.comment AS comment, evaluation_1.course_id AS course_id, evaluation_1.id AS id, translate(encode(convert_to(CAST(json_build_array('7e9b1b08', evaluation_1.evaluated_on, evaluation_1.id) AS TEXT), $20::VARCHAR), $21::VARCHAR), $22::VARCHAR, $23::VARCHAR) AS _cursor
                  FROM care.evaluation AS evaluation_1
                  WHERE evaluation_1.treatment_id = treatment_1.id AND evaluation_1.community_id = (
                    SELECT community_1.id
                    FROM catalog.community AS community_1
                    WHERE community_1.slug = $24::VARCHAR
                  ) AND (evaluation_1.evaluated_on, evaluation_1.id) < ($25::DATE, $26::UUID)
                  ORDER BY evaluation_1.evaluated_on DESC, evaluation_1.id DESC
                  LIMIT 21
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS evaluations
          FROM catalog.treatment AS treatment_1
          WHERE treatment_1.slug = $27::VARCHAR
        ) AS o$
      ) AS treatment
    ) AS o$
  ) AS o
)::text END FROM viewer

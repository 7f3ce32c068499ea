SELECT CASE WHEN set_config('cohorte.member', $24, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name) AS name, treatment_1.kind AS kind, treatment_1.inn AS inn, treatment_1.atc AS atc, (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_1_sums._1 AS nodes, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT page_1_sums._count > 20 AS "hasNextPage", page_1_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT CAST(page_1.member_id AS TEXT) AS "$m", CASE WHEN (page_1.member_id = any(CAST((
                      SELECT care.viewer_patients() AS viewer_patients_1
                    ) AS UUID[]))) THEN CAST(page_1.member_id AS TEXT) || ' EVALUATIONS COURSES' END AS "$r", (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT CAST(member_1.id AS TEXT) AS "$m", CASE WHEN (member_1.id = any(CAST((
                          SELECT care.viewer_patients() AS viewer_patients_2
                        ) AS UUID[]))) THEN CAST(member_1.id AS TEXT) || ' PROFILE' END AS "$r", member_1.pseudonym AS pseudonym, (
                          SELECT CASE WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $2::INTEGER) THEN $3::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $4::INTEGER) THEN $5::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $6::INTEGER) THEN $7::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $8::INTEGER) THEN $9::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $10::INTEGER) THEN $11::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $12::INTEGER) THEN $13::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $14::INTEGER) THEN $15::VARCHAR WHEN (profile_1.birth_year IS NOT NULL) THEN $16::VARCHAR END AS anon_1
                          FROM care.profile AS profile_1
                          WHERE profile_1.member_id = member_1.id
                        ) AS "ageBand"
                        FROM care.member AS member_1
                        WHERE member_1.id = page_1.member_id
                      ) AS o$
                    ) AS member, page_1.evaluated_on AS "evaluatedOn", page_1.effectiveness AS effectiveness, page_1.convenience AS convenience, page_1.satisfaction AS satisfaction, page_1.comment AS comment, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT course_1.started_on AS "startedOn", course_1.ended_on AS "endedOn", course_1.dose AS dose
                        FROM care.course AS course_1
                        WHERE course_1.id = page_1.course_id
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
                        WHERE side_effect_1.evaluation_id = page_1.id
                        ORDER BY lower(CASE WHEN (char_length(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name)) = octet_length(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name))) THEN coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name) ELSE replace(replace(replace(translate(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) ASC, indicator_2.id ASC
                      ) AS o$
                    ) AS "sideEffects"
                  ) AS o$
                ) ORDER BY page_1._n) FILTER (WHERE page_1._n <= 20), '[]'::json) AS _1, (array_agg(page_1._cursor ORDER BY page_1._n DESC) FILTER (WHERE page_1._n <= 20))[$17::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY parts_0._k0 DESC, parts_0._k1 DESC) AS _n, parts_0.member_id AS member_id, parts_0.evaluated_on AS evaluated_on, parts_0.effectiveness AS effectiveness, parts_0.convenience AS convenience, parts_0.satisfaction AS satisfaction, parts_0.comment AS comment, parts_0.course_id AS course_id, parts_0.id AS id, json_build_object('$c', json_build_array(left(md5('7e9b1b08' || CAST(treatment_1.id AS TEXT)), 8), parts_0._k0, parts_0._k1)) AS _cursor
                  FROM (
                    SELECT parts_0_0.*
                    FROM (
                      SELECT evaluation_1.member_id AS member_id, evaluation_1.evaluated_on AS evaluated_on, evaluation_1.effectiveness AS effectiveness, evaluation_1.convenience AS convenience, evaluation_1.satisfaction AS satisfaction, evaluation_1.comment AS comment, evaluation_1.course_id AS course_id, evaluation_1.id AS id, evaluation_1.evaluated_on AS _k0, evaluation_1.id AS _k1
                      FROM care.evaluation AS evaluation_1
                      WHERE evaluation_1.treatment_id = treatment_1.id AND evaluation_1.community_id = (
                        SELECT community_1.id
                        FROM catalog.community AS community_1
                        WHERE community_1.slug = $18::VARCHAR
                      ) AND evaluation_1.sharing = 'ALL_MEMBERS' AND (evaluation_1.evaluated_on, evaluation_1.id) < ($19::DATE, $20::UUID) AND catalog.same_list($21::VARCHAR, left(md5('7e9b1b08' || CAST(treatment_1.id AS TEXT)), 8), 0)
                      ORDER BY evaluation_1.evaluated_on DESC, evaluation_1.id DESC
                      LIMIT 21
                    ) AS parts_0_0
                    UNION ALL SELECT parts_0_1.*
                    FROM (
                      SELECT evaluation_2.member_id AS member_id, evaluation_2.evaluated_on AS evaluated_on, evaluation_2.effectiveness AS effectiveness, evaluation_2.convenience AS convenience, evaluation_2.satisfaction AS satisfaction, evaluation_2.comment AS comment, evaluation_2.course_id AS course_id, evaluation_2.id AS id, evaluation_2.evaluated_on AS _k0, evaluation_2.id AS _k1
                      FROM care.evaluation AS evaluation_2
                      WHERE evaluation_2.treatment_id = treatment_1.id AND evaluation_2.community_id = (
                        SELECT community_1.id
                        FROM catalog.community AS community_1
                        WHERE community_1.slug = $18::VARCHAR
                      ) AND evaluation_2.sharing = 'MY_COMMUNITIES' AND (
                        SELECT community_1.id
                        FROM catalog.community AS community_1
                        WHERE community_1.slug = $18::VARCHAR
                      ) = any(CAST((
                        SELECT care.viewer_communities() AS viewer_communities_1
                      ) AS UUID[])) AND (evaluation_2.evaluated_on, evaluation_2.id) < ($19::DATE, $20::UUID) AND catalog.same_list($21::VARCHAR, left(md5('7e9b1b08' || CAST(treatment_1.id AS TEXT)), 8), 0)
                      ORDER BY evaluation_2.evaluated_on DESC, evaluation_2.id DESC
                      LIMIT 21
                    ) AS parts_0_1
                    UNION ALL SELECT parts_0_2.*
                    FROM (
                      SELECT evaluation_3.member_id AS member_id, evaluation_3.evaluated_on AS evaluated_on, evaluation_3.effectiveness AS effectiveness, evaluation_3.convenience AS convenience, evaluation_3.satisfaction AS satisfaction, evaluation_3.comment AS comment, evaluation_3.course_id AS course_id, evaluation_3.id AS id, evaluation_3.evaluated_on AS _k0, evaluation_3.id AS _k1
                      FROM care.evaluation AS evaluation_3
                      WHERE evaluation_3.member_id = any(array_append(CAST((
                        SELECT care.viewer_patients() AS viewer_patients_3
                      ) AS UUID[]), $22::UUID)) AND evaluation_3.treatment_id IS NOT DISTINCT
                      FROM treatment_1.id AND (
                        SELECT community_1.id
                        FROM catalog.community AS community_1
                        WHERE community_1.slug = $18::VARCHAR
                      ) IS NOT NULL AND evaluation_3.community_id IS NOT DISTINCT
                      FROM (
                        SELECT community_1.id
                        FROM catalog.community AS community_1
                        WHERE community_1.slug = $18::VARCHAR
                      ) AND NOT coalesce(evaluation_3.sharing = 'ALL_MEMBERS' OR evaluation_3.sharing = 'MY_COMMUNITIES' AND evaluation_3.community_id = any(CAST((
                        SELECT care.viewer_communities() AS viewer_communities_1
                      ) AS UUID[])), false) AND (evaluation_3.evaluated_on, evaluation_3.id) < ($19::DATE, $20::UUID) AND catalog.same_list($21::VARCHAR, left(md5('7e9b1b08' || CAST(treatment_1.id AS TEXT)), 8), 0)
                      ORDER BY evaluation_3.evaluated_on DESC, evaluation_3.id DESC
                      LIMIT 21
                    ) AS parts_0_2
                  ) AS parts_0
                  ORDER BY parts_0._k0 DESC, parts_0._k1 DESC
                  LIMIT 21
                ) AS page_1
              ) AS page_1_sums
            ) AS o$
          ) AS evaluations
          FROM catalog.treatment AS treatment_1
          WHERE treatment_1.slug = $23::VARCHAR
        ) AS o$
      ) AS treatment
    ) AS o$
  ) AS o
)::text END

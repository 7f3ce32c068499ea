SELECT CASE WHEN set_config('cohorte.member', $5, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT (
            SELECT row_to_json(o$)
            FROM (
              SELECT (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT (
                    SELECT row_to_json(o$)
                    FROM (
                      SELECT 'ind_' || CAST(indicator_1.id AS TEXT) AS id, coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) AS name, coalesce(indicator_1.translations[$1::VARCHAR] ->> 'unit', indicator_1.unit) AS unit
                      FROM catalog.indicator AS indicator_1
                      WHERE indicator_1.id = anon_1.indicator_id
                    ) AS o$
                  ) AS indicator, (
                    SELECT coalesce(json_agg(o$), '[]'::json)
                    FROM (
                      SELECT anon_2.starts_on AS "startsOn", anon_2.mean AS mean, anon_2.minimum AS minimum, anon_2.maximum AS maximum, anon_2.count AS count
                      FROM (
                        SELECT CAST(date_trunc(anon_1.unit, CAST(viewer_observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS starts_on, avg(viewer_observation_1.value) AS mean, min(viewer_observation_1.value) AS minimum, max(viewer_observation_1.value) AS maximum, count(*) AS count, CAST(date_trunc(anon_1.unit, CAST(viewer_observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS _k0
                        FROM care.viewer_observation AS viewer_observation_1
                        WHERE viewer_observation_1.indicator_id = anon_1.indicator_id AND viewer_observation_1.member_id = anon_1.member_id AND viewer_observation_1.observed_on >= anon_1.starts_on AND viewer_observation_1.observed_on <= anon_1.ends_on
                        GROUP BY CAST(date_trunc(anon_1.unit, CAST(viewer_observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
                      ) AS anon_2
                      ORDER BY anon_2._k0 ASC
                    ) AS o$
                  ) AS points, (
                    SELECT row_to_json(o$)
                    FROM (
                      SELECT viewer_observation_2.value AS value, viewer_observation_2.observed_on AS "observedOn"
                      FROM care.viewer_observation AS viewer_observation_2
                      WHERE viewer_observation_2.indicator_id = anon_1.indicator_id AND viewer_observation_2.member_id = anon_1.member_id AND viewer_observation_2.observed_on >= anon_1.starts_on AND viewer_observation_2.observed_on <= anon_1.ends_on
                      ORDER BY viewer_observation_2.observed_on DESC
                      LIMIT 1
                    ) AS o$
                  ) AS latest
                  FROM (
                    SELECT indicator_2.id AS indicator_id, anon_3.member_id AS member_id, anon_3.starts_on AS starts_on, anon_3.ends_on AS ends_on, anon_3.unit AS unit, lower(CASE WHEN (char_length(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name)) = octet_length(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name))) THEN coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name) ELSE replace(replace(replace(translate(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) AS _k0, indicator_2.id AS _k1
                    FROM catalog.indicator AS indicator_2
                    WHERE indicator_2.id IN (
                      SELECT viewer_observation_3.indicator_id
                      FROM care.viewer_observation AS viewer_observation_3
                      WHERE viewer_observation_3.member_id = anon_3.member_id AND viewer_observation_3.observed_on >= anon_3.starts_on AND viewer_observation_3.observed_on <= anon_3.ends_on
                    )
                  ) AS anon_1
                  ORDER BY anon_1._k0 ASC, anon_1._k1 ASC
                ) AS o$
              ) AS series, (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT (
                    SELECT row_to_json(o$)
                    FROM (
                      SELECT coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name) AS name
                      FROM catalog.treatment AS treatment_1
                      WHERE treatment_1.id = viewer_course_1.treatment_id
                    ) AS o$
                  ) AS treatment, viewer_course_1.status AS status, viewer_course_1.started_on AS "startedOn", viewer_course_1.ended_on AS "endedOn", (
                    SELECT row_to_json(o$)
                    FROM (
                      SELECT viewer_evaluation_1.satisfaction AS satisfaction
                      FROM care.viewer_evaluation AS viewer_evaluation_1
                      WHERE viewer_evaluation_1.course_id = viewer_course_1.id
                    ) AS o$
                  ) AS evaluation
                  FROM care.viewer_course AS viewer_course_1
                  WHERE viewer_course_1.member_id = anon_3.member_id AND viewer_course_1.started_on <= anon_3.ends_on AND (viewer_course_1.ended_on IS NULL OR viewer_course_1.ended_on >= anon_3.starts_on)
                  ORDER BY viewer_course_1.started_on ASC, viewer_course_1.id ASC
                ) AS o$
              ) AS courses
              FROM (
                SELECT viewer_profile_1.member_id AS member_id, CAST(CASE WHEN ($2::DATE IS NULL) THEN CAST(CASE WHEN ($3::DATE IS NULL) THEN catalog.earliest_today() ELSE $3::DATE END - interval '1 year' AS DATE) ELSE $2::DATE END AS DATE) AS starts_on, CAST(CASE WHEN ($3::DATE IS NULL) THEN greatest($2::DATE, catalog.latest_today()) ELSE $3::DATE END AS DATE) AS ends_on, CAST('week' AS TEXT) AS unit
                LIMIT ALL OFFSET 0
              ) AS anon_3
            ) AS o$
          ) AS dashboard
          FROM care.viewer_profile AS viewer_profile_1
          WHERE viewer_profile_1.member_id = $4::UUID
        ) AS o$
      ) AS me
    ) AS o$
  ) AS o
)::text END

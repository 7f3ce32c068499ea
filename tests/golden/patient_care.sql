SELECT CASE WHEN set_config('cohorte.member', $6, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT 'me_' || CAST(viewer_profile_1.member_id AS TEXT) AS id, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT CASE WHEN (care_link_1.patient_id = any(CAST((
                SELECT care.viewer_patients() AS viewer_patients_1
              ) AS UUID[]))) THEN CAST(care_link_1.patient_id AS TEXT) || ' OBSERVATIONS COURSES' END AS "$r", 'lnk_' || CAST(care_link_1.id AS TEXT) AS id, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT member_1.pseudonym AS pseudonym
                  FROM care.member AS member_1
                  WHERE member_1.id = care_link_1.patient_id
                ) AS o$
              ) AS patient, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT (
                    SELECT coalesce(json_agg(o$), '[]'::json)
                    FROM (
                      SELECT (
                        SELECT row_to_json(o$)
                        FROM (
                          SELECT coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) AS name
                          FROM catalog.indicator AS indicator_1
                          WHERE indicator_1.id = anon_1.indicator_id
                        ) AS o$
                      ) AS indicator, (
                        SELECT coalesce(json_agg(o$), '[]'::json)
                        FROM (
                          SELECT anon_2.starts_on AS "startsOn", anon_2.mean AS mean
                          FROM (
                            SELECT CAST(date_trunc(anon_1.unit, CAST(observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS starts_on, avg(observation_1.value) AS mean, min(observation_1.value) AS minimum, max(observation_1.value) AS maximum, count(*) AS count, CAST(date_trunc(anon_1.unit, CAST(observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS _k0
                            FROM care.observation AS observation_1
                            WHERE observation_1.indicator_id = anon_1.indicator_id AND observation_1.member_id = anon_1.member_id AND observation_1.observed_on >= anon_1.starts_on AND observation_1.observed_on <= anon_1.ends_on
                            GROUP BY CAST(date_trunc(anon_1.unit, CAST(observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
                          ) AS anon_2
                          ORDER BY anon_2._k0 ASC
                        ) AS o$
                      ) AS points
                      FROM (
                        SELECT indicator_2.id AS indicator_id, anon_3.member_id AS member_id, anon_3.starts_on AS starts_on, anon_3.ends_on AS ends_on, anon_3.unit AS unit, lower(CASE WHEN (char_length(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name)) = octet_length(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name))) THEN coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name) ELSE replace(replace(replace(translate(coalesce(indicator_2.translations[$1::VARCHAR] ->> 'name', indicator_2.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) AS _k0, indicator_2.id AS _k1
                        FROM catalog.indicator AS indicator_2
                        WHERE indicator_2.id IN (
                          SELECT observation_2.indicator_id
                          FROM care.observation AS observation_2
                          WHERE observation_2.member_id = anon_3.member_id AND observation_2.observed_on >= anon_3.starts_on AND observation_2.observed_on <= anon_3.ends_on AND observation_2.indicator_id = any(anon_3.indicator_ids)
                        )
                      ) AS anon_1
                      ORDER BY anon_1._k0 ASC, anon_1._k1 ASC
                    ) AS o$
                  ) AS series, (
                    SELECT coalesce(json_agg(o$), '[]'::json)
                    FROM (
                      SELECT 'crs_' || CAST(course_1.id AS TEXT) AS id, course_1.started_on AS "startedOn"
                      FROM care.course AS course_1
                      WHERE course_1.member_id = anon_3.member_id AND course_1.started_on <= anon_3.ends_on AND (course_1.ended_on IS NULL OR course_1.ended_on >= anon_3.starts_on)
                      ORDER BY course_1.started_on ASC, course_1.id ASC
                    ) AS o$
                  ) AS courses
                  FROM (
                    SELECT care_link_1.patient_id AS member_id, CAST(CASE WHEN ($2::DATE IS NULL) THEN CAST(CASE WHEN ($3::DATE IS NULL) THEN catalog.earliest_today() ELSE $3::DATE END - interval '1 year' AS DATE) ELSE $2::DATE END AS DATE) AS starts_on, CAST(CASE WHEN ($3::DATE IS NULL) THEN greatest($2::DATE, catalog.latest_today()) ELSE $3::DATE END AS DATE) AS ends_on, CAST('month' AS TEXT) AS unit, (
                      SELECT catalog.known_keys(CAST($4::TEXT[] AS UUID[]), array((
                        SELECT indicator_3.id
                        FROM catalog.indicator AS indicator_3
                        WHERE indicator_3.id = any(CAST($4::TEXT[] AS UUID[]))
                      )), 0) AS known_keys_1
                    ) AS indicator_ids
                    WHERE (
                      SELECT catalog.known_keys(CAST($4::TEXT[] AS UUID[]), array((
                        SELECT indicator_3.id
                        FROM catalog.indicator AS indicator_3
                        WHERE indicator_3.id = any(CAST($4::TEXT[] AS UUID[]))
                      )), 0) AS known_keys_1
                    ) IS NOT NULL AND care_link_1.status = 'ACCEPTED'
                    LIMIT ALL OFFSET 0
                  ) AS anon_3
                ) AS o$
              ) AS dashboard
              FROM care.care_link AS care_link_1
              WHERE care_link_1.patient_id = viewer_profile_1.member_id OR care_link_1.relative_id = viewer_profile_1.member_id
              ORDER BY care_link_1.created_at DESC, care_link_1.id DESC
            ) AS o$
          ) AS "careLinks"
          FROM care.viewer_profile AS viewer_profile_1
          WHERE viewer_profile_1.member_id = $5::UUID
        ) AS o$
      ) AS me
    ) AS o$
  ) AS o
)::text END

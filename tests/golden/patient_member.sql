SELECT CASE WHEN set_config('cohorte.member', $21, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT CAST(member_1.id AS TEXT) AS "$m", CASE WHEN (member_1.id = any(CAST((
            SELECT care.viewer_patients() AS viewer_patients_1
          ) AS UUID[]))) THEN CAST(member_1.id AS TEXT) || ' PROFILE COMMUNITIES COURSES EVALUATIONS OBSERVATIONS' END AS "$r", 'mbr_' || CAST(member_1.id AS TEXT) AS id, member_1.pseudonym AS pseudonym, member_1.kind AS kind, member_1.about AS about, member_1.joined_on AS "joinedOn", (
            SELECT CASE WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $1::INTEGER) THEN $2::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $3::INTEGER) THEN $4::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $5::INTEGER) THEN $6::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $7::INTEGER) THEN $8::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $9::INTEGER) THEN $10::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $11::INTEGER) THEN $12::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $13::INTEGER) THEN $14::VARCHAR WHEN (profile_1.birth_year IS NOT NULL) THEN $15::VARCHAR END AS anon_1
            FROM care.profile AS profile_1
            WHERE profile_1.member_id = member_1.id
          ) AS "ageBand", (
            SELECT profile_2.sex
            FROM care.profile AS profile_2
            WHERE profile_2.member_id = member_1.id
          ) AS sex, (
            SELECT profile_3.region
            FROM care.profile AS profile_3
            WHERE profile_3.member_id = member_1.id
          ) AS region, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT community_1.slug AS slug, coalesce(community_1.translations[$16::VARCHAR] ->> 'name', community_1.name) AS name
              FROM catalog.community AS community_1 JOIN (
                SELECT membership_1.community_id AS community_id
                FROM care.membership AS membership_1
                WHERE membership_1.member_id = CASE WHEN (member_1.kind = 'ASSOCIATION' OR member_1.id = any(array_append(CAST((
                  SELECT care.viewer_patients() AS viewer_patients_2
                ) AS UUID[]), $17::UUID))) THEN member_1.id ELSE (
                  SELECT profile_4.member_id
                  FROM care.profile AS profile_4
                  WHERE profile_4.member_id = member_1.id AND profile_4.sharing = 'ALL_MEMBERS'
                ) END UNION SELECT membership_2.community_id AS community_id
                FROM care.membership AS membership_2
                WHERE membership_2.member_id = (
                  SELECT profile_5.member_id
                  FROM care.profile AS profile_5
                  WHERE profile_5.member_id = member_1.id
                ) AND membership_2.community_id = any(CAST((
                  SELECT care.viewer_communities() AS viewer_communities_1
                ) AS UUID[]))
              ) AS anon_2 ON anon_2.community_id = community_1.id
              ORDER BY lower(CASE WHEN (char_length(coalesce(community_1.translations[$16::VARCHAR] ->> 'name', community_1.name)) = octet_length(coalesce(community_1.translations[$16::VARCHAR] ->> 'name', community_1.name))) THEN coalesce(community_1.translations[$16::VARCHAR] ->> 'name', community_1.name) ELSE replace(replace(replace(translate(coalesce(community_1.translations[$16::VARCHAR] ->> 'name', community_1.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) ASC, community_1.id ASC
            ) AS o$
          ) AS communities, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT (
                SELECT row_to_json(o$)
                FROM (
                  SELECT coalesce(treatment_1.translations[$16::VARCHAR] ->> 'name', treatment_1.name) AS name
                  FROM catalog.treatment AS treatment_1
                  WHERE treatment_1.id = course_1.treatment_id
                ) AS o$
              ) AS treatment, course_1.status AS status, course_1.started_on AS "startedOn", course_1.ended_on AS "endedOn", (
                SELECT row_to_json(o$)
                FROM (
                  SELECT evaluation_1.effectiveness AS effectiveness, evaluation_1.satisfaction AS satisfaction
                  FROM care.evaluation AS evaluation_1
                  WHERE evaluation_1.course_id = course_1.id
                ) AS o$
              ) AS evaluation
              FROM care.course AS course_1
              WHERE course_1.member_id = (
                SELECT profile_6.member_id
                FROM care.profile AS profile_6
                WHERE profile_6.member_id = member_1.id
              )
              ORDER BY course_1.started_on DESC, course_1.id DESC
            ) AS o$
          ) AS courses, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT anon_3.starts_on AS "startsOn", anon_3.mean AS mean, anon_3.minimum AS minimum, anon_3.maximum AS maximum, anon_3.count AS count
              FROM (
                SELECT CAST(date_trunc(CAST('month' AS TEXT), CAST(observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS starts_on, avg(observation_1.value) AS mean, min(observation_1.value) AS minimum, max(observation_1.value) AS maximum, count(*) AS count, CAST(date_trunc(CAST('month' AS TEXT), CAST(observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE) AS _k0
                FROM care.observation AS observation_1
                WHERE observation_1.member_id = (
                  SELECT profile_7.member_id
                  FROM care.profile AS profile_7
                  WHERE profile_7.member_id = member_1.id
                ) AND observation_1.indicator_id = $18::UUID
                GROUP BY CAST(date_trunc(CAST('month' AS TEXT), CAST(observation_1.observed_on AS TIMESTAMP WITHOUT TIME ZONE)) AS DATE)
              ) AS anon_3
              ORDER BY anon_3._k0 ASC
            ) AS o$
          ) AS series
          FROM care.member AS member_1
          WHERE member_1.id = (
            SELECT care.member_named(btrim(regexp_replace(normalize($19::VARCHAR, NFKC), ' +', ' ', $20::VARCHAR))) AS member_named_1
          )
        ) AS o$
      ) AS member
    ) AS o$
  ) AS o
)::text END

SELECT CASE WHEN set_config('cohorte.staff', $7, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
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
                SELECT 'svy_' || CAST(page_0.id AS TEXT) AS id, coalesce(page_0.translations[$1::VARCHAR] ->> 'title', page_0.title) AS title, page_0.status AS status, page_0.version AS version, page_0.closes_on AS "closesOn", CASE WHEN (page_0.status != 'WAITING' OR (EXISTS (
                  SELECT *
                  FROM identity.staff AS staff_1
                  WHERE $2::VARCHAR = any(staff_1.roles)
                ))) THEN page_0.minimum_participants END AS "minimumParticipants", (
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT survey_progress_1.counted_on AS "countedOn", survey_progress_1.completed AS completed
                    FROM catalog.survey_progress AS survey_progress_1
                    WHERE survey_progress_1.survey_id = page_0.id
                  ) AS o$
                ) AS progress, (
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name
                    FROM catalog.community AS community_1
                    WHERE community_1.id = page_0.community_id
                  ) AS o$
                ) AS community
              ) AS o$
            ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 20), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20))[$3::INTEGER] AS _end
            FROM (
              SELECT row_number() OVER (ORDER BY survey_1.closes_on DESC, survey_1.id DESC) AS _n, survey_1.id AS id, survey_1.translations AS translations, survey_1.title AS title, survey_1.status AS status, survey_1.version AS version, survey_1.closes_on AS closes_on, survey_1.minimum_participants AS minimum_participants, survey_1.community_id AS community_id, json_build_object('$c', json_build_array('3686c57e', survey_1.closes_on, survey_1.id)) AS _cursor
              FROM catalog.survey AS survey_1
              WHERE survey_1.community_id = (
                SELECT community_2.id
                FROM catalog.community AS community_2
                WHERE community_2.slug = $4::VARCHAR
              ) AND (survey_1.closes_on, survey_1.id) < ($5::DATE, $6::UUID)
              ORDER BY survey_1.closes_on DESC, survey_1.id DESC
              LIMIT 21
            ) AS page_0
          ) AS page_0_sums
        ) AS o$
      ) AS surveys, (
        SELECT row_to_json(o$)
        FROM (
          SELECT (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT 'lic_' || CAST(licence_1.id AS TEXT) AS id, licence_1.purpose AS purpose, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT organization_1.name AS name, organization_1.kind AS kind
                  FROM insight.organization AS organization_1
                  WHERE organization_1.id = licence_1.organization_id
                ) AS o$
              ) AS organization, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT coalesce(community_3.translations[$1::VARCHAR] ->> 'name', community_3.name) AS name
                  FROM catalog.community AS community_3
                  WHERE community_3.id = licence_1.community_id
                ) AS o$
              ) AS community
              FROM insight.licence AS licence_1
              WHERE CASE WHEN (licence_1.status != 'REFUSED' AND licence_1.ends_on < catalog.today()) THEN 'ENDED' ELSE licence_1.status END = 'REQUESTED'
              ORDER BY licence_1.status = 'REQUESTED' DESC, coalesce(licence_1.requested_at, '1970-01-01 00:00:00+00'::timestamptz) DESC, licence_1.id DESC
              LIMIT 20
            ) AS o$
          ) AS nodes
        ) AS o$
      ) AS licences
    ) AS o$
  ) AS o
)::text END

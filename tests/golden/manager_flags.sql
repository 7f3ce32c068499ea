SELECT CASE WHEN set_config('cohorte.staff', $5, true) IS NOT NULL THEN (
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
                SELECT 'flg_' || CAST(page_0.id AS TEXT) AS id, page_0.reason AS reason, page_0.note AS note, page_0.created_at AS "createdAt", (
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT post_1.body AS body, post_1.created_at AS "createdAt", (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT member_1.pseudonym AS pseudonym
                        FROM care.member AS member_1
                        WHERE member_1.id = post_1.author_id
                      ) AS o$
                    ) AS author, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT discussion_1.title AS title, (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT community_1.slug AS slug
                            FROM catalog.community AS community_1
                            WHERE community_1.id = discussion_1.community_id
                          ) AS o$
                        ) AS community
                        FROM care.discussion AS discussion_1
                        WHERE discussion_1.id = post_1.discussion_id
                      ) AS o$
                    ) AS discussion
                    FROM care.post AS post_1
                    WHERE post_1.id = page_0.post_id
                  ) AS o$
                ) AS post
              ) AS o$
            ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 20), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20))[$1::INTEGER] AS _end
            FROM (
              SELECT row_number() OVER (ORDER BY flag_1.urgent DESC, flag_1.created_at DESC, flag_1.id DESC) AS _n, flag_1.id AS id, flag_1.reason AS reason, flag_1.note AS note, flag_1.created_at AS created_at, flag_1.post_id AS post_id, json_build_object('$c', json_build_array('b327e8cb', flag_1.urgent, flag_1.created_at, flag_1.id)) AS _cursor
              FROM care.flag AS flag_1
              WHERE flag_1.status = 'OPEN' AND (flag_1.urgent, flag_1.created_at, flag_1.id) < ($2::BOOLEAN, $3::TIMESTAMP WITH TIME ZONE, $4::UUID)
              ORDER BY flag_1.urgent DESC, flag_1.created_at DESC, flag_1.id DESC
              LIMIT 21
            ) AS page_0
          ) AS page_0_sums
        ) AS o$
      ) AS flags
    ) AS o$
  ) AS o
)::text END

SELECT b.o::text FROM (
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
                  SELECT page_0_sums._count > 2 AS "hasNextPage", page_0_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT 'dis_' || CAST(page_0.id AS TEXT) AS id, page_0.title AS title, page_0.language AS language, page_0.last_post_at AS "lastPostAt", (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT post_1.language AS language
                        FROM care.post AS post_1
                        WHERE post_1.discussion_id = page_0.id
                        ORDER BY post_1.created_at DESC, post_1.id DESC
                        LIMIT 1
                      ) AS o$
                    ) AS "lastPost"
                  ) AS o$
                ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 2), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 2))[$1::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY discussion_1.last_post_at DESC, discussion_1.id DESC) AS _n, discussion_1.id AS id, discussion_1.title AS title, discussion_1.language AS language, discussion_1.last_post_at AS last_post_at, json_build_object('$c', json_build_array(left(md5('b7661419' || CAST(community_1.id AS TEXT)), 8), discussion_1.last_post_at, discussion_1.id)) AS _cursor
                  FROM care.discussion AS discussion_1
                  WHERE discussion_1.community_id = community_1.id AND discussion_1.language = 'FR' AND (discussion_1.last_post_at, discussion_1.id) < ($2::TIMESTAMP WITH TIME ZONE, $3::UUID) AND catalog.same_list($4::VARCHAR, left(md5('b7661419' || CAST(community_1.id AS TEXT)), 8), 0)
                  ORDER BY discussion_1.last_post_at DESC, discussion_1.id DESC
                  LIMIT 3
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS discussions
          FROM catalog.community AS community_1
          WHERE community_1.slug = $5::VARCHAR
        ) AS o$
      ) AS community
    ) AS o$
  ) AS o
) b

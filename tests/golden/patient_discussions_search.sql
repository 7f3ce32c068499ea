SELECT CASE WHEN set_config('cohorte.member', $4, true) IS NOT NULL THEN (
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
                  SELECT page_0_sums._count > 20 AS "hasNextPage", page_0_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT 'dis_' || CAST(page_0.id AS TEXT) AS id, page_0.title AS title, page_0.last_post_at AS "lastPostAt"
                  ) AS o$
                ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 20), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20))[$1::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY discussion_1.last_post_at DESC, discussion_1.id DESC) AS _n, discussion_1.id AS id, discussion_1.title AS title, discussion_1.last_post_at AS last_post_at, json_build_object('$c', json_build_array(left(md5('b7661419' || CAST(community_1.id AS TEXT)), 8), discussion_1.last_post_at, discussion_1.id)) AS _cursor
                  FROM care.discussion AS discussion_1
                  WHERE discussion_1.community_id = community_1.id AND discussion_1.id = any(array((
                    SELECT discussion_2.id
                    FROM care.discussion AS discussion_2
                    WHERE catalog.words_there(discussion_2.search, discussion_2.community_id) @@ (
                      SELECT catalog.search_query_there($2::VARCHAR, community_1.id) AS search_query_there_1
                    )
                    UNION ALL SELECT post_1.discussion_id
                    FROM care.post AS post_1
                    WHERE catalog.words_there(post_1.search, post_1.community_id) @@ (
                      SELECT catalog.search_query_there($2::VARCHAR, community_1.id) AS search_query_there_1
                    )
                  )))
                  ORDER BY discussion_1.last_post_at DESC, discussion_1.id DESC
                  LIMIT 21
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS discussions
          FROM catalog.community AS community_1
          WHERE community_1.slug = $3::VARCHAR
        ) AS o$
      ) AS community
    ) AS o$
  ) AS o
)::text END

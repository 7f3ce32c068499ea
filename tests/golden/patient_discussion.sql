SELECT b.o::text FROM (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT discussion_1.title AS title, discussion_1.closed AS closed, (
            SELECT row_to_json(o$)
            FROM (
              SELECT community_1.slug AS slug, coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name
              FROM catalog.community AS community_1
              WHERE community_1.id = discussion_1.community_id
            ) AS o$
          ) AS community, (
            SELECT coalesce(json_agg(o$.v), '[]'::json)
            FROM (
              SELECT anon_1.o AS v
              FROM (
                SELECT (
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT treatment_1.slug AS slug, coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name) AS name
                  ) AS o$
                ) AS o, discussion_topic_1.position AS k0
                FROM catalog.treatment AS treatment_1 JOIN care.discussion_topic AS discussion_topic_1 ON discussion_topic_1.treatment_id = treatment_1.id
                WHERE discussion_topic_1.discussion_id = discussion_1.id
                UNION ALL SELECT (
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT indicator_1.slug AS slug, coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) AS name
                  ) AS o$
                ) AS o, discussion_topic_2.position AS k0
                FROM catalog.indicator AS indicator_1 JOIN care.discussion_topic AS discussion_topic_2 ON discussion_topic_2.indicator_id = indicator_1.id
                WHERE discussion_topic_2.discussion_id = discussion_1.id
              ) AS anon_1
              ORDER BY anon_1.k0
            ) AS o$
          ) AS about, (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_0_sums._1 AS edges, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT page_0_sums._count > 20 AS "hasPreviousPage", page_0_sums._start AS "startCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT page_0._cursor AS cursor, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT 'pst_' || CAST(page_0.id AS TEXT) AS id, page_0.body AS body, page_0.removed AS removed, page_0.created_at AS "createdAt", (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT member_1.pseudonym AS pseudonym, member_1.kind AS kind, member_1.verified AS verified
                            FROM care.member AS member_1
                            WHERE member_1.id = page_0.author_id
                          ) AS o$
                        ) AS author, (
                          SELECT coalesce(json_agg(o$), '[]'::json)
                          FROM (
                            SELECT anon_2.reaction AS reaction, anon_2.count AS count
                            FROM (
                              SELECT post_reaction_1.reaction AS reaction, count(*) AS count, count(*) AS _k0, post_reaction_1.reaction AS _k1
                              FROM care.post_reaction AS post_reaction_1
                              WHERE post_reaction_1.post_id = page_0.id
                              GROUP BY post_reaction_1.reaction
                            ) AS anon_2
                            ORDER BY anon_2._k0 DESC, anon_2._k1 DESC
                          ) AS o$
                        ) AS reactions, array((
                          SELECT post_reaction_2.reaction
                          FROM care.post_reaction AS post_reaction_2
                          WHERE post_reaction_2.post_id = page_0.id AND post_reaction_2.member_id = $2::UUID
                          ORDER BY post_reaction_2.reaction
                        )) AS "viewerReactions"
                      ) AS o$
                    ) AS node
                  ) AS o$
                ) ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20))[$3::INTEGER] AS _start
                FROM (
                  SELECT row_number() OVER (ORDER BY post_1.created_at DESC, post_1.id DESC) AS _n, json_build_object('$c', json_build_array(left(md5('9083e4d6' || CAST(discussion_1.id AS TEXT)), 8), post_1.created_at, post_1.id)) AS _cursor, post_1.id AS id, post_1.body AS body, post_1.removed AS removed, post_1.created_at AS created_at, post_1.author_id AS author_id
                  FROM care.post AS post_1
                  WHERE post_1.discussion_id = discussion_1.id AND (post_1.created_at, post_1.id) < ($4::TIMESTAMP WITH TIME ZONE, $5::UUID) AND catalog.same_list($6::VARCHAR, left(md5('9083e4d6' || CAST(discussion_1.id AS TEXT)), 8), 0)
                  ORDER BY post_1.created_at DESC, post_1.id DESC
                  LIMIT 21
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS posts
          FROM care.discussion AS discussion_1
          WHERE discussion_1.id = $7::UUID
        ) AS o$
      ) AS discussion
    ) AS o$
  ) AS o
) b

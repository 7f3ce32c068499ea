SELECT b.o::text FROM (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT 'dis_' || CAST(discussion_1.id AS TEXT) AS id, discussion_1.title AS title, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT member_1.pseudonym AS pseudonym, (
                    SELECT row_to_json(o$)
                    FROM (
                      SELECT association_1.full_name AS "fullName", association_1.website AS website
                      FROM catalog.association AS association_1
                      WHERE association_1.member_id = member_1.id
                    ) AS o$
                  ) AS association
                  FROM care.member AS member_1
                  WHERE member_1.id = discussion_1.author_id
                ) AS o$
              ) AS author
              FROM care.discussion AS discussion_1 JOIN care.pin AS pin_1 ON pin_1.discussion_id = discussion_1.id
              WHERE pin_1.community_id = community_1.id
              ORDER BY pin_1.created_at DESC, discussion_1.id ASC
            ) AS o$
          ) AS pinned
          FROM catalog.community AS community_1
          WHERE community_1.slug = $1::VARCHAR
        ) AS o$
      ) AS community
    ) AS o$
  ) AS o
) b

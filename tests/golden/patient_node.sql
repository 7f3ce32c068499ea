SELECT b.o::text FROM (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT 'pst_' || CAST(post_1.id AS TEXT) AS id, post_1.body AS body, post_1.created_at AS "createdAt", (
            SELECT row_to_json(o$)
            FROM (
              SELECT 'dis_' || CAST(discussion_1.id AS TEXT) AS id, discussion_1.title AS title
              FROM care.discussion AS discussion_1
              WHERE discussion_1.id = post_1.discussion_id
            ) AS o$
          ) AS discussion
          FROM care.post AS post_1
          WHERE post_1.id = $1::UUID
        ) AS o$
      ) AS node
    ) AS o$
  ) AS o
) b

SELECT row_to_json(o)::text FROM (
  SELECT (SELECT row_to_json(o) FROM (
    SELECT (SELECT row_to_json(o) FROM (
      SELECT (SELECT coalesce(json_agg(o), '[]') FROM (
        SELECT 'dis_' || d.id::text AS id, d.title, d.post_count AS "postCount", d.last_post_at AS "lastPostAt",
          (SELECT row_to_json(o) FROM (SELECT m.pseudonym FROM care.member m WHERE m.id = d.author_id) o) AS author,
          (SELECT row_to_json(o) FROM (
            SELECT p.body, p.created_at AS "createdAt",
              (SELECT row_to_json(o) FROM (SELECT m.pseudonym FROM care.member m WHERE m.id = p.author_id) o) AS author
            FROM care.post p WHERE p.discussion_id = d.id
            ORDER BY p.created_at DESC, p.id DESC LIMIT 1) o) AS "lastPost"
        FROM care.discussion d WHERE d.community_id = c.id ORDER BY d.last_post_at DESC, d.id DESC LIMIT 20
      ) o) AS nodes) o) AS discussions
    FROM catalog.community c WHERE c.slug = $1) o) AS community) o

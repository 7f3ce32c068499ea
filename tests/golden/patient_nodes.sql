SELECT CASE WHEN set_config('cohorte.member', $7, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT coalesce(json_agg(o$.v), '[]'::json)
        FROM (
          SELECT coalesce((
            SELECT row_to_json(o$)
            FROM (
              SELECT 'dis_' || CAST(discussion_1.id AS TEXT) AS id
              FROM care.discussion AS discussion_1
              WHERE discussion_1.id = anon_1.dis_0
            ) AS o$
          ), (
            SELECT row_to_json(o$)
            FROM (
              SELECT 'mbs_' || CAST(CAST(membership_1.member_id AS TEXT) || '.' || CAST(membership_1.community_id AS TEXT) AS TEXT) AS id, membership_1.joined_on AS "joinedOn", (
                SELECT row_to_json(o$)
                FROM (
                  SELECT coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name
                  FROM catalog.community AS community_1
                  WHERE community_1.id = membership_1.community_id
                ) AS o$
              ) AS community
              FROM care.membership AS membership_1
              WHERE membership_1.member_id = $2::UUID AND membership_1.member_id = anon_1.mbs_0 AND membership_1.community_id = anon_1.mbs_1
            ) AS o$
          ), (
            SELECT row_to_json(o$)
            FROM (
              SELECT 'pst_' || CAST(post_1.id AS TEXT) AS id, post_1.body AS body
              FROM care.post AS post_1
              WHERE post_1.id = anon_1.pst_0
            ) AS o$
          )) AS v
          FROM unnest(CAST($3::TEXT[] AS UUID[]), CAST($4::TEXT[] AS UUID[]), CAST($5::TEXT[] AS UUID[]), CAST($6::TEXT[] AS UUID[])) WITH ORDINALITY AS anon_1(dis_0, mbs_0, mbs_1, pst_0, place)
          ORDER BY anon_1.place
        ) AS o$
      ) AS nodes
    ) AS o$
  ) AS o
)::text END

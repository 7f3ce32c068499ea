SELECT CASE WHEN set_config('cohorte.member', $14, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT anon_1.audience AS audience, (
            SELECT row_to_json(o$)
            FROM (
              SELECT 'mbr_' || CAST(member_1.id AS TEXT) AS id, member_1.pseudonym AS pseudonym
              FROM care.member AS member_1
              WHERE member_1.id = anon_1.member
            ) AS o$
          ) AS member
          FROM (
            SELECT coalesce($1::UUID, $2::UUID, $3::UUID, '00000000-0000-0000-0000-000000000000'::uuid) AS id, $4::VARCHAR AS audience, $1::UUID AS member, $2::UUID AS organization, $3::UUID AS staff
          ) AS anon_1
        ) AS o$
      ) AS viewer, (
        SELECT row_to_json(o$)
        FROM (
          SELECT (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT membership_1.joined_on AS "joinedOn", membership_1.role AS role, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT community_1.slug AS slug, coalesce(community_1.translations[$5::VARCHAR] ->> 'name', community_1.name) AS name, community_1.member_count AS "memberCount"
                  FROM catalog.community AS community_1
                  WHERE community_1.id = membership_1.community_id
                ) AS o$
              ) AS community
              FROM care.membership AS membership_1 JOIN catalog.community AS community_2 ON community_2.id = membership_1.community_id
              WHERE membership_1.member_id = viewer_profile_1.member_id
              ORDER BY lower(CASE WHEN (char_length(coalesce(community_2.translations[$5::VARCHAR] ->> 'name', community_2.name)) = octet_length(coalesce(community_2.translations[$5::VARCHAR] ->> 'name', community_2.name))) THEN coalesce(community_2.translations[$5::VARCHAR] ->> 'name', community_2.name) ELSE replace(replace(replace(translate(coalesce(community_2.translations[$5::VARCHAR] ->> 'name', community_2.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) ASC, community_2.id ASC
            ) AS o$
          ) AS memberships, (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_0_sums._1 AS nodes, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT page_0_sums._count > 10 AS "hasNextPage", page_0_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT 'ntf_' || CAST(page_0.id AS TEXT) AS id, page_0.kind AS kind, page_0.created_at AS "createdAt", (
                      SELECT anon_2.o
                      FROM (
                        SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT 'Discussion' AS __typename, 'dis_' || CAST(discussion_1.id AS TEXT) AS id
                          ) AS o$
                        ) AS o
                        FROM care.discussion AS discussion_1
                        WHERE page_0.subject_type = $6::VARCHAR AND discussion_1.id = page_0.subject_id
                        UNION ALL SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT 'Insight' AS __typename, 'ins_' || CAST(insight_1.id AS TEXT) AS id
                          ) AS o$
                        ) AS o
                        FROM insight.insight AS insight_1
                        WHERE page_0.subject_type = $7::VARCHAR AND insight_1.id = page_0.subject_id
                        UNION ALL SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT 'Member' AS __typename, 'mbr_' || CAST(member_2.id AS TEXT) AS id
                          ) AS o$
                        ) AS o
                        FROM care.member AS member_2
                        WHERE page_0.subject_type = $8::VARCHAR AND member_2.id = page_0.subject_id
                        UNION ALL SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT 'Post' AS __typename, 'pst_' || CAST(post_1.id AS TEXT) AS id, (
                              SELECT row_to_json(o$)
                              FROM (
                                SELECT 'dis_' || CAST(discussion_2.id AS TEXT) AS id, discussion_2.title AS title
                                FROM care.discussion AS discussion_2
                                WHERE discussion_2.id = post_1.discussion_id
                              ) AS o$
                            ) AS discussion
                          ) AS o$
                        ) AS o
                        FROM care.post AS post_1
                        WHERE page_0.subject_type = $9::VARCHAR AND post_1.id = page_0.subject_id
                        UNION ALL SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT 'CatalogueProposal' AS __typename, 'prp_' || CAST(catalogue_proposal_1.id AS TEXT) AS id
                          ) AS o$
                        ) AS o
                        FROM care.catalogue_proposal AS catalogue_proposal_1
                        WHERE page_0.subject_type = $10::VARCHAR AND catalogue_proposal_1.id = page_0.subject_id
                        UNION ALL SELECT (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT 'Survey' AS __typename, 'svy_' || CAST(survey_1.id AS TEXT) AS id, coalesce(survey_1.translations[$5::VARCHAR] ->> 'title', survey_1.title) AS title
                          ) AS o$
                        ) AS o
                        FROM catalog.survey AS survey_1
                        WHERE page_0.subject_type = $11::VARCHAR AND survey_1.id = page_0.subject_id
                      ) AS anon_2
                      LIMIT 1
                    ) AS subject
                  ) AS o$
                ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 10), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 10))[$12::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY notification_1.created_at DESC, notification_1.id DESC) AS _n, notification_1.id AS id, notification_1.kind AS kind, notification_1.created_at AS created_at, notification_1.subject_type AS subject_type, notification_1.subject_id AS subject_id, json_build_object('$c', json_build_array(left(md5('d3bddf97' || CAST(viewer_profile_1.member_id AS TEXT)), 8), notification_1.created_at, notification_1.id)) AS _cursor
                  FROM care.notification AS notification_1
                  WHERE notification_1.member_id = viewer_profile_1.member_id AND notification_1.read_at IS NULL
                  ORDER BY notification_1.created_at DESC, notification_1.id DESC
                  LIMIT 11
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS notifications
          FROM care.viewer_profile AS viewer_profile_1
          WHERE viewer_profile_1.member_id = $13::UUID
        ) AS o$
      ) AS me
    ) AS o$
  ) AS o
)::text END

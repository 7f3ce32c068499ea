SELECT CASE WHEN set_config('cohorte.member', $24, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT 'com_' || CAST(community_1.id AS TEXT) AS id, coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name, (
            SELECT row_to_json(o$)
            FROM (
              SELECT community_1.consenting_count AS consenting, community_1.needed_count AS needed, community_1.consenting_count >= community_1.needed_count AS ready
            ) AS o$
          ) AS readiness, (
            SELECT row_to_json(o$)
            FROM (
              SELECT membership_1.joined_on AS "joinedOn"
              FROM care.membership AS membership_1
              WHERE membership_1.community_id = community_1.id AND membership_1.member_id = $2::UUID
            ) AS o$
          ) AS "viewerMembership", (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT member_1.pseudonym AS pseudonym, member_1.verified AS verified
              FROM care.member AS member_1 JOIN care.membership AS membership_2 ON membership_2.member_id = member_1.id
              WHERE membership_2.community_id = community_1.id AND member_1.kind = 'ASSOCIATION' AND member_1.verified
              ORDER BY lower(CASE WHEN (char_length(member_1.pseudonym) = octet_length(member_1.pseudonym)) THEN member_1.pseudonym ELSE replace(replace(replace(translate(member_1.pseudonym, 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) ASC, member_1.id ASC
            ) AS o$
          ) AS associations, (
            SELECT row_to_json(o$)
            FROM (
              SELECT (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT CAST(parts_0.id AS TEXT) AS "$m", CASE WHEN (parts_0.id = any(CAST((
                    SELECT care.viewer_patients() AS viewer_patients_1
                  ) AS UUID[]))) THEN CAST(parts_0.id AS TEXT) || ' PROFILE COMMUNITIES' END AS "$r", parts_0.pseudonym AS pseudonym, parts_0.kind AS kind, (
                    SELECT CASE WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $3::INTEGER) THEN $4::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $5::INTEGER) THEN $6::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $7::INTEGER) THEN $8::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $9::INTEGER) THEN $10::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $11::INTEGER) THEN $12::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $13::INTEGER) THEN $14::VARCHAR WHEN (CAST(EXTRACT(year FROM catalog.today()) AS INTEGER) - profile_1.birth_year >= $15::INTEGER) THEN $16::VARCHAR WHEN (profile_1.birth_year IS NOT NULL) THEN $17::VARCHAR END AS anon_1
                    FROM care.profile AS profile_1
                    WHERE profile_1.member_id = parts_0.id
                  ) AS "ageBand", (
                    SELECT profile_2.sex
                    FROM care.profile AS profile_2
                    WHERE profile_2.member_id = parts_0.id
                  ) AS sex, (
                    SELECT profile_3.region
                    FROM care.profile AS profile_3
                    WHERE profile_3.member_id = parts_0.id
                  ) AS region
                  FROM (
                    SELECT parts_0_0.*
                    FROM (
                      SELECT member_2.id AS id, member_2.pseudonym AS pseudonym, member_2.kind AS kind, membership_3.member_id AS _k0
                      FROM care.member AS member_2 JOIN care.membership AS membership_3 ON membership_3.member_id = member_2.id
                      WHERE membership_3.community_id = community_1.id AND membership_3.sharing = 'ALL_MEMBERS'
                      ORDER BY membership_3.member_id ASC
                      LIMIT 10
                    ) AS parts_0_0
                    UNION ALL SELECT parts_0_1.*
                    FROM (
                      SELECT member_3.id AS id, member_3.pseudonym AS pseudonym, member_3.kind AS kind, membership_4.member_id AS _k0
                      FROM care.member AS member_3 JOIN care.membership AS membership_4 ON membership_4.member_id = member_3.id
                      WHERE membership_4.community_id = community_1.id AND membership_4.sharing = 'MY_COMMUNITIES' AND community_1.id = any(CAST((
                        SELECT care.viewer_communities() AS viewer_communities_1
                      ) AS UUID[]))
                      ORDER BY membership_4.member_id ASC
                      LIMIT 10
                    ) AS parts_0_1
                    UNION ALL SELECT parts_0_2.*
                    FROM (
                      SELECT member_4.id AS id, member_4.pseudonym AS pseudonym, member_4.kind AS kind, membership_5.member_id AS _k0
                      FROM care.member AS member_4 JOIN care.membership AS membership_5 ON membership_5.member_id = member_4.id
                      WHERE membership_5.member_id = any(array_append(CAST((
                        SELECT care.viewer_patients() AS viewer_patients_2
                      ) AS UUID[]), $18::UUID)) AND membership_5.community_id IS NOT DISTINCT
                      FROM community_1.id AND NOT (membership_5.sharing = 'ALL_MEMBERS' OR membership_5.sharing = 'MY_COMMUNITIES' AND community_1.id = any(CAST((
                        SELECT care.viewer_communities() AS viewer_communities_1
                      ) AS UUID[])))
                      ORDER BY membership_5.member_id ASC
                      LIMIT 10
                    ) AS parts_0_2
                  ) AS parts_0
                  ORDER BY parts_0._k0 ASC
                  LIMIT 10
                ) AS o$
              ) AS nodes
            ) AS o$
          ) AS members, (
            SELECT row_to_json(o$)
            FROM (
              SELECT page_1_sums._1 AS nodes, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT page_1_sums._count > 20 AS "hasNextPage", page_1_sums._end AS "endCursor"
                ) AS o$
              ) AS "pageInfo"
              FROM (
                SELECT count(*) AS _count, coalesce(json_agg((
                  SELECT row_to_json(o$)
                  FROM (
                    SELECT 'dis_' || CAST(page_1.id AS TEXT) AS id, page_1.title AS title, page_1.post_count AS "postCount", page_1.last_post_at AS "lastPostAt", (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT member_5.pseudonym AS pseudonym
                        FROM care.member AS member_5
                        WHERE member_5.id = page_1.author_id
                      ) AS o$
                    ) AS author, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT post_1.body AS body, (
                          SELECT row_to_json(o$)
                          FROM (
                            SELECT member_6.pseudonym AS pseudonym
                            FROM care.member AS member_6
                            WHERE member_6.id = post_1.author_id
                          ) AS o$
                        ) AS author
                        FROM care.post AS post_1
                        WHERE post_1.discussion_id = page_1.id
                        ORDER BY post_1.created_at DESC, post_1.id DESC
                        LIMIT 1
                      ) AS o$
                    ) AS "lastPost", (
                      SELECT coalesce(json_agg(o$.v), '[]'::json)
                      FROM (
                        SELECT anon_2.o AS v
                        FROM (
                          SELECT (
                            SELECT row_to_json(o$)
                            FROM (
                              SELECT 'Treatment' AS __typename
                            ) AS o$
                          ) AS o, discussion_topic_1.position AS k0
                          FROM catalog.treatment AS treatment_1 JOIN care.discussion_topic AS discussion_topic_1 ON discussion_topic_1.treatment_id = treatment_1.id
                          WHERE discussion_topic_1.discussion_id = page_1.id
                          UNION ALL SELECT (
                            SELECT row_to_json(o$)
                            FROM (
                              SELECT 'Indicator' AS __typename
                            ) AS o$
                          ) AS o, discussion_topic_2.position AS k0
                          FROM catalog.indicator AS indicator_1 JOIN care.discussion_topic AS discussion_topic_2 ON discussion_topic_2.indicator_id = indicator_1.id
                          WHERE discussion_topic_2.discussion_id = page_1.id
                        ) AS anon_2
                        ORDER BY anon_2.k0
                      ) AS o$
                    ) AS about
                  ) AS o$
                ) ORDER BY page_1._n) FILTER (WHERE page_1._n <= 20), '[]'::json) AS _1, (array_agg(page_1._cursor ORDER BY page_1._n DESC) FILTER (WHERE page_1._n <= 20))[$19::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY discussion_1.last_post_at DESC, discussion_1.id DESC) AS _n, discussion_1.id AS id, discussion_1.title AS title, discussion_1.post_count AS post_count, discussion_1.last_post_at AS last_post_at, discussion_1.author_id AS author_id, json_build_object('$c', json_build_array(left(md5('b7661419' || CAST(community_1.id AS TEXT)), 8), discussion_1.last_post_at, discussion_1.id)) AS _cursor
                  FROM care.discussion AS discussion_1
                  WHERE discussion_1.community_id = community_1.id AND (discussion_1.last_post_at, discussion_1.id) < ($20::TIMESTAMP WITH TIME ZONE, $21::UUID) AND catalog.same_list($22::VARCHAR, left(md5('b7661419' || CAST(community_1.id AS TEXT)), 8), 0)
                  ORDER BY discussion_1.last_post_at DESC, discussion_1.id DESC
                  LIMIT 21
                ) AS page_1
              ) AS page_1_sums
            ) AS o$
          ) AS discussions
          FROM catalog.community AS community_1
          WHERE community_1.slug = $23::VARCHAR
        ) AS o$
      ) AS community
    ) AS o$
  ) AS o
)::text END

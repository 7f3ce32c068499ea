SELECT CASE WHEN set_config('cohorte.member', $12, true) IS NOT NULL THEN (
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
                    SELECT (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT organization_1.name AS name
                        FROM insight.organization AS organization_1
                        WHERE organization_1.id = page_0.organization_id
                      ) AS o$
                    ) AS organization, CASE WHEN (page_0.organization_id IS NULL) THEN coalesce((CAST($1::VARCHAR AS JSONB))[$2::VARCHAR] ->> page_0.purpose, page_0.purpose) ELSE page_0.purpose END AS purpose, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT anon_1.micro_rho AS "microRho"
                        FROM (
                          SELECT CAST(page_0.micro_rho AS BIGINT) AS micro_rho, insight.epsilon(CAST(page_0.micro_rho AS BIGINT), CAST(1e-6 AS DOUBLE PRECISION)) AS epsilon, CAST(1e-6 AS DOUBLE PRECISION) AS delta
                        ) AS anon_1
                      ) AS o$
                    ) AS cost, (
                      SELECT row_to_json(o$)
                      FROM (
                        SELECT page_0.position AS position
                      ) AS o$
                    ) AS "ledgerEntry"
                  ) AS o$
                ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 20), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20))[$3::INTEGER] AS _end
                FROM (
                  SELECT row_number() OVER (ORDER BY ledger_entry_1.position DESC) AS _n, ledger_entry_1.organization_id AS organization_id, ledger_entry_1.purpose AS purpose, ledger_entry_1.micro_rho AS micro_rho, ledger_entry_1.position AS position, json_build_object('$c', json_build_array(left(md5('3dc51dc6' || CAST(viewer_profile_1.member_id AS TEXT)), 8), ledger_entry_1.position)) AS _cursor
                  FROM insight.ledger_entry AS ledger_entry_1
                  WHERE ledger_entry_1.position IN (
                    SELECT ledger_entry_2.position
                    FROM insight.ledger_entry AS ledger_entry_2 JOIN research.enrolment AS enrolment_1 ON enrolment_1.dataset_id = ledger_entry_2.dataset_id
                    WHERE enrolment_1.member_id = viewer_profile_1.member_id AND (enrolment_1.withdrawn_at IS NULL OR ledger_entry_2.published_at <= enrolment_1.withdrawn_at)
                    UNION ALL SELECT ledger_entry_3.position
                    FROM insight.ledger_entry AS ledger_entry_3 JOIN research.counted_membership AS counted_membership_1 ON counted_membership_1.community_id = ledger_entry_3.community_id
                    WHERE counted_membership_1.member_id = viewer_profile_1.member_id AND ledger_entry_3.count_release_id IS NOT NULL AND (ledger_entry_3.published_at >= counted_membership_1.counted_since AND (counted_membership_1.left_at IS NULL OR ledger_entry_3.published_at <= counted_membership_1.left_at) OR ledger_entry_3.position = ANY (counted_membership_1.openings))
                    UNION ALL SELECT ledger_entry_4.position
                    FROM insight.ledger_entry AS ledger_entry_4 JOIN research.counted_member AS counted_member_1 ON ledger_entry_4.published_at >= counted_member_1.counted_since
                    WHERE counted_member_1.member_id = viewer_profile_1.member_id AND ledger_entry_4.community_id IS NULL
                  ) AND ledger_entry_1.position < $4::BIGINT AND catalog.same_list($5::VARCHAR, left(md5('3dc51dc6' || CAST(viewer_profile_1.member_id AS TEXT)), 8), 0)
                  ORDER BY ledger_entry_1.position DESC
                  LIMIT 21
                ) AS page_0
              ) AS page_0_sums
            ) AS o$
          ) AS "dataUses", (
            SELECT row_to_json(o$)
            FROM (
              SELECT (
                SELECT row_to_json(o$)
                FROM (
                  SELECT anon_2.micro_rho AS "microRho"
                  FROM (
                    SELECT CAST(500000 AS BIGINT) AS micro_rho, insight.epsilon(CAST(500000 AS BIGINT), CAST(1e-6 AS DOUBLE PRECISION)) AS epsilon, CAST(1e-6 AS DOUBLE PRECISION) AS delta
                  ) AS anon_2
                ) AS o$
              ) AS allowance, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT anon_3.micro_rho AS "microRho"
                  FROM (
                    SELECT CAST(anon_4.reserved_micro_rho AS BIGINT) AS micro_rho, insight.epsilon(CAST(anon_4.reserved_micro_rho AS BIGINT), CAST(1e-6 AS DOUBLE PRECISION)) AS epsilon, CAST(1e-6 AS DOUBLE PRECISION) AS delta
                  ) AS anon_3
                ) AS o$
              ) AS reserved, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT anon_5.micro_rho AS "microRho", anon_5.epsilon AS epsilon
                  FROM (
                    SELECT CAST(anon_4.spent_micro_rho AS BIGINT) AS micro_rho, insight.epsilon(CAST(anon_4.spent_micro_rho AS BIGINT), CAST(1e-6 AS DOUBLE PRECISION)) AS epsilon, CAST(1e-6 AS DOUBLE PRECISION) AS delta
                  ) AS anon_5
                ) AS o$
              ) AS spent
              FROM (
                SELECT CAST(coalesce((
                  SELECT sum(CASE WHEN (NOT ((EXISTS (
                    SELECT dataset_1.id
                    FROM insight.dataset AS dataset_1
                    WHERE dataset_1.id = enrolment_2.dataset_id AND (dataset_1.status != 'OPEN' OR dataset_1.ends_on < catalog.today())
                  )) OR NOT (EXISTS (
                    SELECT dataset_1.id
                    FROM insight.dataset AS dataset_1
                    WHERE dataset_1.id = enrolment_2.dataset_id
                  )) AND (EXISTS (
                    SELECT ledger_entry_5.position
                    FROM insight.ledger_entry AS ledger_entry_5
                    WHERE ledger_entry_5.dataset_id = enrolment_2.dataset_id
                  )))) THEN enrolment_2.reserved_micro_rho ELSE least(enrolment_2.reserved_micro_rho, coalesce((
                    SELECT sum(ledger_entry_5.micro_rho) AS sum_2
                    FROM insight.ledger_entry AS ledger_entry_5
                    WHERE ledger_entry_5.dataset_id = enrolment_2.dataset_id AND ledger_entry_5.published_at >= catalog.year_before(catalog.today())
                  ), $6::INTEGER)) END) AS sum_1
                  FROM research.enrolment AS enrolment_2
                  WHERE enrolment_2.member_id = viewer_profile_1.member_id
                ), $7::INTEGER) + (
                  SELECT count(DISTINCT counted_membership_2.community_id) AS count_1
                  FROM research.counted_membership AS counted_membership_2
                  WHERE counted_membership_2.member_id = viewer_profile_1.member_id AND (counted_membership_2.left_at IS NULL OR counted_membership_2.left_at >= catalog.year_before(catalog.today()))
                ) * $8::INTEGER + (
                  SELECT count(*) AS count_2
                  FROM research.counted_member AS counted_member_2
                  WHERE counted_member_2.member_id = viewer_profile_1.member_id
                ) * $9::INTEGER AS BIGINT) AS reserved_micro_rho, CAST((
                  SELECT coalesce(sum(ledger_entry_6.micro_rho), $10::INTEGER) AS coalesce_3
                  FROM insight.ledger_entry AS ledger_entry_6
                  WHERE ledger_entry_6.position IN (
                    SELECT ledger_entry_7.position
                    FROM insight.ledger_entry AS ledger_entry_7 JOIN research.enrolment AS enrolment_3 ON enrolment_3.dataset_id = ledger_entry_7.dataset_id
                    WHERE enrolment_3.member_id = viewer_profile_1.member_id AND (enrolment_3.withdrawn_at IS NULL OR ledger_entry_7.published_at <= enrolment_3.withdrawn_at)
                    UNION ALL SELECT ledger_entry_8.position
                    FROM insight.ledger_entry AS ledger_entry_8 JOIN research.counted_membership AS counted_membership_3 ON counted_membership_3.community_id = ledger_entry_8.community_id
                    WHERE counted_membership_3.member_id = viewer_profile_1.member_id AND ledger_entry_8.count_release_id IS NOT NULL AND (ledger_entry_8.published_at >= counted_membership_3.counted_since AND (counted_membership_3.left_at IS NULL OR ledger_entry_8.published_at <= counted_membership_3.left_at) OR ledger_entry_8.position = ANY (counted_membership_3.openings))
                    UNION ALL SELECT ledger_entry_9.position
                    FROM insight.ledger_entry AS ledger_entry_9 JOIN research.counted_member AS counted_member_3 ON ledger_entry_9.published_at >= counted_member_3.counted_since
                    WHERE counted_member_3.member_id = viewer_profile_1.member_id AND ledger_entry_9.community_id IS NULL
                  )
                ) AS BIGINT) AS spent_micro_rho, $2::VARCHAR AS language
              ) AS anon_4
            ) AS o$
          ) AS "privacyLoss"
          FROM care.viewer_profile AS viewer_profile_1
          WHERE viewer_profile_1.member_id = $11::UUID
        ) AS o$
      ) AS me
    ) AS o$
  ) AS o
)::text END

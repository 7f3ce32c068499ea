SELECT b.o::text FROM (
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
                ) AS organization, CASE WHEN (page_0.organization_id IS NULL) THEN coalesce((CAST($1::VARCHAR AS JSONB))[$2::VARCHAR] ->> page_0.purpose, page_0.purpose) ELSE page_0.purpose END AS purpose, page_0.published_at AS "publishedAt", page_0.dataset_title AS "datasetTitle", page_0.variables AS variables, (
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
                    SELECT page_0.position AS position, encode(page_0.hash, $3::VARCHAR) AS hash, encode(page_0.previous_hash, $4::VARCHAR) AS "previousHash"
                  ) AS o$
                ) AS "ledgerEntry"
              ) AS o$
            ) ORDER BY page_0._n) FILTER (WHERE page_0._n <= 20), '[]'::json) AS _1, (array_agg(page_0._cursor ORDER BY page_0._n DESC) FILTER (WHERE page_0._n <= 20))[$5::INTEGER] AS _end
            FROM (
              SELECT row_number() OVER (ORDER BY ledger_entry_1.position DESC) AS _n, ledger_entry_1.organization_id AS organization_id, ledger_entry_1.purpose AS purpose, ledger_entry_1.published_at AS published_at, ledger_entry_1.dataset_title AS dataset_title, ledger_entry_1.variables AS variables, ledger_entry_1.micro_rho AS micro_rho, ledger_entry_1.position AS position, ledger_entry_1.hash AS hash, ledger_entry_1.previous_hash AS previous_hash, json_build_object('$c', json_build_array('acd7f535', ledger_entry_1.position)) AS _cursor
              FROM insight.ledger_entry AS ledger_entry_1
              WHERE ledger_entry_1.results_of IS NULL AND ledger_entry_1.community_id = (
                SELECT community_1.id
                FROM catalog.community AS community_1
                WHERE community_1.slug = $6::VARCHAR
              ) AND ledger_entry_1.position < $7::BIGINT
              ORDER BY ledger_entry_1.position DESC
              LIMIT 21
            ) AS page_0
          ) AS page_0_sums
        ) AS o$
      ) AS "dataUses"
    ) AS o$
  ) AS o
) b

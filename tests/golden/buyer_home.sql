SELECT CASE WHEN set_config('cohorte.organization', $4, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT organization_1.name AS name, organization_1.kind AS kind, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT 'lic_' || CAST(licence_1.id AS TEXT) AS id, licence_1.purpose AS purpose, licence_1.starts_on AS "startsOn", licence_1.ends_on AS "endsOn", CASE WHEN (licence_1.status != 'REFUSED' AND licence_1.ends_on < catalog.today()) THEN 'ENDED' ELSE licence_1.status END AS status, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT CAST(anon_1.amount AS TEXT) AS amount, anon_1.currency AS currency
                  FROM (
                    SELECT licence_1.price_amount AS amount, licence_1.price_currency AS currency
                    WHERE licence_1.price_amount IS NOT NULL
                  ) AS anon_1
                ) AS o$
              ) AS price, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT anon_2.micro_rho AS "microRho", anon_2.epsilon AS epsilon
                  FROM (
                    SELECT CAST(licence_1.quota_micro_rho AS BIGINT) AS micro_rho, insight.epsilon(CAST(licence_1.quota_micro_rho AS BIGINT), CAST(1e-6 AS DOUBLE PRECISION)) AS epsilon, CAST(1e-6 AS DOUBLE PRECISION) AS delta
                  ) AS anon_2
                ) AS o$
              ) AS quota, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name
                  FROM catalog.community AS community_1
                  WHERE community_1.id = licence_1.community_id
                ) AS o$
              ) AS community
              FROM insight.licence AS licence_1
              WHERE licence_1.organization_id = organization_1.id
              ORDER BY licence_1.starts_on DESC, licence_1.id DESC
            ) AS o$
          ) AS licences, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT api_key_1.name AS name, api_key_1.prefix AS prefix, api_key_1.created_at AS "createdAt", api_key_1.last_used_at AS "lastUsedAt", api_key_1.expires_at AS "expiresAt"
              FROM insight.api_key AS api_key_1
              WHERE api_key_1.organization_id = organization_1.id
              ORDER BY api_key_1.created_at DESC, api_key_1.id DESC
            ) AS o$
          ) AS "apiKeys"
          FROM insight.organization AS organization_1
          WHERE organization_1.id = $2::UUID
        ) AS o$
      ) AS organization, (
        SELECT row_to_json(o$)
        FROM (
          SELECT coalesce(community_2.translations[$1::VARCHAR] ->> 'name', community_2.name) AS name, (
            SELECT row_to_json(o$)
            FROM (
              SELECT community_2.consenting_count AS consenting, community_2.needed_count AS needed, community_2.consenting_count >= community_2.needed_count AS ready
            ) AS o$
          ) AS readiness
          FROM catalog.community AS community_2
          WHERE community_2.slug = $3::VARCHAR
        ) AS o$
      ) AS community
    ) AS o$
  ) AS o
)::text END

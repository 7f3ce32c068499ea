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
              SELECT 'asn_' || CAST(association_1.member_id AS TEXT) AS id, association_1.full_name AS "fullName", association_1.website AS website, association_1.email AS email, association_1.phone AS phone, association_1.postal_address AS "postalAddress", coalesce(association_1.translations[$1::VARCHAR] ->> 'description', association_1.description) AS description, (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT anon_1.language AS language, anon_1.text AS text
                  FROM (
                    SELECT upper(texts.key) AS language, texts.value ->> $2::TEXT AS text, texts.key AS _k0
                    FROM jsonb_each(association_1.translations) AS texts
                  ) AS anon_1
                  ORDER BY anon_1._k0 ASC
                ) AS o$
              ) AS descriptions
              FROM catalog.association AS association_1
              WHERE association_1.community_ids @> ARRAY[community_1.id]
              ORDER BY lower(CASE WHEN (char_length(association_1.full_name) = octet_length(association_1.full_name)) THEN association_1.full_name ELSE replace(replace(replace(translate(association_1.full_name, 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) ASC, association_1.member_id ASC
            ) AS o$
          ) AS contacts
          FROM catalog.community AS community_1
          WHERE community_1.slug = $3::VARCHAR
        ) AS o$
      ) AS community
    ) AS o$
  ) AS o
) b

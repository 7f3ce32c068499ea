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
              SELECT 'com_' || CAST(community_1.id AS TEXT) AS id, community_1.slug AS slug, coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name, community_1.member_count AS "memberCount"
              FROM catalog.community AS community_1
              WHERE community_1.status != 'MERGED' AND (community_1.search @@ (
                SELECT catalog.search_query($2::VARCHAR) AS search_query_1
              ))
              ORDER BY CASE WHEN starts_with(lower(CASE WHEN (char_length(coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name)) = octet_length(coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name))) THEN coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) ELSE replace(replace(replace(translate(coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END), (
                SELECT lower(CASE WHEN (char_length(btrim(catalog.visible($2::VARCHAR))) = octet_length(btrim(catalog.visible($2::VARCHAR)))) THEN btrim(catalog.visible($2::VARCHAR)) ELSE replace(replace(replace(translate(btrim(catalog.visible($2::VARCHAR)), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) AS anon_1
              )) THEN 0 WHEN (community_1.search @@ (
                SELECT catalog.search_query_in($2::VARCHAR, $1::VARCHAR) AS search_query_in_1
              )) THEN 1 ELSE 2 END ASC, lower(CASE WHEN (char_length(coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name)) = octet_length(coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name))) THEN coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) ELSE replace(replace(replace(translate(coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) ASC, community_1.id ASC
              LIMIT 5
            ) AS o$
          ) AS nodes
        ) AS o$
      ) AS communities, (
        SELECT row_to_json(o$)
        FROM (
          SELECT (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT 'trt_' || CAST(treatment_1.id AS TEXT) AS id, treatment_1.slug AS slug, coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name) AS name, treatment_1.kind AS kind
              FROM catalog.treatment AS treatment_1
              WHERE treatment_1.retired_on IS NULL AND (treatment_1.search @@ (
                SELECT catalog.search_query($3::VARCHAR) AS search_query_2
              ))
              ORDER BY CASE WHEN starts_with(lower(CASE WHEN (char_length(coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name)) = octet_length(coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name))) THEN coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name) ELSE replace(replace(replace(translate(coalesce(treatment_1.translations[$1::VARCHAR] ->> 'name', treatment_1.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END), (
                SELECT lower(CASE WHEN (char_length(btrim(catalog.visible($3::VARCHAR))) = octet_length(btrim(catalog.visible($3::VARCHAR)))) THEN btrim(catalog.visible($3::VARCHAR)) ELSE replace(replace(replace(translate(btrim(catalog.visible($3::VARCHAR)), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) AS anon_2
              )) THEN 0 WHEN (treatment_1.search @@ (
                SELECT catalog.search_query_in($3::VARCHAR, $1::VARCHAR) AS search_query_in_2
              )) THEN 1 ELSE 2 END ASC, lower(CASE WHEN (char_length(treatment_1.name) = octet_length(treatment_1.name)) THEN treatment_1.name ELSE replace(replace(replace(translate(treatment_1.name, 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) ASC, treatment_1.id ASC
              LIMIT 5
            ) AS o$
          ) AS nodes
        ) AS o$
      ) AS treatments, (
        SELECT coalesce(json_agg(o$), '[]'::json)
        FROM (
          SELECT 'ind_' || CAST(indicator_1.id AS TEXT) AS id, indicator_1.slug AS slug, coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) AS name, coalesce(indicator_1.translations[$1::VARCHAR]['lay_names'], to_jsonb(indicator_1.lay_names)) AS "layNames", indicator_1.hpo AS hpo
          FROM catalog.indicator AS indicator_1
          WHERE indicator_1.retired_on IS NULL AND (indicator_1.search @@ (
            SELECT catalog.search_query($4::VARCHAR) AS search_query_3
          ))
          ORDER BY CASE WHEN starts_with(lower(CASE WHEN (char_length(coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name)) = octet_length(coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name))) THEN coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) ELSE replace(replace(replace(translate(coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END), (
            SELECT lower(CASE WHEN (char_length(btrim(catalog.visible($4::VARCHAR))) = octet_length(btrim(catalog.visible($4::VARCHAR)))) THEN btrim(catalog.visible($4::VARCHAR)) ELSE replace(replace(replace(translate(btrim(catalog.visible($4::VARCHAR)), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END) AS anon_3
          )) THEN 0 WHEN (indicator_1.search @@ (
            SELECT catalog.search_query_in($4::VARCHAR, $1::VARCHAR) AS search_query_in_3
          )) THEN 1 ELSE 2 END, lower(CASE WHEN (char_length(coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name)) = octet_length(coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name))) THEN coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name) ELSE replace(replace(replace(translate(coalesce(indicator_1.translations[$1::VARCHAR] ->> 'name', indicator_1.name), 'ÀÂÄÁÃÅÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝŸŁŠŽŒÆàâäáãåçéèêëíìîïñóòôöõøúùûüýÿłšžœæ’', 'AAAAAACEEEEIIIINOOOOOOUUUUYYLSZœæaaaaaaceeeeiiiinoooooouuuuyylszœæ'''), 'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END), indicator_1.id
          LIMIT 5
        ) AS o$
      ) AS indicators
    ) AS o$
  ) AS o
) b

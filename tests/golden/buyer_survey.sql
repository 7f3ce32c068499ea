SELECT CASE WHEN set_config('cohorte.organization', $3, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT coalesce(survey_1.translations[$1::VARCHAR] ->> 'title', survey_1.title) AS title, survey_1.status AS status, survey_1.offered_to AS "offeredTo", (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT question_1.key AS key, coalesce(question_1.translations[$1::VARCHAR] ->> 'text', question_1.text) AS text, question_1.kind AS kind, (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT question_option_1.code AS code, coalesce(question_option_1.translations[$1::VARCHAR] ->> 'label', question_option_1.label) AS label
                  FROM catalog.question_option AS question_option_1
                  WHERE question_option_1.question_id = question_1.id
                  ORDER BY question_option_1.position ASC, question_option_1.code ASC
                ) AS o$
              ) AS options
              FROM catalog.question AS question_1
              WHERE question_1.survey_id = survey_1.id AND question_1.version = survey_1.version
              ORDER BY question_1.position ASC
            ) AS o$
          ) AS questions
          FROM catalog.survey AS survey_1
          WHERE survey_1.id = $2::UUID
        ) AS o$
      ) AS survey
    ) AS o$
  ) AS o
)::text END

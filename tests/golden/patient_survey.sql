SELECT CASE WHEN set_config('cohorte.member', $4, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT coalesce(survey_1.translations[$1::VARCHAR] ->> 'title', survey_1.title) AS title, coalesce(survey_1.translations[$1::VARCHAR] ->> 'description', survey_1.description) AS description, survey_1.status AS status, survey_1.closes_on AS "closesOn", (
            SELECT row_to_json(o$)
            FROM (
              SELECT coalesce(community_1.translations[$1::VARCHAR] ->> 'name', community_1.name) AS name
              FROM catalog.community AS community_1
              WHERE community_1.id = survey_1.community_id
            ) AS o$
          ) AS community, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT question_1.position AS position, question_1.key AS key, coalesce(question_1.translations[$1::VARCHAR] ->> 'text', question_1.text) AS text, coalesce(question_1.translations[$1::VARCHAR] ->> 'help', question_1.help) AS help, question_1.kind AS kind, question_1.required AS required, question_1.minimum AS minimum, question_1.maximum AS maximum, question_1.max_choices AS "maxChoices", (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT question_option_1.code AS code, coalesce(question_option_1.translations[$1::VARCHAR] ->> 'label', question_option_1.label) AS label
                  FROM catalog.question_option AS question_option_1
                  WHERE question_option_1.question_id = question_1.id
                  ORDER BY question_option_1.position ASC, question_option_1.code ASC
                ) AS o$
              ) AS options, (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT visibility_rule_1.on_key AS question, visibility_rule_1.operator AS operator, visibility_rule_1.values AS values
                  FROM catalog.visibility_rule AS visibility_rule_1
                  WHERE visibility_rule_1.question_id = question_1.id
                  ORDER BY visibility_rule_1.position ASC
                ) AS o$
              ) AS "visibleWhen"
              FROM catalog.question AS question_1
              WHERE question_1.survey_id = survey_1.id AND question_1.version = survey_1.version
              ORDER BY question_1.position ASC
            ) AS o$
          ) AS questions, (
            SELECT row_to_json(o$)
            FROM (
              SELECT participation_1.status AS status, participation_1.completed_at AS "completedAt", (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT (
                    SELECT row_to_json(o$)
                    FROM (
                      SELECT question_2.key AS key
                      FROM catalog.question AS question_2
                      WHERE question_2.id = answer_1.question_id
                    ) AS o$
                  ) AS question, answer_1.codes AS codes, answer_1.number AS number, answer_1.day AS date, answer_1.text AS text
                  FROM research.answer AS answer_1 JOIN catalog.question AS question_3 ON question_3.id = answer_1.question_id
                  WHERE answer_1.answer_sheet_id = participation_1.answer_sheet_id
                  ORDER BY question_3.position ASC
                ) AS o$
              ) AS answers
              FROM research.participation AS participation_1
              WHERE participation_1.survey_id = survey_1.id AND participation_1.member_id = $2::UUID
            ) AS o$
          ) AS participation
          FROM catalog.survey AS survey_1
          WHERE survey_1.id = $3::UUID
        ) AS o$
      ) AS survey
    ) AS o$
  ) AS o
)::text END

SELECT CASE WHEN set_config('cohorte.member', $5, true) IS NOT NULL THEN (
  SELECT (
    SELECT row_to_json(o$)
    FROM (
      SELECT (
        SELECT row_to_json(o$)
        FROM (
          SELECT viewer_profile_1.birth_year AS "birthYear", viewer_profile_1.sex AS sex, viewer_profile_1.region AS region, viewer_profile_1.sharing AS sharing, (
            SELECT row_to_json(o$)
            FROM (
              SELECT account_1.email AS email, account_1.email_verified AS "emailVerified", account_1.locale AS locale, account_1.created_at AS "createdAt", (
                SELECT coalesce(json_agg(o$), '[]'::json)
                FROM (
                  SELECT 'ses_' || CAST(session_1.id AS TEXT) AS id, session_1.created_at AS "createdAt", session_1.last_seen_at AS "lastSeenAt", session_1.device AS device, coalesce(session_1.id = $1::UUID, false) AS current
                  FROM identity.session AS session_1
                  WHERE session_1.account_id = account_1.id AND session_1.expires_at > now()
                  ORDER BY session_1.created_at DESC, session_1.id DESC
                ) AS o$
              ) AS sessions
              FROM identity.account AS account_1
              WHERE account_1.id = $2::UUID
            ) AS o$
          ) AS account, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT consent_1.purpose AS purpose, consent_1.granted AS granted, consent_1.recipients AS recipients, consent_1.notice_version AS "noticeVersion", consent_1.changed_at AS "changedAt"
              FROM research.consent AS consent_1
              WHERE consent_1.member_id = viewer_profile_1.member_id
              ORDER BY consent_1.purpose ASC
            ) AS o$
          ) AS consents, (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT 'lnk_' || CAST(care_link_1.id AS TEXT) AS id, care_link_1.status AS status, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT member_1.pseudonym AS pseudonym
                  FROM care.member AS member_1
                  WHERE member_1.id = care_link_1.patient_id
                ) AS o$
              ) AS patient, (
                SELECT row_to_json(o$)
                FROM (
                  SELECT member_2.pseudonym AS pseudonym
                  FROM care.member AS member_2
                  WHERE member_2.id = care_link_1.relative_id
                ) AS o$
              ) AS relative
              FROM care.care_link AS care_link_1
              WHERE care_link_1.patient_id = viewer_profile_1.member_id OR care_link_1.relative_id = viewer_profile_1.member_id
              ORDER BY care_link_1.created_at DESC, care_link_1.id DESC
            ) AS o$
          ) AS "careLinks", (
            SELECT coalesce(json_agg(o$), '[]'::json)
            FROM (
              SELECT participation_1.completed_at AS "completedAt", (
                SELECT row_to_json(o$)
                FROM (
                  SELECT coalesce(survey_1.translations[$3::VARCHAR] ->> 'title', survey_1.title) AS title
                  FROM catalog.survey AS survey_1
                  WHERE survey_1.id = participation_1.survey_id
                ) AS o$
              ) AS survey
              FROM research.participation AS participation_1 JOIN catalog.survey AS survey_2 ON survey_2.id = participation_1.survey_id
              WHERE participation_1.member_id = viewer_profile_1.member_id AND participation_1.status = 'COMPLETED'
              ORDER BY survey_2.closes_on DESC, survey_2.id DESC
            ) AS o$
          ) AS participations
          FROM care.viewer_profile AS viewer_profile_1
          WHERE viewer_profile_1.member_id = $4::UUID
        ) AS o$
      ) AS me
    ) AS o$
  ) AS o
)::text END

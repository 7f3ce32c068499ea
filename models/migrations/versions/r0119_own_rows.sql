CREATE VIEW care.viewer_profile AS
SELECT demonstration, member_id, birth_year, sex, region, sharing
FROM care.profile
WHERE member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid);

GRANT SELECT ON care.viewer_profile TO cohorte_patient;

CREATE VIEW care.viewer_observation AS
SELECT demonstration, id, member_id, indicator_id, value, observed_on, by_relative, note
FROM care.observation
WHERE member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid);

GRANT SELECT ON care.viewer_observation TO cohorte_patient;

CREATE VIEW care.viewer_course AS
SELECT demonstration, id, member_id, treatment_id, community_id, status, started_on, ended_on, dose, stop_reason,
    profile_sharing
FROM care.course
WHERE member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid);

GRANT SELECT ON care.viewer_course TO cohorte_patient;

CREATE VIEW care.viewer_evaluation AS
SELECT demonstration, id, course_id, member_id, treatment_id, community_id, sharing, profile_sharing, evaluated_on,
    effectiveness, convenience, satisfaction, comment
FROM care.evaluation
WHERE member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid);

GRANT SELECT ON care.viewer_evaluation TO cohorte_patient;

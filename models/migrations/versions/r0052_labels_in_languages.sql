REVOKE INSERT (cap_micro_rho, community_id, demonstration, domain_version, ended_on, ends_on, frozen_on, id, kind, offered_to, size, sold_micro_rho, spent_micro_rho, status, survey_id, title, wave) ON insight.dataset FROM cohorte_publisher;
REVOKE INSERT (dataset_id, demonstration, label, max_per_member, name, ordinal, "position", rule, slot, subject_id) ON insight.variable FROM cohorte_publisher;
REVOKE INSERT (code, dataset_id, demonstration, high, label, low, place, value, variable) ON insight.category FROM cohorte_publisher;
ALTER TABLE insight.dataset ADD COLUMN translations jsonb DEFAULT '{}'::jsonb NOT NULL;
ALTER TABLE insight.variable ADD COLUMN translations jsonb DEFAULT '{}'::jsonb NOT NULL;
ALTER TABLE insight.category ADD COLUMN translations jsonb DEFAULT '{}'::jsonb NOT NULL;
GRANT INSERT (cap_micro_rho, community_id, demonstration, domain_version, ended_on, ends_on, frozen_on, id, kind, offered_to, size, sold_micro_rho, spent_micro_rho, status, survey_id, title, translations, wave) ON insight.dataset TO cohorte_publisher;
GRANT INSERT (dataset_id, demonstration, label, max_per_member, name, ordinal, "position", rule, slot, subject_id, translations) ON insight.variable TO cohorte_publisher;
GRANT INSERT (code, dataset_id, demonstration, high, label, low, place, translations, value, variable) ON insight.category TO cohorte_publisher;

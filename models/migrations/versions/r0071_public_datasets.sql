REVOKE INSERT (cap_micro_rho, community_id, demonstration, domain_version, ended_on, ends_on, frozen_on, id, kind, offered_to, progress, size, sold_micro_rho, spent_micro_rho, status, survey_id, title, translations, wave) ON insight.dataset FROM cohorte_publisher;
ALTER TABLE insight.dataset ADD COLUMN collected_from date;
CREATE POLICY public_reads ON insight.dataset FOR SELECT TO cohorte_public USING ((((status)::text = 'OPEN'::text) OR ((status)::text = 'ENDED'::text)));
CREATE POLICY public_reads ON insight.variable FOR SELECT TO cohorte_public USING (true);
CREATE POLICY public_reads ON insight.category FOR SELECT TO cohorte_public USING (true);
GRANT SELECT ON insight.dataset TO cohorte_public;
GRANT SELECT ON insight.variable TO cohorte_public;
GRANT SELECT ON insight.category TO cohorte_public;
GRANT INSERT (cap_micro_rho, collected_from, community_id, demonstration, domain_version, ended_on, ends_on, frozen_on, id, kind, offered_to, progress, size, sold_micro_rho, spent_micro_rho, status, survey_id, title, translations, wave) ON insight.dataset TO cohorte_publisher;

UPDATE insight.dataset d SET collected_from = s.opens_on FROM catalog.survey s WHERE s.id = d.survey_id;

DROP POLICY patient_reads ON insight.release;
DROP POLICY manager_reads ON insight.release;
CREATE POLICY patient_reads ON insight.release FOR SELECT TO cohorte_patient USING (((dataset_id IN ( SELECT d.id
   FROM insight.dataset d
  WHERE (d.community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[]))
UNION ALL
 SELECT e.dataset_id
   FROM research.enrolment e
  WHERE (e.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))
UNION ALL
 SELECT d.id
   FROM (research.participation p
     JOIN insight.dataset d ON ((d.survey_id = p.survey_id)))
  WHERE ((p.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((p.status)::text = 'COMPLETED'::text)))) AND (EXISTS ( SELECT
   FROM insight.dataset d
  WHERE (d.id = release.dataset_id)))));

CREATE POLICY manager_reads ON insight.release FOR SELECT TO cohorte_manager USING ((((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))) OR (EXISTS ( SELECT
   FROM identity.staff f
  WHERE ((f.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('SURVEY_MANAGER'::text = ANY (f.roles)))))) AND (EXISTS ( SELECT
   FROM insight.dataset d
  WHERE (d.id = release.dataset_id)))));

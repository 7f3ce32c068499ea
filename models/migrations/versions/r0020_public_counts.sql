DROP POLICY patient_reads ON catalog.eligibility;
DROP POLICY buyer_reads ON catalog.eligibility;
CREATE POLICY patient_reads ON catalog.eligibility FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM catalog.survey s
  WHERE ((s.id = eligibility.survey_id) AND ((s.status)::text <> 'WAITING'::text)))));

CREATE POLICY buyer_reads ON catalog.eligibility FOR SELECT TO cohorte_buyer USING ((EXISTS ( SELECT
   FROM catalog.survey s
  WHERE ((s.id = eligibility.survey_id) AND ((s.status)::text <> 'WAITING'::text)))));

GRANT EXECUTE ON FUNCTION catalog.readiness_changed(uuid) TO cohorte_patient, cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.schedule_survey(uuid), catalog.close_survey(uuid), catalog.surveys_due(),
    catalog.carry_out_due(uuid) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION research.standing(uuid), research.begin_sheet(uuid), research.complete(uuid),
    research.withdraw(uuid), research.set_consent(text, boolean, text[], text) TO cohorte_patient;

GRANT SELECT ON catalog.notice TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;
GRANT SELECT ON research.consent_change TO cohorte_patient;
ALTER TABLE research.consent_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON research.consent_change FOR SELECT TO cohorte_patient USING (member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid));
GRANT INSERT (community_id, title, description, status, opens_on, closes_on, minimum_participants, offered_to) ON catalog.survey TO cohorte_manager;
CREATE POLICY manager_inserts ON catalog.survey FOR INSERT TO cohorte_manager WITH CHECK (status = 'DRAFT' AND EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles)));
GRANT UPDATE (title, description, closes_on, version) ON catalog.survey TO cohorte_manager;
CREATE POLICY manager_updates ON catalog.survey FOR UPDATE TO cohorte_manager USING (status IN ('DRAFT', 'WAITING', 'OPEN') AND EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles))) WITH CHECK (status IN ('DRAFT', 'WAITING', 'OPEN') AND EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles)));
GRANT SELECT ON catalog.eligibility TO cohorte_patient, cohorte_buyer, cohorte_manager;
ALTER TABLE catalog.eligibility ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON catalog.eligibility FOR SELECT TO cohorte_patient USING (EXISTS (SELECT FROM catalog.survey s WHERE s.id = eligibility.survey_id));
CREATE POLICY buyer_reads ON catalog.eligibility FOR SELECT TO cohorte_buyer USING (EXISTS (SELECT FROM catalog.survey s WHERE s.id = eligibility.survey_id));
CREATE POLICY manager_reads ON catalog.eligibility FOR SELECT TO cohorte_manager USING (EXISTS (SELECT FROM catalog.survey s WHERE s.id = eligibility.survey_id));
GRANT INSERT (survey_id, kinds, sexes, born_from, born_to, treatment_ids, regions) ON catalog.eligibility TO cohorte_manager;
CREATE POLICY manager_inserts ON catalog.eligibility FOR INSERT TO cohorte_manager WITH CHECK (EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles)) AND EXISTS (SELECT FROM catalog.survey s WHERE s.id = eligibility.survey_id AND s.status = 'DRAFT'));
GRANT INSERT (id, survey_id, version, position, key, text, help, kind, required, minimum, maximum, bins, max_choices) ON catalog.question TO cohorte_manager;
CREATE POLICY manager_inserts ON catalog.question FOR INSERT TO cohorte_manager WITH CHECK (EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles)) AND EXISTS (SELECT FROM catalog.survey s WHERE s.id = question.survey_id AND question.version = s.version + (s.status <> 'DRAFT')::integer AND s.status IN ('DRAFT', 'WAITING', 'OPEN')));
GRANT DELETE ON catalog.question TO cohorte_manager;
CREATE POLICY manager_deletes ON catalog.question FOR DELETE TO cohorte_manager USING (EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles)) AND EXISTS (SELECT FROM catalog.survey s WHERE s.id = question.survey_id AND s.status = 'DRAFT'));
GRANT INSERT (question_id, code, label, position) ON catalog.question_option TO cohorte_manager;
CREATE POLICY manager_inserts ON catalog.question_option FOR INSERT TO cohorte_manager WITH CHECK (EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles)) AND EXISTS (SELECT FROM catalog.question q JOIN catalog.survey s ON s.id = q.survey_id WHERE q.id = question_option.question_id AND q.version = s.version + (s.status <> 'DRAFT')::integer AND s.status IN ('DRAFT', 'WAITING', 'OPEN')));
GRANT INSERT (question_id, position, on_key, operator, values) ON catalog.visibility_rule TO cohorte_manager;
CREATE POLICY manager_inserts ON catalog.visibility_rule FOR INSERT TO cohorte_manager WITH CHECK (EXISTS (SELECT FROM identity.staff f WHERE f.id = (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid) AND 'SURVEY_MANAGER' = ANY (f.roles)) AND EXISTS (SELECT FROM catalog.question q JOIN catalog.survey s ON s.id = q.survey_id WHERE q.id = visibility_rule.question_id AND q.version = s.version + (s.status <> 'DRAFT')::integer AND s.status IN ('DRAFT', 'WAITING', 'OPEN')));
GRANT INSERT (answer_sheet_id, question_id, codes, number, day, text) ON research.answer TO cohorte_patient;
CREATE POLICY patient_inserts ON research.answer FOR INSERT TO cohorte_patient WITH CHECK (EXISTS (SELECT FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id JOIN catalog.question q ON q.survey_id = s.id AND q.version = s.version WHERE p.answer_sheet_id = answer.answer_sheet_id AND p.member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid) AND p.status = 'STARTED' AND s.status = 'OPEN' AND q.id = answer.question_id));

CREATE TABLE care.diagnosis (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    community_id UUID NOT NULL,
    diagnosed_in INTEGER NOT NULL,
    CONSTRAINT pk_diagnosis PRIMARY KEY (member_id, community_id),
    CONSTRAINT ck_diagnosis_year CHECK (diagnosed_in BETWEEN 1900 AND 9999),
    CONSTRAINT fk_diagnosis_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_diagnosis_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT
);
GRANT SELECT ON care.diagnosis TO cohorte_patient;
ALTER TABLE care.diagnosis ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON care.diagnosis FOR SELECT TO cohorte_patient USING (member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid));
GRANT INSERT (member_id, community_id, diagnosed_in) ON care.diagnosis TO cohorte_patient;
CREATE POLICY patient_inserts ON care.diagnosis FOR INSERT TO cohorte_patient WITH CHECK (member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid) AND EXISTS (SELECT FROM care.membership m WHERE m.community_id = diagnosis.community_id AND m.member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid)));
GRANT UPDATE (diagnosed_in) ON care.diagnosis TO cohorte_patient;
CREATE POLICY patient_updates ON care.diagnosis FOR UPDATE TO cohorte_patient USING (member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid)) WITH CHECK (member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid));
GRANT DELETE ON care.diagnosis TO cohorte_patient;
CREATE POLICY patient_deletes ON care.diagnosis FOR DELETE TO cohorte_patient USING (member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid));

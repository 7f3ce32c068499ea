ALTER TABLE care.notification DROP CONSTRAINT ck_notification_kind;
CREATE TABLE care.catalogue_proposer (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    CONSTRAINT pk_catalogue_proposer PRIMARY KEY (id),
    CONSTRAINT fk_catalogue_proposer_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE
);

CREATE TABLE care.catalogue_proposal (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID NOT NULL,
    kind VARCHAR(32) NOT NULL,
    name VARCHAR NOT NULL,
    description VARCHAR,
    community_id UUID,
    proposed_on DATE DEFAULT catalog.today() NOT NULL,
    status VARCHAR(32) DEFAULT 'OPEN' NOT NULL,
    reason VARCHAR,
    decided_on DATE,
    staff_id UUID,
    condition_id UUID,
    indicator_id UUID,
    treatment_id UUID,
    CONSTRAINT pk_catalogue_proposal PRIMARY KEY (id),
    CONSTRAINT ck_catalogue_proposal_decided CHECK ((status = 'OPEN') = (decided_on IS NULL)),
    CONSTRAINT ck_catalogue_proposal_declined CHECK (status <> 'DECLINED' OR reason IS NOT NULL),
    CONSTRAINT ck_catalogue_proposal_entry CHECK (num_nonnulls(condition_id, indicator_id, treatment_id) <= (status IN ('ACCEPTED', 'MERGED'))::integer),
    CONSTRAINT fk_catalogue_proposal_id_catalogue_proposer FOREIGN KEY(id) REFERENCES care.catalogue_proposer (id) ON DELETE CASCADE,
    CONSTRAINT ck_catalogue_proposal_kind CHECK (kind IN ('CONDITION', 'SYMPTOM', 'TREATMENT')),
    CONSTRAINT fk_catalogue_proposal_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE SET NULL,
    CONSTRAINT ck_catalogue_proposal_status CHECK (status IN ('OPEN', 'ACCEPTED', 'MERGED', 'DECLINED')),
    CONSTRAINT fk_catalogue_proposal_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL,
    CONSTRAINT fk_catalogue_proposal_condition_id_condition FOREIGN KEY(condition_id) REFERENCES catalog.condition (id) ON DELETE SET NULL,
    CONSTRAINT fk_catalogue_proposal_indicator_id_indicator FOREIGN KEY(indicator_id) REFERENCES catalog.indicator (id) ON DELETE SET NULL,
    CONSTRAINT fk_catalogue_proposal_treatment_id_treatment FOREIGN KEY(treatment_id) REFERENCES catalog.treatment (id) ON DELETE SET NULL
);

CREATE TABLE care.own_indicator (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    scale VARCHAR(32) NOT NULL,
    unit VARCHAR,
    minimum FLOAT NOT NULL,
    maximum FLOAT NOT NULL,
    proposal_id UUID,
    CONSTRAINT pk_own_indicator PRIMARY KEY (id),
    CONSTRAINT ck_own_indicator_bounds CHECK ('-Infinity' < minimum AND minimum < maximum AND maximum < 'Infinity'),
    CONSTRAINT fk_own_indicator_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_own_indicator_scale CHECK (scale IN ('RATING_0_10', 'GRADE_NONE_TO_SEVERE', 'QUANTITY')),
    CONSTRAINT fk_own_indicator_proposal_id_catalogue_proposal FOREIGN KEY(proposal_id) REFERENCES care.catalogue_proposal (id) ON DELETE SET NULL
);

CREATE TABLE care.own_observation (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    own_indicator_id UUID NOT NULL,
    value FLOAT(53) NOT NULL,
    observed_on DATE NOT NULL,
    by_relative BOOLEAN DEFAULT false NOT NULL,
    note VARCHAR,
    CONSTRAINT pk_own_observation PRIMARY KEY (id),
    CONSTRAINT uq_own_observation_own_indicator_id_observed_on UNIQUE (own_indicator_id, observed_on),
    CONSTRAINT fk_own_observation_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_own_observation_own_indicator_id_own_indicator FOREIGN KEY(own_indicator_id) REFERENCES care.own_indicator (id) ON DELETE CASCADE
);

ALTER TABLE care.notification ADD CONSTRAINT ck_notification_kind CHECK (kind IN ('REPLY', 'SURVEY_OPEN', 'INSIGHT_PUBLISHED', 'CARE_LINK', 'MODERATION', 'PROPOSAL', 'SURVEY_CLOSED', 'SUPPORT'));
CREATE INDEX ix_catalogue_proposal_proposed_on_id ON care.catalogue_proposal USING btree (proposed_on, id);
CREATE INDEX ix_catalogue_proposer_member_id ON care.catalogue_proposer USING btree (member_id);
CREATE INDEX ix_own_indicator_member_id_name_id ON care.own_indicator USING btree (member_id, name, id);
CREATE INDEX ix_own_indicator_proposal_id ON care.own_indicator USING btree (proposal_id);
CREATE INDEX ix_own_observation_member_id_observed_on_id ON care.own_observation USING btree (member_id, observed_on, id);
CREATE OR REPLACE FUNCTION care.decide_proposals(proposals uuid[], outcome text, entry uuid, reason text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    staff uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    decided record;
BEGIN
    IF NOT EXISTS (SELECT FROM identity.staff s WHERE s.id = staff AND 'CATALOGUE_EDITOR' = ANY (s.roles)) THEN
        RAISE 'the viewer may not decide on proposals' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM care.catalogue_proposal p WHERE p.id = ANY (proposals) ORDER BY p.id FOR UPDATE;
    IF (SELECT count(*) FROM care.catalogue_proposal p WHERE p.id = ANY (proposals) AND p.status = 'OPEN')
        <> cardinality(proposals) THEN
        RETURN false;
    END IF;
    UPDATE care.catalogue_proposal p
    SET status = outcome, reason = decide_proposals.reason, staff_id = staff, decided_on = catalog.today(),
        condition_id = CASE p.kind WHEN 'CONDITION' THEN entry END,
        indicator_id = CASE p.kind WHEN 'SYMPTOM' THEN entry END,
        treatment_id = CASE p.kind WHEN 'TREATMENT' THEN entry END
    WHERE p.id = ANY (proposals);
    PERFORM care.move_own_indicator(i.id, entry)
    FROM (SELECT o.id FROM care.own_indicator o WHERE o.proposal_id = ANY (proposals) ORDER BY o.id) i
    WHERE entry IS NOT NULL;
    FOR decided IN
        SELECT p.id, m.member_id FROM care.catalogue_proposal p JOIN care.catalogue_proposer m ON m.id = p.id
        WHERE p.id = ANY (proposals) ORDER BY p.id
    LOOP
        PERFORM care.notify_member(decided.member_id, 'PROPOSAL', 'prp', decided.id);
    END LOOP;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION care.move_own_indicator(own uuid, target uuid)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    mine care.own_indicator;
    there catalog.indicator;
BEGIN
    -- No value is recorded meanwhile: its reference locks the row.
    SELECT * INTO mine FROM care.own_indicator i WHERE i.id = own FOR UPDATE;
    SELECT * INTO there FROM catalog.indicator i WHERE i.id = target AND i.retired_on IS NULL FOR KEY SHARE;
    IF mine.id IS NULL OR there.id IS NULL THEN
        RETURN 'NOTHING';
    ELSIF mine.scale <> there.scale THEN
        RETURN 'SCALE';
    ELSIF mine.unit IS DISTINCT FROM there.unit THEN
        RETURN 'UNIT';
    -- A grade or a rating means its place between the two ends; a quantity means the same within any bounds.
    ELSIF mine.scale <> 'QUANTITY' AND (mine.minimum, mine.maximum) <> (there.minimum, there.maximum)
        OR EXISTS (SELECT FROM care.own_observation o
            WHERE o.own_indicator_id = own AND o.value NOT BETWEEN there.minimum AND there.maximum) THEN
        RETURN 'BOUNDS';
    END IF;
    WITH moved AS (
        INSERT INTO care.observation (member_id, indicator_id, observed_on, value, note, by_relative, demonstration)
        SELECT o.member_id, target, o.observed_on, o.value, o.note, o.by_relative, o.demonstration
        FROM care.own_observation o WHERE o.own_indicator_id = own ORDER BY o.observed_on
        ON CONFLICT (member_id, indicator_id, observed_on) DO NOTHING
        RETURNING observed_on
    )
    DELETE FROM care.own_observation o USING moved
    WHERE o.own_indicator_id = own AND o.observed_on = moved.observed_on;
    IF EXISTS (SELECT FROM care.own_observation o WHERE o.own_indicator_id = own) THEN
        RETURN 'PARTLY_MOVED';
    END IF;
    DELETE FROM care.own_indicator i WHERE i.id = own;
    RETURN 'MOVED';
END $function$;

CREATE OR REPLACE FUNCTION care.merge_own_indicator(own uuid, target uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM care.own_indicator i WHERE i.id = own
            AND i.member_id = nullif(current_setting('cohorte.member', true), '')::uuid) THEN
        RETURN 'NOTHING';
    END IF;
    RETURN care.move_own_indicator(own, target);
END $function$;

ALTER TABLE care.catalogue_proposer ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.catalogue_proposal ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.own_indicator ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.own_observation ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON care.catalogue_proposer FOR SELECT TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_inserts ON care.catalogue_proposer FOR INSERT TO cohorte_patient WITH CHECK ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_deletes ON care.catalogue_proposer FOR DELETE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_reads ON care.catalogue_proposal FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM care.catalogue_proposer p
  WHERE ((p.id = catalogue_proposal.id) AND (p.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))))));

CREATE POLICY manager_reads ON care.catalogue_proposal FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY patient_inserts ON care.catalogue_proposal FOR INSERT TO cohorte_patient WITH CHECK ((EXISTS ( SELECT
   FROM care.catalogue_proposer p
  WHERE ((p.id = catalogue_proposal.id) AND (p.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))))));

CREATE POLICY patient_reads ON care.own_indicator FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id IN ( SELECT l.patient_id
   FROM care.care_link l
  WHERE ((l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))));

CREATE POLICY patient_inserts ON care.own_indicator FOR INSERT TO cohorte_patient WITH CHECK (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (EXISTS ( SELECT
   FROM care.care_link l
  WHERE ((l.patient_id = own_indicator.member_id) AND (l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))));

CREATE POLICY patient_updates ON care.own_indicator FOR UPDATE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((proposal_id IS NULL) OR (EXISTS ( SELECT
   FROM care.catalogue_proposer p
  WHERE ((p.id = own_indicator.proposal_id) AND (p.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))))))));

CREATE POLICY patient_deletes ON care.own_indicator FOR DELETE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_reads ON care.own_observation FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id IN ( SELECT l.patient_id
   FROM care.care_link l
  WHERE ((l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))));

CREATE POLICY patient_inserts ON care.own_observation FOR INSERT TO cohorte_patient WITH CHECK (((((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (NOT by_relative)) OR (by_relative AND (EXISTS ( SELECT
   FROM care.care_link l
  WHERE ((l.patient_id = own_observation.member_id) AND (l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text)))))) AND (EXISTS ( SELECT
   FROM care.own_indicator i
  WHERE ((i.id = own_observation.own_indicator_id) AND (i.member_id = own_observation.member_id))))));

CREATE POLICY patient_updates ON care.own_observation FOR UPDATE TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (EXISTS ( SELECT
   FROM care.care_link l
  WHERE ((l.patient_id = own_observation.member_id) AND (l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text)))))) WITH CHECK ((((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (NOT by_relative)) OR (by_relative AND (EXISTS ( SELECT
   FROM care.care_link l
  WHERE ((l.patient_id = own_observation.member_id) AND (l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text)))))));

CREATE POLICY patient_deletes ON care.own_observation FOR DELETE TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (EXISTS ( SELECT
   FROM care.care_link l
  WHERE ((l.patient_id = own_observation.member_id) AND (l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))));

GRANT DELETE ON care.catalogue_proposer TO cohorte_patient;
GRANT SELECT ON care.catalogue_proposer TO cohorte_patient;
GRANT SELECT ON care.catalogue_proposal TO cohorte_manager, cohorte_patient;
GRANT DELETE ON care.own_indicator TO cohorte_patient;
GRANT SELECT ON care.own_indicator TO cohorte_patient;
GRANT DELETE ON care.own_observation TO cohorte_patient;
GRANT SELECT ON care.own_observation TO cohorte_patient;
GRANT INSERT (member_id) ON care.catalogue_proposer TO cohorte_patient;
GRANT INSERT (community_id, description, id, kind, name) ON care.catalogue_proposal TO cohorte_patient;
GRANT INSERT (maximum, member_id, minimum, name, scale, unit) ON care.own_indicator TO cohorte_patient;
GRANT UPDATE (name, proposal_id) ON care.own_indicator TO cohorte_patient;
GRANT INSERT (by_relative, member_id, note, observed_on, own_indicator_id, value) ON care.own_observation TO cohorte_patient;
GRANT UPDATE (by_relative, note, value) ON care.own_observation TO cohorte_patient;
GRANT EXECUTE ON FUNCTION care.decide_proposals(uuid[],text,uuid,text) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION care.merge_own_indicator(uuid,uuid) TO cohorte_patient;

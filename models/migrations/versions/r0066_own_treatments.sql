CREATE TABLE care.own_treatment (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    name VARCHAR NOT NULL,
    kind VARCHAR(32) NOT NULL,
    proposal_id UUID,
    CONSTRAINT pk_own_treatment PRIMARY KEY (id),
    CONSTRAINT fk_own_treatment_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT ck_own_treatment_kind CHECK (kind IN ('MEDICATION', 'PROCEDURE', 'DEVICE', 'THERAPY', 'SUPPLEMENT', 'LIFESTYLE')),
    CONSTRAINT fk_own_treatment_proposal_id_catalogue_proposal FOREIGN KEY(proposal_id) REFERENCES care.catalogue_proposal (id) ON DELETE SET NULL
);

CREATE TABLE care.own_course (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    own_treatment_id UUID NOT NULL,
    status VARCHAR(32) NOT NULL,
    started_on DATE NOT NULL,
    ended_on DATE,
    dose VARCHAR,
    stop_reason VARCHAR(32),
    CONSTRAINT pk_own_course PRIMARY KEY (id),
    CONSTRAINT ck_own_course_ends_after_start CHECK (ended_on >= started_on),
    CONSTRAINT uq_own_course_own_treatment_id_started_on UNIQUE (own_treatment_id, started_on),
    CONSTRAINT fk_own_course_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_own_course_own_treatment_id_own_treatment FOREIGN KEY(own_treatment_id) REFERENCES care.own_treatment (id) ON DELETE CASCADE,
    CONSTRAINT ck_own_course_status CHECK (status IN ('ACTIVE', 'COMPLETED', 'STOPPED', 'ON_HOLD')),
    CONSTRAINT ck_own_course_stop_reason CHECK (stop_reason IN ('INEFFECTIVE', 'SIDE_EFFECTS', 'COST', 'COMPLETED', 'DOCTOR_ADVICE', 'OTHER'))
);

CREATE INDEX ix_own_course_member_id_started_on_id ON care.own_course USING btree (member_id, started_on, id);
CREATE INDEX ix_own_treatment_member_id_name_id ON care.own_treatment USING btree (member_id, name, id);
CREATE INDEX ix_own_treatment_proposal_id ON care.own_treatment USING btree (proposal_id);
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
    PERFORM care.move_own_treatment(t.id, entry)
    FROM (SELECT o.id FROM care.own_treatment o WHERE o.proposal_id = ANY (proposals) ORDER BY o.id) t
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
    ELSIF mine.unit IS DISTINCT FROM there.unit
        AND NOT EXISTS (SELECT FROM jsonb_each(there.translations) t WHERE t.value ->> 'unit' = mine.unit) THEN
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

CREATE OR REPLACE FUNCTION care.move_own_treatment(own uuid, target uuid)
 RETURNS text
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid;
    there uuid;
BEGIN
    -- No course is begun meanwhile: of the own treatment, by its lock; of the other, by that of the member's courses.
    SELECT t.member_id INTO whose FROM care.own_treatment t WHERE t.id = own FOR UPDATE;
    SELECT t.id INTO there FROM catalog.treatment t WHERE t.id = target AND t.retired_on IS NULL FOR KEY SHARE;
    IF whose IS NULL OR there IS NULL THEN
        RETURN 'NOTHING';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('courses of ' || whose, 0));
    WITH moved AS (
        INSERT INTO care.course
            (member_id, treatment_id, status, started_on, ended_on, dose, stop_reason, demonstration)
        SELECT c.member_id, target, c.status, c.started_on, c.ended_on, c.dose, c.stop_reason, c.demonstration
        FROM care.own_course c
        WHERE c.own_treatment_id = own AND NOT EXISTS (
            SELECT FROM care.course n
            WHERE n.member_id = c.member_id AND n.treatment_id = target AND n.started_on = c.started_on)
        RETURNING started_on
    )
    DELETE FROM care.own_course c USING moved WHERE c.own_treatment_id = own AND c.started_on = moved.started_on;
    -- A survey may be for members who have had the treatment.
    PERFORM research.invite_member(b.member_id, b.community_id)
    FROM (SELECT m.* FROM care.membership m WHERE m.member_id = whose ORDER BY m.community_id) b;
    IF EXISTS (SELECT FROM care.own_course c WHERE c.own_treatment_id = own) THEN
        RETURN 'PARTLY_MOVED';
    END IF;
    DELETE FROM care.own_treatment t WHERE t.id = own;
    RETURN 'MOVED';
END $function$;

CREATE OR REPLACE FUNCTION care.merge_own_treatment(own uuid, target uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM care.own_treatment t WHERE t.id = own
            AND t.member_id = nullif(current_setting('cohorte.member', true), '')::uuid) THEN
        RETURN 'NOTHING';
    END IF;
    RETURN care.move_own_treatment(own, target);
END $function$;

CREATE OR REPLACE FUNCTION research.invite_member(member uuid, community uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    one uuid;
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = invite_member.community FOR NO KEY UPDATE;
    FOR one IN
        SELECT s.id FROM catalog.survey s
        WHERE s.community_id = invite_member.community AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on)
        ORDER BY s.id FOR SHARE
    LOOP
        PERFORM research.invite(one, member);
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION catalog.readiness_changed(community uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
BEGIN
    IF viewer IS NOT NULL THEN
        PERFORM research.invite_member(viewer, community);
    END IF;
END $function$;

ALTER TABLE care.own_treatment ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.own_course ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON care.own_treatment FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id IN ( SELECT l.patient_id
   FROM care.care_link l
  WHERE ((l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))));

CREATE POLICY patient_inserts ON care.own_treatment FOR INSERT TO cohorte_patient WITH CHECK ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_updates ON care.own_treatment FOR UPDATE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((proposal_id IS NULL) OR (EXISTS ( SELECT
   FROM care.catalogue_proposer p
  WHERE ((p.id = own_treatment.proposal_id) AND (p.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))))))));

CREATE POLICY patient_deletes ON care.own_treatment FOR DELETE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_reads ON care.own_course FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR (member_id IN ( SELECT l.patient_id
   FROM care.care_link l
  WHERE ((l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))));

CREATE POLICY patient_inserts ON care.own_course FOR INSERT TO cohorte_patient WITH CHECK (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (EXISTS ( SELECT
   FROM care.own_treatment t
  WHERE ((t.id = own_course.own_treatment_id) AND (t.member_id = own_course.member_id))))));

CREATE POLICY patient_updates ON care.own_course FOR UPDATE TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))) WITH CHECK ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
GRANT DELETE ON care.own_treatment TO cohorte_patient;
GRANT SELECT ON care.own_treatment TO cohorte_patient;
GRANT SELECT ON care.own_course TO cohorte_patient;
GRANT INSERT (kind, member_id, name) ON care.own_treatment TO cohorte_patient;
GRANT UPDATE (name, proposal_id) ON care.own_treatment TO cohorte_patient;
GRANT INSERT (dose, member_id, own_treatment_id, started_on, status) ON care.own_course TO cohorte_patient;
GRANT UPDATE (ended_on, status, stop_reason) ON care.own_course TO cohorte_patient;
GRANT EXECUTE ON FUNCTION care.merge_own_treatment(uuid,uuid) TO cohorte_patient;

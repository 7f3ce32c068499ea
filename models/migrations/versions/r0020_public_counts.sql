REVOKE INSERT (cells_digest, community_id, dataset_id, dataset_title, demonstration, hash, micro_rho, organization_id, organization_name, "position", previous_hash, published_at, purpose, release_id, variables) ON insight.ledger_entry FROM cohorte_publisher;
DROP POLICY patient_reads ON catalog.eligibility;
DROP POLICY buyer_reads ON catalog.eligibility;
DROP TRIGGER count_joined ON care.membership;
DROP TRIGGER count_left ON care.membership;
DROP TRIGGER memberships_made ON care.membership;
DROP TRIGGER memberships_gone ON care.membership;
DROP TRIGGER consents_made ON research.consent;
DROP TRIGGER consents_updated ON research.consent;
DROP TRIGGER consents_gone ON research.consent;
DROP TRIGGER participation_changed ON research.participation;
DROP FUNCTION care.count_members();
DROP FUNCTION catalog.count_consenting(uuid[]);
DROP FUNCTION care.memberships_changed();
DROP FUNCTION research.consents_changed();
DROP FUNCTION research.participation_changed();
DROP FUNCTION research.open_if_ready(uuid);
DROP FUNCTION catalog.schedule_survey(uuid);
DROP FUNCTION catalog.open_due(uuid);
-- Exact counts are not kept. New ones are published with noise.
DELETE FROM catalog.survey_progress;
ALTER TABLE catalog.survey_progress DROP COLUMN completed_count;
UPDATE catalog.community SET needed_count = 200 WHERE needed_count < 200;
UPDATE catalog.survey SET minimum_participants = 200 WHERE status IN ('DRAFT', 'WAITING') AND minimum_participants < 200;
CREATE TABLE research.counted_membership (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    community_id UUID NOT NULL,
    counted_since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_counted_membership PRIMARY KEY (member_id, community_id, counted_since),
    CONSTRAINT fk_counted_membership_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE,
    CONSTRAINT fk_counted_membership_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE CASCADE
);

CREATE TABLE insight.count_release (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    kind VARCHAR(32) NOT NULL,
    community_id UUID NOT NULL,
    survey_id UUID,
    micro_rho INTEGER NOT NULL,
    noisy INTEGER[] NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_count_release PRIMARY KEY (id),
    CONSTRAINT ck_count_release_costs CHECK (micro_rho > 0),
    CONSTRAINT ck_count_release_subject CHECK ((kind = 'COMMUNITY') = (survey_id IS NULL)),
    CONSTRAINT ck_count_release_kind CHECK (kind IN ('COMMUNITY', 'PROGRESS', 'OPENING')),
    CONSTRAINT fk_count_release_community_id_community FOREIGN KEY(community_id) REFERENCES catalog.community (id) ON DELETE RESTRICT,
    CONSTRAINT fk_count_release_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE RESTRICT
);

CREATE TABLE research.survey_opening (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    survey_id UUID NOT NULL,
    threshold INTEGER NOT NULL,
    looked_on DATE,
    CONSTRAINT pk_survey_opening PRIMARY KEY (survey_id),
    CONSTRAINT fk_survey_opening_survey_id_survey FOREIGN KEY(survey_id) REFERENCES catalog.survey (id) ON DELETE CASCADE
);

ALTER TABLE catalog.community ADD COLUMN counted_on date;
ALTER TABLE catalog.survey_progress ADD COLUMN counted_on date NOT NULL;
ALTER TABLE catalog.survey_progress ADD COLUMN eligible integer NOT NULL;
ALTER TABLE catalog.survey_progress ADD COLUMN invited integer NOT NULL;
ALTER TABLE catalog.survey_progress ADD COLUMN started integer NOT NULL;
ALTER TABLE catalog.survey_progress ADD COLUMN completed integer NOT NULL;
ALTER TABLE insight.ledger_entry ALTER COLUMN release_id DROP NOT NULL;
ALTER TABLE insight.ledger_entry ADD COLUMN count_release_id uuid;
ALTER TABLE insight.ledger_entry ALTER COLUMN dataset_id DROP NOT NULL;
ALTER TABLE insight.ledger_entry ADD CONSTRAINT uq_ledger_entry_count_release_id UNIQUE (count_release_id);
ALTER TABLE catalog.community ADD CONSTRAINT ck_community_needed CHECK (needed_count >= 200);
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_dataset CHECK ((dataset_id IS NULL) = (release_id IS NULL));
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_one_release CHECK (num_nonnulls(release_id, count_release_id) = 1);
ALTER TABLE insight.ledger_entry ADD CONSTRAINT fk_ledger_entry_count_release_id_count_release FOREIGN KEY (count_release_id) REFERENCES insight.count_release(id) ON DELETE RESTRICT;
CREATE INDEX ix_count_release_community_id_published_at ON insight.count_release USING btree (community_id, published_at);
CREATE INDEX ix_count_release_survey_id ON insight.count_release USING btree (survey_id);
CREATE OR REPLACE FUNCTION catalog.year_before(day date)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT catalog.end_of(day - 365) $function$;

CREATE OR REPLACE FUNCTION research.enrol(dataset uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    yearly CONSTANT integer := 500000;
    lasting CONSTANT integer := 1000000;
    frozen insight.dataset;
    what_for text;
BEGIN
    -- One at a time: two concurrent enrolments could reserve the same allowance.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    SELECT * INTO frozen FROM insight.dataset d WHERE d.id = enrol.dataset FOR NO KEY UPDATE;
    IF frozen.status IS DISTINCT FROM 'OPEN'
        OR EXISTS (SELECT FROM research.enrolment e WHERE e.dataset_id = frozen.id)
        OR EXISTS (SELECT FROM insight.release r WHERE r.dataset_id = frozen.id)
    THEN
        RAISE 'a dataset is enrolled once, before anything is published from it' USING ERRCODE = 'check_violation';
    END IF;
    what_for := CASE frozen.kind WHEN 'SURVEY' THEN 'SURVEY_RESEARCH' ELSE 'TRACKING_RESEARCH' END;
    INSERT INTO research.enrolment
        (dataset_id, member_id, purpose, reserved_micro_rho, enrolled_at, demonstration)
    WITH consenting AS (
        -- Members who are being deleted or are changing their consent are skipped: waiting for them could deadlock.
        SELECT m.id, m.kind, m.demonstration
        FROM research.consent k JOIN care.member m ON m.id = k.member_id
        WHERE k.purpose = what_for AND k.granted AND k.recipients @> frozen.offered_to
            AND CASE frozen.kind
                WHEN 'SURVEY' THEN EXISTS (
                    SELECT FROM research.participation p
                    WHERE p.member_id = m.id AND p.survey_id = frozen.survey_id AND p.status = 'COMPLETED'
                        AND p.answer_sheet_id IS NOT NULL)
                ELSE m.kind = 'PATIENT' AND EXISTS (
                    SELECT FROM care.membership b WHERE b.member_id = m.id AND b.community_id = frozen.community_id)
            END
        FOR SHARE OF k SKIP LOCKED
        FOR KEY SHARE OF m SKIP LOCKED
    ), reserved AS (
        SELECT e.member_id,
            sum(e.reserved_micro_rho) FILTER (WHERE e.purpose = what_for
                AND d.frozen_on >= research.consenting_since(e.member_id, what_for)) AS this_consent
        FROM consenting c
        JOIN research.enrolment e ON e.member_id = c.id
        JOIN insight.dataset d ON d.id = e.dataset_id
        GROUP BY e.member_id
    )
    SELECT frozen.id, c.id, what_for, frozen.cap_micro_rho,
        least(now(), catalog.end_of(frozen.frozen_on)), c.demonstration
    FROM consenting c LEFT JOIN reserved r ON r.member_id = c.id
    WHERE research.reserved_by_datasets(c.id, frozen.frozen_on) + research.reserved_by_counts(c.id, frozen.frozen_on)
            + frozen.cap_micro_rho <= yearly
        AND coalesce(r.this_consent, 0) + frozen.cap_micro_rho <= lasting;
END $function$;

CREATE OR REPLACE FUNCTION research.participation_gone()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    DELETE FROM research.answer_sheet a WHERE a.id = OLD.answer_sheet_id;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION research.reserved_by_datasets(member uuid, day date)
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(sum(CASE
        WHEN d.status = 'OPEN' AND d.ends_on >= reserved_by_datasets.day THEN e.reserved_micro_rho
        ELSE least(e.reserved_micro_rho, coalesce((
            SELECT sum(l.micro_rho) FROM insight.ledger_entry l
            WHERE l.dataset_id = d.id AND l.published_at >= catalog.year_before(reserved_by_datasets.day)), 0))
        END), 0)
    FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE e.member_id = reserved_by_datasets.member
$function$;

CREATE OR REPLACE FUNCTION research.reserved_by_counts(member uuid, day date)
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT count(DISTINCT c.community_id) * 33096 FROM research.counted_membership c
    WHERE c.member_id = reserved_by_counts.member
        AND (c.left_at IS NULL OR c.left_at >= catalog.year_before(reserved_by_counts.day))
$function$;

CREATE OR REPLACE FUNCTION research.include_members(community uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    today date := catalog.today();
BEGIN
    -- Enrolments reserve from the same allowances: one at a time.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    INSERT INTO research.counted_membership (member_id, community_id, demonstration)
    SELECT m.id, include_members.community, m.demonstration
    FROM care.membership b JOIN care.member m ON m.id = b.member_id
    WHERE b.community_id = include_members.community
        AND NOT EXISTS (SELECT FROM research.counted_membership o
            WHERE o.member_id = m.id AND o.community_id = b.community_id AND o.left_at IS NULL)
        AND (SELECT count(*) FROM care.membership e
            WHERE e.member_id = m.id AND (e.joined_on, e.community_id) < (b.joined_on, b.community_id)) < 5
        AND (EXISTS (SELECT FROM research.counted_membership o
                WHERE o.member_id = m.id AND o.community_id = b.community_id
                    AND o.left_at >= catalog.year_before(today))  -- returns to what is still reserved
            OR research.reserved_by_counts(m.id, today) < 5 * 33096
            AND research.reserved_by_datasets(m.id, today) + research.reserved_by_counts(m.id, today) + 33096 <= 500000)
    FOR KEY SHARE OF m SKIP LOCKED;
END $function$;

CREATE OR REPLACE FUNCTION research.membership_gone()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE research.counted_membership c SET left_at = clock_timestamp()
    WHERE c.member_id = OLD.member_id AND c.community_id = OLD.community_id AND c.left_at IS NULL;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION research.count_community(community uuid)
 RETURNS integer[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY[count(*), count(*) FILTER (WHERE m.kind = 'PATIENT' AND k.granted)]::integer[]
    FROM research.counted_membership c
    JOIN care.member m ON m.id = c.member_id
    LEFT JOIN research.consent k ON k.member_id = m.id AND k.purpose = 'SURVEY_RESEARCH'
    WHERE c.community_id = count_community.community AND c.left_at IS NULL
$function$;

CREATE OR REPLACE FUNCTION research.count_progress(survey uuid)
 RETURNS integer[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY[count(*) FILTER (WHERE p.status IS NULL), count(*) FILTER (WHERE p.status IN ('INVITED', 'WITHDRAWN')),
        count(*) FILTER (WHERE p.status = 'STARTED'), count(*) FILTER (WHERE p.status = 'COMPLETED')]::integer[]
    FROM catalog.survey s
    JOIN research.counted_membership c ON c.community_id = s.community_id
    LEFT JOIN research.participation p ON p.survey_id = s.id AND p.member_id = c.member_id
    LEFT JOIN research.eligible(s.id) e (member_id) ON e.member_id = c.member_id
    WHERE s.id = count_progress.survey AND c.left_at IS NULL AND (p.member_id IS NOT NULL OR e.member_id IS NOT NULL)
$function$;

CREATE OR REPLACE FUNCTION catalog.communities_to_count()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT c.id FROM catalog.community c
    WHERE c.counted_on IS NULL OR c.counted_on < date_trunc('month', catalog.today())
    ORDER BY c.id
$function$;

CREATE OR REPLACE FUNCTION catalog.lock_community(community uuid)
 RETURNS date
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT c.counted_on FROM catalog.community c WHERE c.id = lock_community.community FOR NO KEY UPDATE $function$;

CREATE OR REPLACE FUNCTION catalog.show_counts(community uuid, members integer, consenting integer, day date)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE catalog.community c
    SET member_count = show_counts.members, consenting_count = show_counts.consenting, counted_on = show_counts.day
    WHERE c.id = show_counts.community
$function$;

CREATE OR REPLACE FUNCTION catalog.surveys_to_count()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT s.id FROM catalog.survey s LEFT JOIN catalog.survey_progress g ON g.survey_id = s.id
    WHERE s.status IN ('WAITING', 'OPEN') AND NOT catalog.is_over(s.closes_on)
        AND (g.counted_on IS NULL OR g.counted_on < date_trunc('month', catalog.today()))
    ORDER BY s.id
$function$;

CREATE OR REPLACE FUNCTION research.begin_opening(survey uuid, threshold integer)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO research.survey_opening (survey_id, threshold, demonstration)
    SELECT s.id, begin_opening.threshold, s.demonstration FROM catalog.survey s WHERE s.id = begin_opening.survey
    ON CONFLICT (survey_id) DO UPDATE SET threshold = excluded.threshold, looked_on = NULL
$function$;

CREATE OR REPLACE FUNCTION research.is_opening(survey uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT EXISTS (SELECT FROM research.survey_opening o WHERE o.survey_id = is_opening.survey) $function$;

CREATE OR REPLACE FUNCTION catalog.is_look_due(survey catalog.survey)
 RETURNS boolean
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT survey.status = 'WAITING' AND (survey.opens_on IS NULL OR survey.opens_on <= catalog.today())
        AND NOT catalog.is_over(survey.closes_on)
        AND NOT EXISTS (SELECT FROM research.survey_opening o
            WHERE o.survey_id = survey.id AND o.looked_on >= catalog.today())
$function$;

CREATE OR REPLACE FUNCTION research.look(survey uuid)
 RETURNS TABLE(threshold integer, eligible integer)
 LANGUAGE plpgsql
 SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    RETURN QUERY
        UPDATE research.survey_opening o SET looked_on = catalog.today()
        FROM catalog.survey s
        WHERE s.id = look.survey AND o.survey_id = s.id AND catalog.is_look_due(s)
        RETURNING o.threshold, (
            SELECT count(*)::integer FROM research.eligible(s.id) e (member_id)
            JOIN research.counted_membership c ON c.member_id = e.member_id
            WHERE c.community_id = s.community_id AND c.left_at IS NULL);
END $function$;

CREATE OR REPLACE FUNCTION catalog.open_survey(survey uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    community uuid;
BEGIN
    SELECT s.community_id INTO community FROM catalog.survey s WHERE s.id = open_survey.survey;
    PERFORM catalog.lock_community(community);
    UPDATE catalog.survey s SET status = 'OPEN', opens_on = coalesce(s.opens_on, catalog.today())
    WHERE s.id = open_survey.survey AND s.status = 'WAITING';
    IF NOT FOUND THEN
        RETURN;
    END IF;
    DELETE FROM research.survey_opening o WHERE o.survey_id = open_survey.survey;
    PERFORM research.invite(open_survey.survey);
    PERFORM care.announce('surveyOpened', open_survey.survey, community);
END $function$;

CREATE OR REPLACE FUNCTION catalog.readiness_changed(community uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    one uuid;
BEGIN
    IF viewer IS NULL THEN
        RETURN;
    END IF;
    PERFORM FROM catalog.community c WHERE c.id = readiness_changed.community FOR NO KEY UPDATE;
    FOR one IN
        SELECT s.id FROM catalog.survey s
        WHERE s.community_id = readiness_changed.community AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on)
        ORDER BY s.id FOR SHARE
    LOOP
        PERFORM research.invite(one, viewer);
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION catalog.schedule_survey(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'WAITING'
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND NOT catalog.is_over(s.closes_on);
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION catalog.surveys_due()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT s.id FROM catalog.survey s
    WHERE s.status IN ('WAITING', 'OPEN') AND catalog.is_over(s.closes_on)
        OR catalog.is_look_due(s)
    ORDER BY s.id
$function$;

CREATE TRIGGER participation_gone AFTER DELETE ON research.participation FOR EACH ROW EXECUTE FUNCTION research.participation_gone();
CREATE TRIGGER membership_gone AFTER DELETE ON care.membership FOR EACH ROW EXECUTE FUNCTION research.membership_gone();
CREATE TRIGGER only_added_to BEFORE DELETE OR UPDATE OR TRUNCATE ON insight.count_release FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
ALTER TABLE research.counted_membership ENABLE ROW LEVEL SECURITY;
ALTER TABLE insight.count_release ENABLE ROW LEVEL SECURITY;
ALTER TABLE research.survey_opening ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON research.counted_membership FOR SELECT TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY patient_reads ON catalog.eligibility FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM catalog.survey s
  WHERE ((s.id = eligibility.survey_id) AND ((s.status)::text <> 'WAITING'::text)))));

CREATE POLICY buyer_reads ON catalog.eligibility FOR SELECT TO cohorte_buyer USING ((EXISTS ( SELECT
   FROM catalog.survey s
  WHERE ((s.id = eligibility.survey_id) AND ((s.status)::text <> 'WAITING'::text)))));

CREATE POLICY publisher_reads ON catalog.survey_progress FOR SELECT TO cohorte_publisher USING (true);
CREATE POLICY publisher_inserts ON catalog.survey_progress FOR INSERT TO cohorte_publisher WITH CHECK (true);
CREATE POLICY publisher_updates ON catalog.survey_progress FOR UPDATE TO cohorte_publisher USING (true) WITH CHECK (true);
CREATE POLICY publisher_reads ON insight.count_release FOR SELECT TO cohorte_publisher USING (true);
CREATE POLICY publisher_inserts ON insight.count_release FOR INSERT TO cohorte_publisher WITH CHECK (true);
GRANT SELECT ON research.counted_membership TO cohorte_patient;
GRANT SELECT ON insight.count_release TO cohorte_publisher;
GRANT SELECT ON catalog.survey_progress TO cohorte_publisher;
GRANT INSERT (community_id, demonstration, id, kind, micro_rho, noisy, published_at, survey_id) ON insight.count_release TO cohorte_publisher;
GRANT INSERT (completed, counted_on, demonstration, eligible, invited, started, survey_id) ON catalog.survey_progress TO cohorte_publisher;
GRANT UPDATE (completed, counted_on, eligible, invited, started) ON catalog.survey_progress TO cohorte_publisher;
GRANT INSERT (cells_digest, community_id, count_release_id, dataset_id, dataset_title, demonstration, hash, micro_rho, organization_id, organization_name, "position", previous_hash, published_at, purpose, release_id, variables) ON insight.ledger_entry TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.end_of(date) TO cohorte_patient, cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.year_before(date) TO cohorte_patient, cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.include_members(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.count_community(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.count_progress(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.communities_to_count() TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.lock_community(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.show_counts(uuid,integer,integer,date) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.surveys_to_count() TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.begin_opening(uuid,integer) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.is_opening(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.look(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.open_survey(uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.schedule_survey(uuid) TO cohorte_publisher;

CREATE OR REPLACE FUNCTION catalog.unschedule_survey(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    drafted integer;
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'DRAFT', version = s.version + 1
    WHERE s.id = unschedule_survey.survey AND s.status = 'WAITING'
    RETURNING s.version INTO drafted;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM research.survey_opening o WHERE o.survey_id = unschedule_survey.survey;
    DELETE FROM catalog.question q WHERE q.survey_id = unschedule_survey.survey AND q.version < drafted - 1;
    UPDATE catalog.question q SET version = drafted WHERE q.survey_id = unschedule_survey.survey;
    RETURN true;
END $function$;

DROP POLICY patient_inserts ON care.discussion;
DROP POLICY patient_inserts ON care.membership;
CREATE TABLE catalog.catalogue_change (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    subject_type VARCHAR NOT NULL,
    subject_id UUID NOT NULL,
    field VARCHAR,
    before VARCHAR,
    after VARCHAR,
    staff_id UUID,
    changed_by VARCHAR,
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_catalogue_change PRIMARY KEY (id),
    CONSTRAINT ck_catalogue_change_subject_type CHECK (subject_type IN ('com', 'con', 'ind', 'trt')),
    CONSTRAINT fk_catalogue_change_staff_id_staff FOREIGN KEY(staff_id) REFERENCES identity.staff (id) ON DELETE SET NULL
);

ALTER TABLE catalog.condition ADD COLUMN version integer DEFAULT 1 NOT NULL;
ALTER TABLE catalog.indicator ADD COLUMN ucum character varying;
ALTER TABLE catalog.indicator ADD COLUMN version integer DEFAULT 1 NOT NULL;
ALTER TABLE catalog.treatment ADD COLUMN version integer DEFAULT 1 NOT NULL;
ALTER TABLE catalog.community ADD COLUMN version integer DEFAULT 1 NOT NULL;
CREATE INDEX ix_catalogue_change_changed_at_id ON catalog.catalogue_change USING btree (changed_at, id);
CREATE INDEX ix_catalogue_change_staff_id ON catalog.catalogue_change USING btree (staff_id);
CREATE INDEX ix_catalogue_change_subject_id_changed_at_id ON catalog.catalogue_change USING btree (subject_id, changed_at, id);
CREATE INDEX ix_community_merged_into_id ON catalog.community USING btree (merged_into_id) WHERE (merged_into_id IS NOT NULL);
CREATE OR REPLACE FUNCTION care.viewer_communities()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY(
        SELECT m.community_id FROM care.membership m
        WHERE m.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        UNION ALL
        SELECT c.id FROM care.membership m JOIN catalog.community c ON c.merged_into_id = m.community_id
        WHERE m.member_id = nullif(current_setting('cohorte.member', true), '')::uuid)
$function$;

CREATE OR REPLACE FUNCTION identity.require_catalogue_editor()
 RETURNS void
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'CATALOGUE_EDITOR' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'only catalogue editors may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION catalog.edited_part(whole jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT whole - ARRAY['id', 'version', 'search', 'member_count', 'counted_on', 'consenting_count', 'demonstration']
$function$;

CREATE OR REPLACE FUNCTION catalog.field_of(column_name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT CASE column_name
        WHEN 'words' THEN 'searchWords'
        WHEN 'condition_id' THEN 'condition'
        WHEN 'merged_into_id' THEN 'mergedInto'
        ELSE left(column_name, 1) || substr(replace(initcap(replace(column_name, '_', ' ')), ' ', ''), 2)
    END
$function$;

CREATE OR REPLACE FUNCTION catalog.record_change(subject_type text, subject uuid, field text, before text, after text, demonstration boolean)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO catalog.catalogue_change
        (subject_type, subject_id, field, before, after, staff_id, changed_by, changed_at, demonstration)
    SELECT record_change.subject_type, record_change.subject, record_change.field, record_change.before,
        record_change.after, s.id, s.name, catalog.clock(), record_change.demonstration
    FROM (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid AS id) viewer
    LEFT JOIN identity.staff s ON s.id = viewer.id
$function$;

CREATE OR REPLACE FUNCTION catalog.record_edit()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    earlier jsonb := CASE TG_OP WHEN 'UPDATE' THEN catalog.edited_part(to_jsonb(OLD)) END;
    later jsonb := catalog.edited_part(to_jsonb(NEW));
    prefixes CONSTANT jsonb := '{"condition_id": "con_", "merged_into_id": "com_"}';
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM catalog.record_change(TG_ARGV[0], NEW.id, NULL, NULL, NEW.name, NEW.demonstration);
        RETURN NULL;
    END IF;
    PERFORM catalog.record_change(
        TG_ARGV[0], NEW.id, catalog.field_of(n.key), coalesce(prefixes ->> n.key, '') || (earlier ->> n.key),
        coalesce(prefixes ->> n.key, '') || n.value, NEW.demonstration)
    FROM jsonb_each_text(later) n WHERE later -> n.key IS DISTINCT FROM earlier -> n.key;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION catalog.count_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF catalog.edited_part(to_jsonb(NEW)) IS DISTINCT FROM catalog.edited_part(to_jsonb(OLD)) THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION catalog.set_community_indicators(community uuid, indicators uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    earlier text;
    later text;
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.community c WHERE c.id = set_community_indicators.community FOR NO KEY UPDATE;
    SELECT string_agg(i.slug, ' ' ORDER BY b.position, i.id) INTO earlier
    FROM catalog.community_indicator b JOIN catalog.indicator i ON i.id = b.indicator_id
    WHERE b.community_id = set_community_indicators.community;
    SELECT string_agg(i.slug, ' ' ORDER BY n.position) INTO later
    FROM unnest(set_community_indicators.indicators) WITH ORDINALITY n (id, position)
    JOIN catalog.indicator i ON i.id = n.id;
    IF earlier IS NOT DISTINCT FROM later THEN
        RETURN;
    END IF;
    DELETE FROM catalog.community_indicator b WHERE b.community_id = set_community_indicators.community;
    INSERT INTO catalog.community_indicator (community_id, indicator_id, position, demonstration)
    SELECT c.id, n.id, n.position, c.demonstration
    FROM catalog.community c, unnest(set_community_indicators.indicators) WITH ORDINALITY n (id, position)
    WHERE c.id = set_community_indicators.community;
    UPDATE catalog.community c SET version = c.version + 1 WHERE c.id = set_community_indicators.community;
    PERFORM catalog.record_change('com', c.id, 'indicators', earlier, later, c.demonstration)
    FROM catalog.community c WHERE c.id = set_community_indicators.community;
END $function$;

CREATE OR REPLACE FUNCTION catalog.set_community_treatments(community uuid, treatments uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    earlier text;
    later text;
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.community c WHERE c.id = set_community_treatments.community FOR NO KEY UPDATE;
    SELECT string_agg(t.slug, ' ' ORDER BY b.position, t.id) INTO earlier
    FROM catalog.community_treatment b JOIN catalog.treatment t ON t.id = b.treatment_id
    WHERE b.community_id = set_community_treatments.community;
    SELECT string_agg(t.slug, ' ' ORDER BY n.position) INTO later
    FROM unnest(set_community_treatments.treatments) WITH ORDINALITY n (id, position)
    JOIN catalog.treatment t ON t.id = n.id;
    IF earlier IS NOT DISTINCT FROM later THEN
        RETURN;
    END IF;
    DELETE FROM catalog.community_treatment b WHERE b.community_id = set_community_treatments.community;
    INSERT INTO catalog.community_treatment (community_id, treatment_id, position, demonstration)
    SELECT c.id, n.id, n.position, c.demonstration
    FROM catalog.community c, unnest(set_community_treatments.treatments) WITH ORDINALITY n (id, position)
    WHERE c.id = set_community_treatments.community;
    UPDATE catalog.community c SET version = c.version + 1 WHERE c.id = set_community_treatments.community;
    PERFORM catalog.record_change('com', c.id, 'treatments', earlier, later, c.demonstration)
    FROM catalog.community c WHERE c.id = set_community_treatments.community;
END $function$;

CREATE OR REPLACE FUNCTION care.expect_open()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM added a JOIN catalog.community c ON c.id = a.community_id WHERE c.status <> 'OPEN';
    IF FOUND THEN
        RAISE 'the community is not open' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION care.reopen_discussion()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = NEW.community_id AND c.status = 'OPEN' FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE 'the community is not open' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION catalog.open_community(community uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_catalogue_editor();
    UPDATE catalog.community c SET status = 'OPEN' WHERE c.id = open_community.community AND c.status = 'DRAFT';
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION catalog.has_running_surveys(community uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT EXISTS (SELECT FROM catalog.survey s
        WHERE s.community_id = has_running_surveys.community AND s.status IN ('WAITING', 'OPEN'))
$function$;

CREATE OR REPLACE FUNCTION catalog.close_community(community uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.community c WHERE c.id = close_community.community FOR UPDATE;
    UPDATE catalog.community c SET status = 'CLOSED'
    WHERE c.id = close_community.community AND c.status = 'OPEN' AND NOT catalog.has_running_surveys(c.id);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE care.discussion d SET closed = true WHERE d.community_id = close_community.community AND NOT d.closed;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION catalog.merge_community(community uuid, target uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM FROM catalog.community c WHERE c.id IN (merge_community.community, merge_community.target)
    ORDER BY c.id FOR UPDATE;
    UPDATE catalog.community c SET status = 'MERGED', merged_into_id = merge_community.target
    FROM catalog.community t
    WHERE c.id = merge_community.community AND c.status = 'OPEN' AND NOT catalog.has_running_surveys(c.id)
        AND t.id = merge_community.target AND t.status = 'OPEN' AND t.id <> c.id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE catalog.community c SET merged_into_id = merge_community.target
    WHERE c.merged_into_id = merge_community.community;
    UPDATE catalog.survey s SET community_id = merge_community.target
    WHERE s.community_id = merge_community.community AND s.status = 'DRAFT';
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION catalog.communities_to_move()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT c.id FROM catalog.community c
    WHERE c.status = 'MERGED' AND (EXISTS (SELECT FROM care.membership b WHERE b.community_id = c.id)
        OR EXISTS (SELECT FROM care.discussion d WHERE d.community_id = c.id)
        OR EXISTS (SELECT FROM care.course k WHERE k.community_id = c.id)
        OR EXISTS (SELECT FROM care.diagnosis g WHERE g.community_id = c.id))
    ORDER BY c.id
$function$;

CREATE OR REPLACE FUNCTION care.move_members(community uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    target uuid;
BEGIN
    SELECT c.merged_into_id INTO target FROM catalog.community c
    WHERE c.id = move_members.community AND c.status = 'MERGED' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM catalog.lock_community(target);
    UPDATE research.counted_membership m SET left_at = clock_timestamp()
    WHERE m.community_id = move_members.community AND m.left_at IS NULL;
    UPDATE care.membership b SET community_id = target, role = 'MEMBER'
    WHERE b.community_id = move_members.community AND NOT EXISTS (
        SELECT FROM care.membership o WHERE o.member_id = b.member_id AND o.community_id = target);
    UPDATE care.diagnosis g SET community_id = target
    WHERE g.community_id = move_members.community AND NOT EXISTS (
        SELECT FROM care.diagnosis o WHERE o.member_id = g.member_id AND o.community_id = target);
    DELETE FROM care.diagnosis g WHERE g.community_id = move_members.community;
    DELETE FROM care.membership b WHERE b.community_id = move_members.community;
    UPDATE care.course k SET community_id = target WHERE k.community_id = move_members.community;
    UPDATE care.discussion d SET community_id = target, closed = d.closed OR t.status <> 'OPEN'
    FROM catalog.community t WHERE d.community_id = move_members.community AND t.id = target;
    -- Those who can answer its surveys are invited.
    PERFORM identity.queue_news('SURVEY_OPENED', s.id)
    FROM catalog.survey s WHERE s.community_id = target AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on);
END $function$;

CREATE OR REPLACE FUNCTION catalog.communities_to_count()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT c.id FROM catalog.community c
    WHERE c.status IN ('OPEN', 'CLOSED')
        AND (c.counted_on IS NULL OR c.counted_on < date_trunc('month', catalog.today()))
    ORDER BY c.id
$function$;

CREATE OR REPLACE FUNCTION catalog.schedule_survey(survey uuid, cap_micro_rho integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'WAITING', cap_micro_rho = schedule_survey.cap_micro_rho
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND NOT catalog.is_over(s.closes_on)
        AND EXISTS (SELECT FROM catalog.community c WHERE c.id = s.community_id AND c.status = 'OPEN');
    RETURN FOUND;
END $function$;

CREATE TRIGGER count_condition_version BEFORE UPDATE ON catalog.condition FOR EACH ROW EXECUTE FUNCTION catalog.count_version();
CREATE TRIGGER count_community_version BEFORE UPDATE ON catalog.community FOR EACH ROW EXECUTE FUNCTION catalog.count_version();
CREATE TRIGGER count_indicator_version BEFORE UPDATE ON catalog.indicator FOR EACH ROW EXECUTE FUNCTION catalog.count_version();
CREATE TRIGGER count_treatment_version BEFORE UPDATE ON catalog.treatment FOR EACH ROW EXECUTE FUNCTION catalog.count_version();
CREATE TRIGGER record_condition AFTER INSERT OR UPDATE ON catalog.condition FOR EACH ROW WHEN (((NOT new.demonstration) OR (current_setting('cohorte.staff'::text, true) <> ''::text))) EXECUTE FUNCTION catalog.record_edit('con');
CREATE TRIGGER record_community AFTER INSERT OR UPDATE ON catalog.community FOR EACH ROW WHEN (((NOT new.demonstration) OR (current_setting('cohorte.staff'::text, true) <> ''::text))) EXECUTE FUNCTION catalog.record_edit('com');
CREATE TRIGGER record_indicator AFTER INSERT OR UPDATE ON catalog.indicator FOR EACH ROW WHEN (((NOT new.demonstration) OR (current_setting('cohorte.staff'::text, true) <> ''::text))) EXECUTE FUNCTION catalog.record_edit('ind');
CREATE TRIGGER record_treatment AFTER INSERT OR UPDATE ON catalog.treatment FOR EACH ROW WHEN (((NOT new.demonstration) OR (current_setting('cohorte.staff'::text, true) <> ''::text))) EXECUTE FUNCTION catalog.record_edit('trt');
CREATE TRIGGER join_open AFTER INSERT ON care.membership REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care.expect_open();
CREATE TRIGGER start_in_open AFTER INSERT ON care.discussion REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care.expect_open();
CREATE TRIGGER reopen_discussion BEFORE UPDATE OF closed ON care.discussion FOR EACH ROW WHEN ((old.closed AND (NOT new.closed))) EXECUTE FUNCTION care.reopen_discussion();
ALTER TABLE catalog.condition ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.indicator ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.treatment ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.catalogue_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.community ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.community_indicator ENABLE ROW LEVEL SECURITY;
ALTER TABLE catalog.community_treatment ENABLE ROW LEVEL SECURITY;
CREATE POLICY public_reads ON catalog.condition FOR SELECT TO cohorte_public USING (true);
CREATE POLICY patient_reads ON catalog.condition FOR SELECT TO cohorte_patient USING (true);
CREATE POLICY buyer_reads ON catalog.condition FOR SELECT TO cohorte_buyer USING (true);
CREATE POLICY manager_reads ON catalog.condition FOR SELECT TO cohorte_manager USING (true);
CREATE POLICY manager_inserts ON catalog.condition FOR INSERT TO cohorte_manager WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY manager_updates ON catalog.condition FOR UPDATE TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles)))))) WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY public_reads ON catalog.indicator FOR SELECT TO cohorte_public USING (true);
CREATE POLICY patient_reads ON catalog.indicator FOR SELECT TO cohorte_patient USING (true);
CREATE POLICY buyer_reads ON catalog.indicator FOR SELECT TO cohorte_buyer USING (true);
CREATE POLICY manager_reads ON catalog.indicator FOR SELECT TO cohorte_manager USING (true);
CREATE POLICY publisher_reads ON catalog.indicator FOR SELECT TO cohorte_publisher USING (true);
CREATE POLICY manager_inserts ON catalog.indicator FOR INSERT TO cohorte_manager WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY manager_updates ON catalog.indicator FOR UPDATE TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles)))))) WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY public_reads ON catalog.treatment FOR SELECT TO cohorte_public USING (true);
CREATE POLICY patient_reads ON catalog.treatment FOR SELECT TO cohorte_patient USING (true);
CREATE POLICY buyer_reads ON catalog.treatment FOR SELECT TO cohorte_buyer USING (true);
CREATE POLICY manager_reads ON catalog.treatment FOR SELECT TO cohorte_manager USING (true);
CREATE POLICY publisher_reads ON catalog.treatment FOR SELECT TO cohorte_publisher USING (true);
CREATE POLICY manager_inserts ON catalog.treatment FOR INSERT TO cohorte_manager WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY manager_updates ON catalog.treatment FOR UPDATE TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles)))))) WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY manager_reads ON catalog.catalogue_change FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))) OR (EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('ADMINISTRATOR'::text = ANY (s.roles)))))));

CREATE POLICY public_reads ON catalog.community FOR SELECT TO cohorte_public USING (((status)::text <> 'DRAFT'::text));
CREATE POLICY patient_reads ON catalog.community FOR SELECT TO cohorte_patient USING (((status)::text <> 'DRAFT'::text));
CREATE POLICY buyer_reads ON catalog.community FOR SELECT TO cohorte_buyer USING (((status)::text <> 'DRAFT'::text));
CREATE POLICY manager_reads ON catalog.community FOR SELECT TO cohorte_manager USING (true);
CREATE POLICY publisher_reads ON catalog.community FOR SELECT TO cohorte_publisher USING (true);
CREATE POLICY manager_inserts ON catalog.community FOR INSERT TO cohorte_manager WITH CHECK ((((status)::text = 'DRAFT'::text) AND (EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles)))))));

CREATE POLICY manager_updates ON catalog.community FOR UPDATE TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles)))))) WITH CHECK ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))));

CREATE POLICY patient_inserts ON care.discussion FOR INSERT TO cohorte_patient WITH CHECK (((author_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (NOT (EXISTS ( SELECT
   FROM care.suspension s
  WHERE ((s.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((s.until IS NULL) OR (s.until > now())))))) AND (EXISTS ( SELECT
   FROM care.membership m
  WHERE ((m.community_id = discussion.community_id) AND (m.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif"))))) AND (EXISTS ( SELECT
   FROM catalog.community c
  WHERE ((c.id = discussion.community_id) AND ((c.status)::text = 'OPEN'::text))))));

CREATE POLICY patient_inserts ON care.membership FOR INSERT TO cohorte_patient WITH CHECK (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND (EXISTS ( SELECT
   FROM catalog.community c
  WHERE ((c.id = membership.community_id) AND ((c.status)::text = 'OPEN'::text))))));

CREATE POLICY public_reads ON catalog.community_indicator FOR SELECT TO cohorte_public USING ((EXISTS ( SELECT
   FROM catalog.community c
  WHERE (c.id = community_indicator.community_id))));

CREATE POLICY patient_reads ON catalog.community_indicator FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM catalog.community c
  WHERE (c.id = community_indicator.community_id))));

CREATE POLICY buyer_reads ON catalog.community_indicator FOR SELECT TO cohorte_buyer USING ((EXISTS ( SELECT
   FROM catalog.community c
  WHERE (c.id = community_indicator.community_id))));

CREATE POLICY manager_reads ON catalog.community_indicator FOR SELECT TO cohorte_manager USING (true);
CREATE POLICY publisher_reads ON catalog.community_indicator FOR SELECT TO cohorte_publisher USING (true);
CREATE POLICY public_reads ON catalog.community_treatment FOR SELECT TO cohorte_public USING ((EXISTS ( SELECT
   FROM catalog.community c
  WHERE (c.id = community_treatment.community_id))));

CREATE POLICY patient_reads ON catalog.community_treatment FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM catalog.community c
  WHERE (c.id = community_treatment.community_id))));

CREATE POLICY buyer_reads ON catalog.community_treatment FOR SELECT TO cohorte_buyer USING ((EXISTS ( SELECT
   FROM catalog.community c
  WHERE (c.id = community_treatment.community_id))));

CREATE POLICY manager_reads ON catalog.community_treatment FOR SELECT TO cohorte_manager USING (true);
CREATE POLICY publisher_reads ON catalog.community_treatment FOR SELECT TO cohorte_publisher USING (true);
GRANT SELECT ON catalog.catalogue_change TO cohorte_manager;
GRANT INSERT (hpo, icd10, name, orpha, translations) ON catalog.condition TO cohorte_manager;
GRANT UPDATE (hpo, icd10, name, orpha, retired_on, translations) ON catalog.condition TO cohorte_manager;
GRANT INSERT (hpo, kind, lay_names, loinc, maximum, minimum, name, scale, slug, translations, ucum, unit, words) ON catalog.indicator TO cohorte_manager;
GRANT UPDATE (hpo, lay_names, loinc, maximum, minimum, name, retired_on, translations, ucum, unit, words) ON catalog.indicator TO cohorte_manager;
GRANT INSERT (atc, inn, kind, name, national_code, slug, translations, words) ON catalog.treatment TO cohorte_manager;
GRANT UPDATE (atc, inn, kind, name, national_code, retired_on, translations, words) ON catalog.treatment TO cohorte_manager;
GRANT INSERT (condition_id, description, name, needed_count, slug, status, translations, words) ON catalog.community TO cohorte_manager;
GRANT UPDATE (condition_id, description, name, needed_count, translations, words) ON catalog.community TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.set_community_indicators(uuid,uuid[]) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.set_community_treatments(uuid,uuid[]) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.open_community(uuid) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.close_community(uuid) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.merge_community(uuid,uuid) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION catalog.communities_to_move() TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION care.move_members(uuid) TO cohorte_publisher;

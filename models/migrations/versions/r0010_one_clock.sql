DROP POLICY buyer_reads ON insight.release;
DROP POLICY buyer_reads ON insight.insight;
ALTER TABLE care.membership ALTER COLUMN joined_on SET DEFAULT catalog.today();
CREATE OR REPLACE FUNCTION catalog.clock()
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT pg_catalog.now() $function$;

CREATE OR REPLACE FUNCTION catalog.day_of(moment timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT (moment AT TIME ZONE 'UTC')::pg_catalog.date $function$;

CREATE OR REPLACE FUNCTION catalog.today()
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT catalog.day_of(catalog.clock()) $function$;

CREATE OR REPLACE FUNCTION catalog.earliest_today()
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT catalog.day_of(catalog.clock() - '12 hours'::pg_catalog.interval) $function$;

CREATE OR REPLACE FUNCTION catalog.latest_today()
 RETURNS date
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT catalog.day_of(catalog.clock() + '14 hours'::pg_catalog.interval) $function$;

CREATE OR REPLACE FUNCTION catalog.is_over(day date)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
AS $function$ SELECT day < catalog.earliest_today() $function$;

CREATE OR REPLACE FUNCTION catalog.end_of(day date)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$ SELECT (day + 1)::pg_catalog.timestamp AT TIME ZONE 'UTC' $function$;

CREATE OR REPLACE FUNCTION identity.verify_email(code text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(verify_email.code, 'UTF8'));
    waiting identity.registration;
    opened uuid;
    whose uuid;
BEGIN
    SELECT * INTO waiting FROM identity.registration r WHERE r.code_hash = digest;
    -- Of two registrations with one address, the first to be verified wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(waiting.email, 3));
    DELETE FROM identity.registration r WHERE r.code_hash = digest AND r.expires_at > now() RETURNING * INTO waiting;
    IF NOT FOUND OR EXISTS (SELECT FROM identity.account a WHERE a.email = waiting.email) THEN
        RETURN false;
    END IF;
    INSERT INTO care.member (pseudonym, kind, joined_on)
    VALUES (waiting.pseudonym, waiting.kind, catalog.today()) RETURNING id INTO whose;
    INSERT INTO care.profile (member_id, birth_year, sex, region)
    VALUES (whose, waiting.birth_year, waiting.sex, waiting.region);
    INSERT INTO identity.account (email, email_verified, locale, notice_version, member_id)
    VALUES (waiting.email, true, waiting.locale, waiting.notice_version, whose) RETURNING id INTO opened;
    INSERT INTO identity.credential (account_id, password_hash) VALUES (opened, waiting.password_hash);
    DELETE FROM identity.registration r WHERE r.email = waiting.email;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION research.consenting_since(member uuid, purpose text)
 RETURNS date
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT catalog.day_of(coalesce(min(h.changed_at), min(k.changed_at)))
    FROM research.consent k
    LEFT JOIN research.consent_change h ON h.member_id = k.member_id AND h.purpose = k.purpose AND h.granted
        AND NOT EXISTS (
            SELECT FROM research.consent_change taken_back
            WHERE taken_back.member_id = k.member_id AND taken_back.purpose = k.purpose
                AND NOT taken_back.granted AND taken_back.changed_at >= h.changed_at)
    WHERE k.member_id = consenting_since.member AND k.purpose = consenting_since.purpose
$function$;

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
            sum(e.reserved_micro_rho) FILTER (WHERE d.frozen_on > frozen.frozen_on - 365) AS this_year,
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
    WHERE coalesce(r.this_year, 0) + frozen.cap_micro_rho <= yearly
        AND coalesce(r.this_consent, 0) + frozen.cap_micro_rho <= lasting;
END $function$;

CREATE OR REPLACE FUNCTION research.standing(survey uuid)
 RETURNS TABLE(survey_status text, version integer, past boolean, participation text, eligible boolean)
 LANGUAGE plpgsql
 SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := research.require_member();
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = standing.survey FOR SHARE;
    RETURN QUERY
        SELECT s.status::text, s.version, catalog.is_over(s.closes_on), p.status::text,
            EXISTS (SELECT FROM research.eligible(s.id, viewer))
        FROM catalog.survey s
        LEFT JOIN research.participation p ON p.survey_id = s.id AND p.member_id = viewer
        WHERE s.id = standing.survey AND s.status <> 'DRAFT';
END $function$;

CREATE OR REPLACE FUNCTION research.open_if_ready(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    today date := catalog.today();
    found_survey catalog.survey;
BEGIN
    SELECT * INTO found_survey FROM catalog.survey s WHERE s.id = open_if_ready.survey FOR UPDATE;
    IF found_survey.status IS DISTINCT FROM 'WAITING' OR found_survey.opens_on > today
        OR catalog.is_over(found_survey.closes_on)
        OR (SELECT count(*) FROM research.eligible(found_survey.id)) < found_survey.minimum_participants
    THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'OPEN', opens_on = coalesce(s.opens_on, today) WHERE s.id = found_survey.id;
    PERFORM research.invite(found_survey.id);
    PERFORM care.announce('surveyOpened', found_survey.id, found_survey.community_id);
    RETURN true;
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
    PERFORM FROM catalog.community c WHERE c.id = readiness_changed.community FOR NO KEY UPDATE;
    FOR one IN
        SELECT s.id FROM catalog.survey s
        WHERE s.community_id = readiness_changed.community AND s.status = 'WAITING' ORDER BY s.id
    LOOP
        PERFORM research.open_if_ready(one);
    END LOOP;
    IF viewer IS NOT NULL THEN
        FOR one IN
            SELECT s.id FROM catalog.survey s
            WHERE s.community_id = readiness_changed.community AND s.status = 'OPEN' AND NOT catalog.is_over(s.closes_on)
            ORDER BY s.id FOR SHARE
        LOOP
            PERFORM research.invite(one, viewer);
        END LOOP;
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION catalog.schedule_survey(survey uuid)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_survey_manager();
    PERFORM FROM catalog.community c JOIN catalog.survey s ON s.community_id = c.id
    WHERE s.id = schedule_survey.survey FOR NO KEY UPDATE OF c;
    UPDATE catalog.survey s SET status = 'WAITING'
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND NOT catalog.is_over(s.closes_on);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN CASE WHEN research.open_if_ready(schedule_survey.survey) THEN 'OPEN' ELSE 'WAITING' END;
END $function$;

CREATE OR REPLACE FUNCTION catalog.surveys_due()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT s.id FROM catalog.survey s
    WHERE s.status IN ('WAITING', 'OPEN') AND catalog.is_over(s.closes_on)
        OR s.status = 'WAITING' AND (s.opens_on IS NULL OR s.opens_on <= catalog.today())
    ORDER BY s.id
$function$;

CREATE POLICY buyer_reads ON insight.release FOR SELECT TO cohorte_buyer USING ((dataset_id IN ( SELECT d.id
   FROM ((insight.licence l
     JOIN insight.organization o ON ((o.id = l.organization_id)))
     JOIN insight.dataset d ON (((d.community_id = l.community_id) AND ((o.kind)::text = ANY (d.offered_to)))))
  WHERE ((l.organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'GRANTED'::text) AND ((catalog.today() >= l.starts_on) AND (catalog.today() <= l.ends_on))))));

CREATE POLICY buyer_reads ON insight.insight FOR SELECT TO cohorte_buyer USING ((dataset_id IN ( SELECT d.id
   FROM ((insight.licence l
     JOIN insight.organization o ON ((o.id = l.organization_id)))
     JOIN insight.dataset d ON (((d.community_id = l.community_id) AND ((o.kind)::text = ANY (d.offered_to)))))
  WHERE ((l.organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'GRANTED'::text) AND ((catalog.today() >= l.starts_on) AND (catalog.today() <= l.ends_on))))));

GRANT EXECUTE ON FUNCTION catalog.clock() TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.day_of(timestamp with time zone) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.today() TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.earliest_today() TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.latest_today() TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;
GRANT EXECUTE ON FUNCTION catalog.is_over(date) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;

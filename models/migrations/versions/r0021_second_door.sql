REVOKE UPDATE (locale) ON identity.account FROM cohorte_patient;
DROP POLICY patient_reads ON care.profile;
DROP POLICY patient_reads ON care.membership;
DROP POLICY manager_reads ON care.membership;
DROP POLICY patient_reads ON insight.release;
DROP POLICY patient_reads ON insight.insight;
DROP POLICY patient_reads ON insight.cell;
DROP POLICY patient_reads ON insight.statistic;
DROP FUNCTION identity.register(text,text,text,text[],text,integer,text,text,text,text,text,interval);
CREATE TABLE catalog.terms (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    version VARCHAR NOT NULL,
    language VARCHAR(32) NOT NULL,
    in_force_on DATE NOT NULL,
    text VARCHAR NOT NULL,
    CONSTRAINT pk_terms PRIMARY KEY (version, language),
    CONSTRAINT uq_terms_language_in_force_on UNIQUE (language, in_force_on),
    CONSTRAINT ck_terms_language CHECK (language IN ('EN', 'FR'))
);

CREATE TABLE care.reading_alert (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    member_id UUID NOT NULL,
    day DATE NOT NULL,
    CONSTRAINT pk_reading_alert PRIMARY KEY (id),
    CONSTRAINT uq_reading_alert_member_id_day UNIQUE (member_id, day),
    CONSTRAINT fk_reading_alert_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE
);

CREATE TABLE identity.joining (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    total INTEGER NOT NULL,
    day DATE,
    today INTEGER DEFAULT 0 NOT NULL,
    allowed INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_joining PRIMARY KEY (member_id),
    CONSTRAINT ck_joining_counts_up CHECK (total >= 0 AND today >= 0 AND allowed >= 0),
    CONSTRAINT fk_joining_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE
);

CREATE TABLE identity.reading (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    day DATE NOT NULL,
    seen BIGINT[] NOT NULL,
    CONSTRAINT pk_reading PRIMARY KEY (member_id),
    CONSTRAINT fk_reading_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE
);

ALTER TABLE identity.registration ADD COLUMN terms_version character varying;
ALTER TABLE identity.account ADD COLUMN terms_version character varying;
ALTER TABLE identity.account ADD COLUMN terms_accepted_at timestamp with time zone;
ALTER TABLE care.membership ADD COLUMN sharing character varying(32) DEFAULT 'ONLY_ME'::character varying NOT NULL;
ALTER TABLE care.membership ADD CONSTRAINT ck_membership_sharing CHECK (sharing IN ('ONLY_ME', 'MY_COMMUNITIES', 'ALL_MEMBERS'));
CREATE OR REPLACE FUNCTION identity.forget_waiting()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.session WHERE expires_at <= now();
    DELETE FROM identity.data_export WHERE expires_at <= now();
    DELETE FROM identity.pseudonym_look WHERE until <= now();
    DELETE FROM identity.reading WHERE day < catalog.today();
    DELETE FROM care.reading_alert WHERE day < catalog.today() - 90
$function$;

CREATE OR REPLACE FUNCTION identity.readings(reader uuid)
 RETURNS TABLE(day date, is_new boolean, seen text[], patients text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT catalog.today(), m.joined_on > catalog.today() - 7,
        coalesce((
            SELECT r.seen::text[] FROM identity.reading r WHERE r.member_id = m.id AND r.day = catalog.today()), '{}'),
        ARRAY(SELECT l.patient_id::text FROM care.care_link l WHERE l.relative_id = m.id AND l.status = 'ACCEPTED')
    FROM care.member m WHERE m.id = readings.reader
$function$;

CREATE OR REPLACE FUNCTION identity.count_readings(readers text[], seen text[], refused text[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO identity.reading AS r (member_id, day, seen, demonstration)
    SELECT m.id, catalog.today(), array_agg(DISTINCT g.one), m.demonstration
    FROM unnest(readers::uuid[], seen::bigint[]) AS g (reader, one) JOIN care.member m ON m.id = g.reader
    GROUP BY m.id ORDER BY m.id  -- in one order, so that two processes do not wait for each other
    ON CONFLICT (member_id) DO UPDATE
    SET day = excluded.day, seen = CASE WHEN r.day = excluded.day
        THEN ARRAY(SELECT DISTINCT u.one FROM unnest(r.seen || excluded.seen) AS u (one)) ELSE excluded.seen END;
    INSERT INTO care.reading_alert (member_id, day, demonstration)
    SELECT m.id, catalog.today(), m.demonstration FROM care.member m WHERE m.id = ANY (refused::uuid[])
    ON CONFLICT (member_id, day) DO NOTHING
$function$;

CREATE OR REPLACE FUNCTION identity.count_joining(a_day integer, at_first integer, most integer)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    counted identity.joining;
BEGIN
    INSERT INTO identity.joining (member_id, total, demonstration)
    SELECT m.id, (SELECT count(*) FROM care.membership s WHERE s.member_id = m.id) - 1, m.demonstration
    FROM care.member m WHERE m.id = viewer
    ON CONFLICT DO NOTHING;
    UPDATE identity.joining j
    SET total = j.total + 1, today = CASE WHEN j.day = catalog.today() THEN j.today + 1 ELSE 1 END,
        day = catalog.today()
    WHERE j.member_id = viewer RETURNING * INTO counted;
    RETURN CASE
        WHEN counted.total > most + counted.allowed THEN 'ALL'
        WHEN counted.total > at_first AND EXISTS (
            SELECT FROM care.member m WHERE m.id = viewer AND m.joined_on > catalog.today() - 7) THEN 'FIRST_WEEK'
        WHEN counted.today > a_day THEN 'DAY'
    END;
END $function$;

CREATE OR REPLACE FUNCTION identity.allow_joining(member uuid, allowed integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
BEGIN
    PERFORM FROM identity.staff s WHERE s.id = viewer AND 'MODERATOR' = ANY (s.roles);
    IF NOT FOUND THEN
        RAISE 'only moderators may let members join more communities' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO identity.joining (member_id, total, allowed, demonstration)
    SELECT m.id, (SELECT count(*) FROM care.membership s WHERE s.member_id = m.id), allow_joining.allowed,
        m.demonstration
    FROM care.member m WHERE m.id = allow_joining.member
    ON CONFLICT (member_id) DO UPDATE SET allowed = excluded.allowed;
END $function$;

CREATE OR REPLACE FUNCTION identity.register(email text, password_hash text, pseudonym text, looks text[], kind text, birth_year integer, sex text, region text, locale text, notice_version text, terms_version text, code text, lifetime interval)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(register.email);
    holder identity.account;
    is_taken boolean;
    made uuid;
BEGIN
    -- A second registration, after a lost mail or a mistyped password, replaces the first.
    DELETE FROM identity.registration r
    WHERE lower(r.pseudonym) = lower(register.pseudonym) AND r.email = address;
    IF NOT identity.is_free(register.pseudonym, register.looks, NULL) THEN
        RETURN false;
    END IF;
    SELECT * INTO holder FROM identity.account a WHERE a.email = address;
    is_taken := FOUND;
    INSERT INTO identity.registration (
        email, pseudonym, kind, birth_year, sex, region, locale, notice_version, terms_version, code_hash,
        password_hash, expires_at)
    VALUES (
        address, register.pseudonym, register.kind,
        CASE WHEN NOT is_taken THEN register.birth_year END,
        CASE WHEN is_taken THEN 'UNKNOWN' ELSE register.sex END,
        CASE WHEN NOT is_taken THEN register.region END,
        register.locale, register.notice_version, register.terms_version,
        CASE WHEN NOT is_taken THEN sha256(convert_to(register.code, 'UTF8')) END,
        CASE WHEN NOT is_taken THEN register.password_hash END,
        now() + register.lifetime)
    RETURNING id INTO made;
    INSERT INTO identity.pseudonym_look (look, registration_id) SELECT unnest(register.looks), made;
    IF is_taken THEN
        PERFORM identity.write_to(holder.email, 'ADDRESS_TAKEN', holder.locale, NULL);
    ELSE
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', register.locale, register.code);
    END IF;
    RETURN true;
END $function$;

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
    held text[];
BEGIN
    SELECT * INTO waiting FROM identity.registration r WHERE r.code_hash = digest;
    -- Of two registrations with one address, the first to be verified wins.
    PERFORM pg_advisory_xact_lock(hashtextextended(waiting.email, 3));
    held := ARRAY(SELECT l.look FROM identity.pseudonym_look l WHERE l.registration_id = waiting.id ORDER BY l.look);
    DELETE FROM identity.registration r WHERE r.code_hash = digest AND r.expires_at > now() RETURNING * INTO waiting;
    IF NOT FOUND OR EXISTS (SELECT FROM identity.account a WHERE a.email = waiting.email) THEN
        RETURN false;
    END IF;
    INSERT INTO care.member (pseudonym, kind, joined_on)
    VALUES (waiting.pseudonym, waiting.kind, catalog.today()) RETURNING id INTO whose;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(held), whose;
    INSERT INTO care.profile (member_id, birth_year, sex, region)
    VALUES (whose, waiting.birth_year, waiting.sex, waiting.region);
    INSERT INTO identity.account (
        email, email_verified, locale, notice_version, terms_version, terms_accepted_at, member_id)
    VALUES (
        waiting.email, true, waiting.locale, waiting.notice_version, waiting.terms_version,
        CASE WHEN waiting.terms_version IS NOT NULL THEN waiting.created_at END, whose)
    RETURNING id INTO opened;
    INSERT INTO identity.credential (account_id, password_hash) VALUES (opened, waiting.password_hash);
    DELETE FROM identity.registration r WHERE r.email = waiting.email;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION care.viewer_communities()
 RETURNS uuid[]
 LANGUAGE sql
 STABLE PARALLEL SAFE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY(
        SELECT m.community_id FROM care.membership m
        WHERE m.member_id = nullif(current_setting('cohorte.member', true), '')::uuid)
$function$;

CREATE OR REPLACE FUNCTION care.sharing_of(member uuid)
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT CASE WHEN m.kind = 'ASSOCIATION' AND m.verified THEN 'ALL_MEMBERS' ELSE coalesce(p.sharing, 'ONLY_ME') END
    FROM care.member m LEFT JOIN care.profile p ON p.member_id = m.id WHERE m.id = sharing_of.member
$function$;

CREATE OR REPLACE FUNCTION care.share_membership()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM care.member m WHERE m.id = NEW.member_id FOR SHARE;
    PERFORM FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    NEW.sharing := coalesce(care.sharing_of(NEW.member_id), 'ONLY_ME');  -- of nobody: the foreign key refuses it
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION care.share_memberships()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    UPDATE care.membership m SET sharing = care.sharing_of(whose)
    WHERE m.member_id = whose AND m.sharing <> care.sharing_of(whose);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION catalog.check_terms_languages()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF (SELECT count(*) FILTER (WHERE t.language IN ('EN', 'FR')) <> 2 OR count(DISTINCT t.in_force_on) <> 1
        FROM catalog.terms t WHERE t.version = NEW.version)
    THEN
        RAISE 'terms need the same version in English and French, in force from the same day'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $function$;

CREATE TRIGGER share_membership BEFORE INSERT ON care.membership FOR EACH ROW EXECUTE FUNCTION care.share_membership();
CREATE TRIGGER share_memberships AFTER INSERT OR UPDATE OF sharing ON care.profile FOR EACH ROW EXECUTE FUNCTION care.share_memberships('member_id');
CREATE TRIGGER share_verified AFTER UPDATE OF kind, verified ON care.member FOR EACH ROW EXECUTE FUNCTION care.share_memberships('id');
CREATE CONSTRAINT TRIGGER check_terms_languages AFTER INSERT OR UPDATE ON catalog.terms DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalog.check_terms_languages();
ALTER TABLE identity.reading ENABLE ROW LEVEL SECURITY;
ALTER TABLE care.reading_alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE identity.joining ENABLE ROW LEVEL SECURITY;
CREATE POLICY patient_reads ON care.profile FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR ((( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL) AND (((sharing)::text = 'ALL_MEMBERS'::text) OR (((sharing)::text = 'MY_COMMUNITIES'::text) AND (EXISTS ( SELECT
   FROM care.membership theirs
  WHERE ((theirs.member_id = profile.member_id) AND (theirs.community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[])))))) OR (EXISTS ( SELECT
   FROM care.care_link l
  WHERE ((l.patient_id = profile.member_id) AND (l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))))));

CREATE POLICY manager_reads ON care.reading_alert FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))));

CREATE POLICY patient_reads ON care.membership FOR SELECT TO cohorte_patient USING (((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) OR ((( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL) AND (((sharing)::text = 'ALL_MEMBERS'::text) OR (((sharing)::text = 'MY_COMMUNITIES'::text) AND (community_id = ANY (( SELECT care.viewer_communities() AS viewer_communities)::uuid[]))) OR (member_id IN ( SELECT l.patient_id
   FROM care.care_link l
  WHERE ((l.relative_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'ACCEPTED'::text))))))));

CREATE POLICY manager_reads ON care.membership FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('MODERATOR'::text = ANY (s.roles))))) OR ((( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif") IS NOT NULL) AND ((sharing)::text = 'ALL_MEMBERS'::text))));

CREATE POLICY patient_reads ON insight.release FOR SELECT TO cohorte_patient USING ((dataset_id IN ( SELECT d.id
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
  WHERE ((p.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((p.status)::text = 'COMPLETED'::text)))));

CREATE POLICY patient_reads ON insight.insight FOR SELECT TO cohorte_patient USING ((dataset_id IN ( SELECT d.id
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
  WHERE ((p.member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")) AND ((p.status)::text = 'COMPLETED'::text)))));

CREATE POLICY patient_reads ON insight.cell FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM insight.insight i
  WHERE (i.id = cell.insight_id))));

CREATE POLICY patient_reads ON insight.statistic FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM insight.insight i
  WHERE (i.id = statistic.insight_id))));

GRANT SELECT ON catalog.terms TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT SELECT ON care.reading_alert TO cohorte_manager;
GRANT UPDATE (locale, terms_accepted_at, terms_version) ON identity.account TO cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.readings(uuid) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.count_readings(text[],text[],text[]) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.count_joining(integer,integer,integer) TO cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.allow_joining(uuid,integer) TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.register(text,text,text,text[],text,integer,text,text,text,text,text,text,interval) TO cohorte_public;
GRANT EXECUTE ON FUNCTION care.viewer_communities() TO cohorte_patient;

UPDATE care.membership m SET sharing = care.sharing_of(m.member_id) WHERE m.sharing <> care.sharing_of(m.member_id);

INSERT INTO catalog.terms (version, language, in_force_on, text) VALUES
('2026-1', 'EN', '2026-11-01', 'Cohorte lets people who live with the same condition learn from one another. These terms protect what they share.

1. What other members share is for you alone, as a member. You may not collect, copy or record it, by hand or with a program, beyond what you need to take part. You may not pass it on, sell it, publish it, or put it together with other data.
2. You may not try to find out who a member is, and not use what members share for decisions about anybody, such as insurance, credit, work or care, nor to develop a product or to train a program.
3. You open one account, for yourself, and say truthfully whether you are a patient, a relative or an association. Whoever works for a laboratory, a hospital, a mutual, an insurer or anybody who trades in data does not become a member for that work. Organizations have access of their own, which shows no member.
4. How many members you read in a day and how many communities you join are limited. To count them, Cohorte stores for one day which members you have read, as numbers that do not name them. If you reach a limit of reading, moderators are notified. You may not get around the limits, with several accounts for example.
5. Whoever breaks these terms can be suspended or excluded, and is liable for the damage as the law provides.'),
('2026-1', 'FR', '2026-11-01', 'Cohorte permet à des personnes qui vivent avec la même maladie d’apprendre les unes des autres. Ces conditions protègent ce qu’elles partagent.

1. Ce que les autres membres partagent vous est destiné à vous seul, en tant que membre. Vous ne devez pas le collecter, le copier ni l’enregistrer, à la main ou avec un programme, au-delà de ce qu’exige votre participation. Vous ne devez pas le transmettre, le vendre, le publier ni le rapprocher d’autres données.
2. Vous ne devez pas chercher à savoir qui est un membre, ni utiliser ce que les membres partagent pour une décision concernant quiconque, par exemple en matière d’assurance, de crédit, d’emploi ou de soins, ni pour développer un produit ou entraîner un programme.
3. Vous ouvrez un seul compte, pour vous-même, et vous indiquez honnêtement si vous êtes un patient, un proche ou une association. Les personnes qui travaillent pour un laboratoire, un hôpital, une mutuelle, un assureur ou un acteur du commerce de données ne deviennent pas membres pour ce travail. Les organisations disposent d’un accès qui leur est propre et qui ne montre aucun membre.
4. Le nombre de membres que vous lisez en un jour et le nombre de communautés que vous rejoignez sont limités. Pour les compter, Cohorte conserve pendant un jour les membres que vous avez lus, sous forme de nombres qui ne les nomment pas. Si vous atteignez une limite de lecture, les modérateurs en sont avertis. Vous ne devez pas contourner ces limites, par exemple avec plusieurs comptes.
5. Quiconque enfreint ces conditions peut être suspendu ou exclu, et répond du dommage selon la loi.');

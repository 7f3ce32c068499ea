DROP FUNCTION research.set_consent(text,boolean,text[],text);
ALTER TABLE catalog.notice DROP CONSTRAINT pk_notice;
ALTER TABLE catalog.notice DROP CONSTRAINT uq_notice_purpose_in_force_on;
ALTER TABLE catalog.notice ADD COLUMN language character varying(32);
UPDATE catalog.notice SET language = 'EN';
ALTER TABLE catalog.notice ALTER COLUMN language SET NOT NULL;
ALTER TABLE research.consent ADD COLUMN notice_language character varying(32);
ALTER TABLE research.consent_change ADD COLUMN notice_language character varying(32);
ALTER TABLE catalog.notice ADD CONSTRAINT pk_notice PRIMARY KEY (purpose, version, language);
ALTER TABLE catalog.notice ADD CONSTRAINT uq_notice_purpose_language_in_force_on UNIQUE (purpose, language, in_force_on);
ALTER TABLE catalog.notice ADD CONSTRAINT ck_notice_language CHECK (language IN ('EN', 'FR'));
ALTER TABLE research.consent ADD CONSTRAINT ck_consent_notice_language CHECK (notice_language IN ('EN', 'FR'));
ALTER TABLE research.consent_change ADD CONSTRAINT ck_consent_change_notice_language CHECK (notice_language IN ('EN', 'FR'));
CREATE OR REPLACE FUNCTION research.set_consent(purpose text, granted boolean, recipients text[], notice_version text, notice_language text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := research.require_member();
    one uuid;
BEGIN
    INSERT INTO research.consent AS k
        (member_id, purpose, granted, recipients, notice_version, notice_language, demonstration)
    SELECT m.id, set_consent.purpose, set_consent.granted, set_consent.recipients, set_consent.notice_version,
        set_consent.notice_language, m.demonstration
    FROM care.member m WHERE m.id = viewer
    ON CONFLICT ON CONSTRAINT pk_consent DO UPDATE
        SET granted = excluded.granted, recipients = excluded.recipients, notice_version = excluded.notice_version,
            notice_language = excluded.notice_language, changed_at = now()
        WHERE (k.granted, k.recipients, k.notice_version, k.notice_language)
            IS DISTINCT FROM
            (excluded.granted, excluded.recipients, excluded.notice_version, excluded.notice_language);
    IF NOT FOUND THEN
        RETURN;  -- nothing changed
    END IF;
    INSERT INTO research.consent_change
        (member_id, purpose, granted, recipients, notice_version, notice_language, demonstration)
    SELECT k.member_id, k.purpose, k.granted, k.recipients, k.notice_version, k.notice_language, k.demonstration
    FROM research.consent k WHERE k.member_id = viewer AND k.purpose = set_consent.purpose;
    IF set_consent.purpose <> 'SURVEY_RESEARCH' THEN
        RETURN;
    END IF;
    FOR one IN
        SELECT s.id FROM research.participation p JOIN catalog.survey s ON s.id = p.survey_id
        WHERE p.member_id = viewer AND p.status IN ('STARTED', 'COMPLETED') AND s.status = 'OPEN'
            AND NOT (set_consent.granted AND set_consent.recipients @> s.offered_to)
        ORDER BY s.id
    LOOP
        PERFORM research.take_back(viewer, one);
    END LOOP;
    IF set_consent.granted THEN
        FOR one IN SELECT b.community_id FROM care.membership b WHERE b.member_id = viewer ORDER BY b.community_id LOOP
            PERFORM catalog.readiness_changed(one);
        END LOOP;
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION research.end_dataset(dataset uuid, becomes text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    ending insight.dataset;
BEGIN
    IF end_dataset.becomes IS NULL OR end_dataset.becomes NOT IN ('ENDED', 'TOO_SMALL') THEN
        RAISE 'a dataset becomes ENDED or TOO_SMALL' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO ending FROM insight.dataset d
    WHERE d.id = end_dataset.dataset AND d.status = 'OPEN' FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE insight.dataset d SET status = end_dataset.becomes, ended_on = catalog.today() WHERE d.id = ending.id;
    DELETE FROM research.record r WHERE r.dataset_id = ending.id;
    UPDATE research.enrolment e SET reserved_micro_rho = least(e.reserved_micro_rho, ending.spent_micro_rho)
    WHERE e.dataset_id = ending.id;
    IF end_dataset.becomes = 'ENDED' AND ending.survey_id IS NOT NULL THEN
        UPDATE catalog.survey s SET status = 'ARCHIVED' WHERE s.id = ending.survey_id;
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION catalog.check_notice_languages()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF (SELECT count(*) FILTER (WHERE n.language IN ('EN', 'FR')) <> 2 OR count(DISTINCT n.in_force_on) <> 1
        FROM catalog.notice n WHERE n.purpose = NEW.purpose AND n.version = NEW.version)
    THEN
        RAISE 'a notice needs the same version in English and French, in force from the same day'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION research.close_at_once(survey uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM catalog.survey s WHERE s.id = close_at_once.survey AND s.status IN ('WAITING', 'OPEN') FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE catalog.survey s SET status = 'CLOSED', closes_on = least(s.closes_on, greatest(s.opens_on, catalog.today()))
    WHERE s.id = close_at_once.survey;
    UPDATE research.participation p
    SET answer_sheet_id = NULL, completed_at = date_trunc('day', p.completed_at, 'UTC')
    WHERE p.survey_id = close_at_once.survey AND (p.answer_sheet_id IS NOT NULL OR p.completed_at IS NOT NULL);
    -- Nobody can answer any more.
    UPDATE research.participation p SET status = 'LAPSED'
    WHERE p.survey_id = close_at_once.survey AND p.status IN ('INVITED', 'STARTED');
    DELETE FROM care.notification n WHERE n.subject_id = close_at_once.survey AND n.kind = 'SURVEY_OPEN';
    DELETE FROM research.answer_sheet a WHERE a.survey_id = close_at_once.survey;
    RETURN true;
END $function$;

INSERT INTO catalog.notice (purpose, version, language, in_force_on, text) VALUES
('SURVEY_RESEARCH', '2026-1', 'EN', '2026-11-01', 'If you consent, your answers to surveys of your communities are counted together with those of many other members.

What is published. Tables of counts. A random amount is added to every number. No answer, text or date of yours is published.

Who reads them. Organizations of the kinds that you choose (laboratories, hospitals, mutuals, insurers) and their users read the tables. Members and the staff of Cohorte read the same ones. A public ledger, which anybody can read, says for whom each table was made, for what purpose, and which questions it is about.

What can be learned about you. Someone who knows the answers of everybody else and reads every table tries to guess which of two answers is yours. Tossing a coin, they are right 50 times in 100. With all tables of one survey they are right at most 68 times in 100 (70 if it closed before this notice was in force); with everything that you are counted in within one year (surveys, tracking, and the numbers of members of your communities), at most 77; with all tables made under this consent while it lasts, at most 85. This does not cover a second account of yours, your relatives'' accounts, or what you post yourself. A consent for the other purpose, or a new one after you have withdrawn this one, counts separately for the last of these figures.

What is kept, and for how long. While a survey is open, your answers are linked to your account, so that you can change or withdraw them. When it closes, they are deleted, free texts included. Before that, the categories of your answers and of your profile (such as age, sex, region and time since diagnosis) are written into a record. The record carries your member number. Nobody reads it through the service except you, in the export of your data; those who administer the database have the technical means to. It is kept so that you can withdraw, for one year at most, and deleted as soon as you withdraw this consent or delete your account, or when its tables are complete. That you took part, and your consents with the notice that you were shown, are kept until you delete your account. Tables and the ledger are kept without limit.

Withdrawing. You can withdraw this consent at any time. Your answers to open surveys and your records are then deleted at once. Tables that were published before stay as they are.'),
('SURVEY_RESEARCH', '2026-1', 'FR', '2026-11-01', 'Si vous y consentez, vos réponses aux enquêtes de vos communautés sont comptées avec celles de nombreux autres membres.

Ce qui est publié. Des tableaux de nombres. Une part de hasard est ajoutée à chaque nombre. Aucune de vos réponses, aucun texte et aucune date de vous ne sont publiés.

Qui les lit. Les organismes des catégories que vous choisissez (laboratoires, hôpitaux, mutuelles, assureurs) et leurs utilisateurs lisent les tableaux. Les membres et les équipes de Cohorte lisent les mêmes. Un registre public, que chacun peut lire, indique pour qui chaque tableau a été produit, dans quel but et sur quelles questions.

Ce que l’on peut apprendre de vous. Quelqu’un qui connaît les réponses de tous les autres et lit tous les tableaux cherche à deviner laquelle de deux réponses est la vôtre. À pile ou face, il a raison 50 fois sur 100. Avec tous les tableaux d’une enquête, il a raison au plus 68 fois sur 100 (70 si elle a été close avant l’entrée en vigueur de cet avis) ; avec tout ce dans quoi vous êtes compté en un an (enquêtes, suivis et nombres de membres de vos communautés), au plus 77 ; avec tous les tableaux qui sont produits tant que dure ce consentement, au plus 85. Cela ne couvre ni un second compte que vous auriez, ni les comptes de vos proches, ni ce que vous publiez vous-même. Un consentement pour l’autre finalité, ou un nouveau consentement après un retrait, est compté à part pour le dernier de ces chiffres.

Ce qui est conservé, et combien de temps. Tant qu’une enquête est ouverte, vos réponses sont liées à votre compte, pour que vous puissiez les modifier ou les retirer. À la clôture, elles sont supprimées, textes libres compris. Auparavant, les catégories de vos réponses et de votre profil (comme l’âge, le sexe, la région et le temps écoulé depuis le diagnostic) sont inscrites dans une fiche. La fiche porte votre numéro de membre. Personne ne la lit par le service, sauf vous, dans l’export de vos données ; les personnes qui administrent la base de données en ont les moyens techniques. Elle est conservée pour que vous puissiez vous retirer, un an au plus, et supprimée dès que vous retirez ce consentement ou supprimez votre compte, ou lorsque ses tableaux sont achevés. Votre participation et vos consentements, avec l’avis qui vous a été présenté, sont conservés jusqu’à la suppression de votre compte. Les tableaux et le registre sont conservés sans limite de durée.

Retrait. Vous pouvez retirer ce consentement à tout moment. Vos réponses aux enquêtes ouvertes et vos fiches sont alors supprimées aussitôt. Les tableaux déjà publiés restent tels quels.'),
('TRACKING_RESEARCH', '2026-1', 'EN', '2026-11-01', 'If you consent, what you track (symptoms, measurements, treatments and your evaluations of them) is counted, from time to time, together with what many other members track.

What is published. Tables of counts. A random amount is added to every number. No value, text or date of yours is published.

Who reads them. Organizations of the kinds that you choose (laboratories, hospitals, mutuals, insurers) and their users read the tables. Members and the staff of Cohorte read the same ones. A public ledger, which anybody can read, says for whom each table was made, for what purpose, and which questions it is about.

What can be learned about you. Someone who knows the data of everybody else and reads every table tries to guess which of two values is yours. Tossing a coin, they are right 50 times in 100. With all tables of one count they are right at most 68 times in 100 (70 if it was made before this notice was in force); with everything that you are counted in within one year (surveys, tracking, and the numbers of members of your communities), at most 77; with all tables made under this consent while it lasts, at most 85. This does not cover a second account of yours, your relatives'' accounts, or what you post yourself. A consent for the other purpose, or a new one after you have withdrawn this one, counts separately for the last of these figures.

What is kept, and for how long. Your diary stays in your account until you delete it. For each count, the categories of what you track and of your profile (such as age, sex, region and time since diagnosis) are written into a record. The record carries your member number. Nobody reads it through the service except you, in the export of your data; those who administer the database have the technical means to. It is kept so that you can withdraw, for one year at most, and deleted as soon as you withdraw this consent or delete your account, or when its tables are complete. That you were counted, and your consents with the notice that you were shown, are kept until you delete your account. Tables and the ledger are kept without limit.

Withdrawing. You can withdraw this consent at any time. Your records are then deleted at once, and you are left out of everything that is counted later. Tables that were published before stay as they are.'),
('TRACKING_RESEARCH', '2026-1', 'FR', '2026-11-01', 'Si vous y consentez, ce que vous suivez (symptômes, mesures, traitements et vos évaluations de ceux-ci) est compté, de temps en temps, avec ce que suivent de nombreux autres membres.

Ce qui est publié. Des tableaux de nombres. Une part de hasard est ajoutée à chaque nombre. Aucune de vos valeurs, aucun texte et aucune date de vous ne sont publiés.

Qui les lit. Les organismes des catégories que vous choisissez (laboratoires, hôpitaux, mutuelles, assureurs) et leurs utilisateurs lisent les tableaux. Les membres et les équipes de Cohorte lisent les mêmes. Un registre public, que chacun peut lire, indique pour qui chaque tableau a été produit, dans quel but et sur quelles questions.

Ce que l’on peut apprendre de vous. Quelqu’un qui connaît les données de tous les autres et lit tous les tableaux cherche à deviner laquelle de deux valeurs est la vôtre. À pile ou face, il a raison 50 fois sur 100. Avec tous les tableaux d’un même comptage, il a raison au plus 68 fois sur 100 (70 s’il a été fait avant l’entrée en vigueur de cet avis) ; avec tout ce dans quoi vous êtes compté en un an (enquêtes, suivis et nombres de membres de vos communautés), au plus 77 ; avec tous les tableaux qui sont produits tant que dure ce consentement, au plus 85. Cela ne couvre ni un second compte que vous auriez, ni les comptes de vos proches, ni ce que vous publiez vous-même. Un consentement pour l’autre finalité, ou un nouveau consentement après un retrait, est compté à part pour le dernier de ces chiffres.

Ce qui est conservé, et combien de temps. Votre journal reste dans votre compte jusqu’à ce que vous le supprimiez. Pour chaque comptage, les catégories de ce que vous suivez et de votre profil (comme l’âge, le sexe, la région et le temps écoulé depuis le diagnostic) sont inscrites dans une fiche. La fiche porte votre numéro de membre. Personne ne la lit par le service, sauf vous, dans l’export de vos données ; les personnes qui administrent la base de données en ont les moyens techniques. Elle est conservée pour que vous puissiez vous retirer, un an au plus, et supprimée dès que vous retirez ce consentement ou supprimez votre compte, ou lorsque ses tableaux sont achevés. Le fait que vous avez été compté et vos consentements, avec l’avis qui vous a été présenté, sont conservés jusqu’à la suppression de votre compte. Les tableaux et le registre sont conservés sans limite de durée.

Retrait. Vous pouvez retirer ce consentement à tout moment. Vos fiches sont alors supprimées aussitôt, et vous n’êtes plus compté ensuite. Les tableaux déjà publiés restent tels quels.');
-- Answers of closed surveys, which nobody may read: they are now deleted when a survey closes.
DELETE FROM research.answer_sheet a USING catalog.survey s
WHERE s.id = a.survey_id AND s.status IN ('CLOSED', 'RELEASED', 'ARCHIVED');
CREATE CONSTRAINT TRIGGER check_notice_languages AFTER INSERT OR UPDATE ON catalog.notice DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION catalog.check_notice_languages();
GRANT EXECUTE ON FUNCTION research.set_consent(text,boolean,text[],text,text) TO cohorte_patient;
CREATE TABLE identity.data_export (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    account_id UUID NOT NULL,
    session_id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    format VARCHAR(32) NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_data_export PRIMARY KEY (account_id),
    CONSTRAINT fk_data_export_account_id_account FOREIGN KEY(account_id) REFERENCES identity.account (id) ON DELETE CASCADE,
    CONSTRAINT fk_data_export_session_id_session FOREIGN KEY(session_id) REFERENCES identity.session (id) ON DELETE CASCADE,
    CONSTRAINT uq_data_export_token_hash UNIQUE (token_hash),
    CONSTRAINT ck_data_export_format CHECK (format IN ('JSON', 'CSV_ZIP'))
);

CREATE INDEX ix_data_export_session_id ON identity.data_export USING btree (session_id);
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
    DELETE FROM identity.pseudonym_look WHERE until <= now()
$function$;

CREATE OR REPLACE FUNCTION identity.open_data_export(session_id uuid, token_hash bytea, format text, lifetime interval)
 RETURNS timestamp with time zone
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    INSERT INTO identity.data_export (account_id, session_id, token_hash, format, expires_at, demonstration)
    SELECT a.id, s.id, open_data_export.token_hash, open_data_export.format, now() + open_data_export.lifetime,
        a.demonstration
    FROM identity.account a JOIN identity.session s ON s.account_id = a.id
    WHERE a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
        AND s.id = open_data_export.session_id AND s.expires_at > now()
    ON CONFLICT ON CONSTRAINT pk_data_export DO UPDATE
        SET session_id = excluded.session_id, token_hash = excluded.token_hash, format = excluded.format,
            expires_at = excluded.expires_at
    RETURNING expires_at
$function$;

CREATE OR REPLACE FUNCTION identity.take_data_export(token_hash bytea, account_id uuid)
 RETURNS TABLE(account uuid, session uuid, member uuid, format text)
 LANGUAGE sql
 SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.data_export e USING identity.account a, identity.session s
    WHERE e.token_hash = take_data_export.token_hash AND e.expires_at > now()
        AND a.id = e.account_id AND s.id = e.session_id AND s.expires_at > now()
        AND (take_data_export.account_id IS NULL OR take_data_export.account_id = e.account_id)
    RETURNING e.account_id, e.session_id, a.member_id, e.format::text
$function$;

CREATE OR REPLACE FUNCTION research.own_records()
 RETURNS TABLE(dataset_id uuid, "position" integer, variable text, label text, codes text[], labels text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT r.dataset_id, v.position, v.name::text, v.label::text,
        array_agg(c.code::text ORDER BY i.nth), array_agg(c.label::text ORDER BY i.nth)
    FROM research.record r
    JOIN insight.variable v ON v.dataset_id = r.dataset_id
    CROSS JOIN LATERAL generate_series(0, v.max_per_member - 1) i (nth)
    JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        AND c.place = get_byte(r.codes, v.slot + i.nth)
    WHERE r.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
    GROUP BY r.dataset_id, v.position, v.name, v.label
$function$;

ALTER TABLE identity.data_export ENABLE ROW LEVEL SECURITY;
GRANT EXECUTE ON FUNCTION identity.open_data_export(uuid,bytea,text,interval) TO cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.take_data_export(bytea,uuid) TO cohorte_public;
GRANT EXECUTE ON FUNCTION research.own_records() TO cohorte_patient;

DROP FUNCTION identity.mail_failed(uuid,interval,integer);
DROP FUNCTION research.eligible(uuid,uuid);
DROP FUNCTION research.invite(uuid,uuid);
DROP FUNCTION research.tell_enrolled(uuid,uuid);
CREATE TABLE identity.outbox_entry (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    kind VARCHAR(32) NOT NULL,
    subject_id UUID,
    part INTEGER DEFAULT 0 NOT NULL,
    recipient VARCHAR,
    letter VARCHAR(32),
    locale VARCHAR,
    code VARCHAR,
    about VARCHAR,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_outbox_entry PRIMARY KEY (id),
    CONSTRAINT ck_outbox_entry_mail CHECK ((kind = 'MAIL') = (num_nonnulls(recipient, letter, locale) = 3)),
    CONSTRAINT ck_outbox_entry_news CHECK ((kind = 'MAIL') = (subject_id IS NULL)),
    CONSTRAINT ck_outbox_entry_kind CHECK (kind IN ('MAIL', 'INSIGHT_PUBLISHED', 'SURVEY_OPENED')),
    CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'ACCOUNT_DELETED', 'ORGANIZATION_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'))
);

INSERT INTO identity.outbox_entry
    (demonstration, id, kind, recipient, letter, locale, code, about, created_at, due_at, attempts)
SELECT demonstration, id, 'MAIL', recipient, letter, locale, code, about, created_at, due_at, attempts FROM identity.mail;
DROP TABLE identity.mail;
-- News is reported once. Of two notifications, the earlier one stays.
DELETE FROM care.notification n USING care.notification e
WHERE n.kind IN ('SURVEY_OPEN', 'INSIGHT_PUBLISHED')
    AND (e.member_id, e.subject_id, e.kind) = (n.member_id, n.subject_id, n.kind)
    AND (e.created_at, e.id) < (n.created_at, n.id);
CREATE UNIQUE INDEX uq_notification_news ON care.notification USING btree (member_id, subject_id, kind) WHERE (((kind)::text = 'SURVEY_OPEN'::text) OR ((kind)::text = 'INSIGHT_PUBLISHED'::text));
CREATE INDEX ix_outbox_entry_due_at ON identity.outbox_entry USING btree (due_at);
CREATE INDEX ix_outbox_entry_recipient ON identity.outbox_entry USING btree (recipient);
CREATE OR REPLACE FUNCTION identity.delete_account(account_id uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    leaving identity.account;
BEGIN
    SELECT * INTO leaving FROM identity.account a
    WHERE a.id = delete_account.account_id AND a.member_id = viewer FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM FROM care.member m WHERE m.id = viewer FOR UPDATE;
    -- Their counts of members change: locked in the order of their ids, as everywhere.
    PERFORM FROM catalog.community c JOIN care.membership s ON s.community_id = c.id
    WHERE s.member_id = viewer ORDER BY c.id FOR NO KEY UPDATE OF c;
    PERFORM identity.close_sessions(leaving.id);
    DELETE FROM research.answer_sheet s USING research.participation p
    WHERE p.member_id = viewer AND s.id = p.answer_sheet_id;
    UPDATE care.flag f SET note = NULL WHERE f.member_id = viewer AND f.note IS NOT NULL;
    DELETE FROM care.notification n WHERE n.subject_id = viewer;
    DELETE FROM identity.mutation m WHERE m.caller = viewer;
    DELETE FROM identity.outbox_entry o WHERE o.recipient = leaving.email;
    DELETE FROM identity.registration r WHERE r.email = leaving.email;
    DELETE FROM identity.attempt a WHERE a.subject IN (
        sha256(convert_to('sign-in account ' || leaving.email, 'UTF8')),
        sha256(convert_to('mail account ' || leaving.email, 'UTF8')));
    DELETE FROM care.member m WHERE m.id = viewer;  -- everything else is deleted by cascade
    PERFORM identity.write_to(leaving.email, 'ACCOUNT_DELETED', leaving.locale, NULL);
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.write_to(recipient text, letter text, locale text, code text, about text DEFAULT NULL::text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO identity.outbox_entry (kind, recipient, letter, locale, code, about)
    VALUES ('MAIL', write_to.recipient, write_to.letter, write_to.locale, write_to.code, write_to.about);
    PERFORM pg_notify('cohorte_outbox', '');
END $function$;

CREATE OR REPLACE FUNCTION identity.queue_news(kind text, subject uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO identity.outbox_entry (kind, subject_id, created_at)
    VALUES (queue_news.kind, queue_news.subject, clock_timestamp());
    PERFORM pg_notify('cohorte_outbox', '');
END $function$;

CREATE OR REPLACE FUNCTION identity.mail_due(most integer)
 RETURNS TABLE(id uuid, recipient text, letter text, locale text, code text, about text, created_at timestamp with time zone, attempts integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT o.id, o.recipient, o.letter, o.locale, o.code, o.about, o.created_at, o.attempts
    FROM identity.outbox_entry o WHERE o.kind = 'MAIL' AND o.due_at <= now()
    ORDER BY o.due_at, o.id LIMIT mail_due.most
$function$;

CREATE OR REPLACE FUNCTION identity.news_due(most integer)
 RETURNS TABLE(id uuid, part integer, attempts integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT o.id, o.part, o.attempts
    FROM identity.outbox_entry o WHERE o.kind <> 'MAIL' AND o.due_at <= now()
    ORDER BY o.created_at, o.id LIMIT news_due.most
$function$;

CREATE OR REPLACE FUNCTION identity.mail_sent(id uuid)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.outbox_entry o WHERE o.id = mail_sent.id AND o.kind = 'MAIL'
$function$;

CREATE OR REPLACE FUNCTION identity.outbox_failed(id uuid, wait interval, most integer)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.outbox_entry o SET attempts = o.attempts + 1, due_at = now() + outbox_failed.wait
    WHERE o.id = outbox_failed.id;
    DELETE FROM identity.outbox_entry o WHERE o.id = outbox_failed.id AND o.attempts >= outbox_failed.most
$function$;

CREATE OR REPLACE FUNCTION identity.request_password_reset(email text, code text, lifetime interval, verifying interval, demonstration boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    address text := lower(request_password_reset.email);
    digest bytea := sha256(convert_to(request_password_reset.code, 'UTF8'));
    holder identity.account;
    language text;
BEGIN
    SELECT * INTO holder FROM identity.account a
    WHERE a.email = address AND (request_password_reset.demonstration OR NOT a.demonstration);
    IF FOUND THEN
        INSERT INTO identity.password_reset (code_hash, account_id, expires_at)
        VALUES (digest, holder.id, now() + request_password_reset.lifetime);
        PERFORM identity.write_to(holder.email, 'RESET_PASSWORD', holder.locale, request_password_reset.code);
        RETURN;
    END IF;
    UPDATE identity.registration r
    SET code_hash = digest, expires_at = now() + request_password_reset.verifying
    WHERE r.id = (
        SELECT l.id FROM identity.registration l
        WHERE l.email = address AND l.code_hash IS NOT NULL AND l.expires_at > now()
        ORDER BY l.created_at DESC, l.id LIMIT 1)
    RETURNING r.locale INTO language;
    IF FOUND THEN
        PERFORM identity.write_to(address, 'VERIFY_EMAIL', language, request_password_reset.code);
    ELSE
        -- A commit that writes takes longer than one that doesn't: response times would show who has an account.
        INSERT INTO identity.attempt (subject) VALUES (digest);
        PERFORM pg_notify('cohorte_outbox', '');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION care.notify_member(member uuid, kind text, subject_type text, subject_id uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    made uuid;
BEGIN
    INSERT INTO care.notification (member_id, kind, subject_type, subject_id, demonstration)
    SELECT m.id, notify_member.kind, notify_member.subject_type, notify_member.subject_id, m.demonstration
    FROM care.member m WHERE m.id = notify_member.member
    ON CONFLICT DO NOTHING  -- news that is reported once
    RETURNING id INTO made;
    IF made IS NOT NULL THEN
        PERFORM care.announce('notificationAdded', made, notify_member.member);
    END IF;
    RETURN made;
END $function$;

CREATE OR REPLACE FUNCTION research.part_of(member uuid)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT get_byte(uuid_send(part_of.member), 0) / 4 $function$;

CREATE OR REPLACE FUNCTION research.eligible(survey uuid, only_member uuid DEFAULT NULL::uuid, part integer DEFAULT NULL::integer)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT m.id
    FROM catalog.survey s
    LEFT JOIN catalog.eligibility e ON e.survey_id = s.id
    JOIN care.membership b ON b.community_id = s.community_id
    JOIN care.member m ON m.id = b.member_id
    JOIN research.consent k ON k.member_id = m.id AND k.purpose = 'SURVEY_RESEARCH' AND k.granted
        AND k.recipients @> s.offered_to
    LEFT JOIN care.profile p ON p.member_id = m.id
    WHERE s.id = eligible.survey AND (eligible.only_member IS NULL OR m.id = eligible.only_member)
        AND (eligible.part IS NULL OR research.part_of(m.id) = eligible.part)
        AND CASE WHEN cardinality(e.kinds) > 0 THEN m.kind = ANY (e.kinds) ELSE m.kind = 'PATIENT' END
        AND (coalesce(cardinality(e.sexes), 0) = 0 OR p.sex = ANY (e.sexes))
        AND (e.born_from IS NULL OR p.birth_year >= e.born_from)
        AND (e.born_to IS NULL OR p.birth_year <= e.born_to)
        AND (coalesce(cardinality(e.regions), 0) = 0 OR p.region = ANY (e.regions))
        AND (coalesce(cardinality(e.treatment_ids), 0) = 0 OR EXISTS (
            SELECT FROM care.course t WHERE t.member_id = m.id AND t.treatment_id = ANY (e.treatment_ids)))
    ORDER BY m.id
$function$;

CREATE OR REPLACE FUNCTION research.invite(survey uuid, member uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO research.participation (member_id, survey_id, status, demonstration)
    SELECT e.member_id, s.id, 'INVITED', s.demonstration
    FROM catalog.survey s, research.eligible(invite.survey, invite.member) e (member_id)
    WHERE s.id = invite.survey
    ON CONFLICT (member_id, survey_id) DO NOTHING;
    IF FOUND THEN
        PERFORM care.notify_member(invite.member, 'SURVEY_OPEN', 'svy', invite.survey);
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION research.deliver(entry uuid, part integer, most integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    news identity.outbox_entry;
    delivered integer;
BEGIN
    SELECT * INTO news FROM identity.outbox_entry o
    WHERE o.id = deliver.entry AND o.kind <> 'MAIL' AND o.part = deliver.part FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    delivered := CASE news.kind
        WHEN 'INSIGHT_PUBLISHED' THEN research.notify_enrolled(news, deliver.most)
        WHEN 'SURVEY_OPENED' THEN research.invite_eligible(news, deliver.most)
    END;
    IF delivered >= deliver.most THEN
        RETURN true;
    END IF;
    IF news.part < 63 THEN
        UPDATE identity.outbox_entry o SET part = news.part + 1 WHERE o.id = news.id;
    ELSE
        DELETE FROM identity.outbox_entry o WHERE o.id = news.id;
    END IF;
    RETURN false;
END $function$;

CREATE OR REPLACE FUNCTION research.notify_enrolled(news identity.outbox_entry, most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    dataset uuid := (SELECT i.dataset_id FROM insight.insight i WHERE i.id = news.subject_id);
    members uuid[];
BEGIN
    members := ARRAY(
        SELECT m.id
        FROM research.enrolment e JOIN care.member m ON m.id = e.member_id
        WHERE e.dataset_id = dataset AND e.withdrawn_at IS NULL AND research.part_of(e.member_id) = news.part
            AND NOT EXISTS (
                SELECT FROM care.notification n JOIN insight.insight i ON i.id = n.subject_id
                WHERE n.member_id = e.member_id AND n.kind = 'INSIGHT_PUBLISHED' AND i.dataset_id = dataset
                    AND (n.read_at IS NULL OR i.id = news.subject_id))
        ORDER BY m.id LIMIT notify_enrolled.most
        FOR KEY SHARE OF m SKIP LOCKED);
    PERFORM research.report(news, 'INSIGHT_PUBLISHED', 'ins', members);
    RETURN cardinality(members);
END $function$;

CREATE OR REPLACE FUNCTION research.invite_eligible(news identity.outbox_entry, most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    members uuid[];
    invited uuid[];
BEGIN
    -- Locked as while it is answered: it cannot close meanwhile.
    PERFORM FROM catalog.survey s WHERE s.id = news.subject_id AND s.status = 'OPEN' FOR SHARE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    members := ARRAY(
        SELECT m.id
        FROM research.eligible(news.subject_id, part => news.part) e (member_id) JOIN care.member m ON m.id = e.member_id
        WHERE NOT EXISTS (SELECT FROM research.participation p
            WHERE p.survey_id = news.subject_id AND p.member_id = m.id)
        ORDER BY m.id LIMIT invite_eligible.most
        FOR KEY SHARE OF m SKIP LOCKED);
    WITH made AS (
        INSERT INTO research.participation (member_id, survey_id, status, demonstration)
        SELECT f.id, s.id, 'INVITED', s.demonstration FROM unnest(members) f (id), catalog.survey s
        WHERE s.id = news.subject_id
        ON CONFLICT (member_id, survey_id) DO NOTHING  -- they have just joined, or begun to answer
        RETURNING member_id
    )
    SELECT array_agg(m.member_id) INTO invited FROM made m;
    PERFORM research.report(news, 'SURVEY_OPEN', 'svy', invited);
    RETURN cardinality(members);
END $function$;

CREATE OR REPLACE FUNCTION research.report(news identity.outbox_entry, kind text, subject_type text, members uuid[])
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    one record;
BEGIN
    FOR one IN
        INSERT INTO care.notification (member_id, kind, subject_type, subject_id, created_at, demonstration)
        SELECT m.id, report.kind, report.subject_type, news.subject_id, news.created_at, m.demonstration
        FROM care.member m WHERE m.id = ANY (report.members)
        ON CONFLICT DO NOTHING  -- in an earlier attempt
        RETURNING id, member_id
    LOOP
        PERFORM care.announce('notificationAdded', one.id, one.member_id);
    END LOOP;
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
    PERFORM identity.queue_news('SURVEY_OPENED', open_survey.survey);
    PERFORM care.announce('surveyOpened', open_survey.survey, community);
END $function$;

ALTER TABLE identity.outbox_entry ENABLE ROW LEVEL SECURITY;
GRANT EXECUTE ON FUNCTION identity.queue_news(text,uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION identity.news_due(integer) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION identity.outbox_failed(uuid,interval,integer) TO cohorte_public, cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.deliver(uuid,integer,integer) TO cohorte_publisher;

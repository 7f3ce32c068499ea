ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_kind;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_news;
CREATE TABLE insight.webhook (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    organization_id UUID NOT NULL,
    url VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    events TEXT[] DEFAULT '{}' NOT NULL,
    status VARCHAR(32) DEFAULT 'ACTIVE' NOT NULL,
    secret BYTEA NOT NULL,
    previous_secret BYTEA,
    previous_until TIMESTAMP WITH TIME ZONE,
    failing_since TIMESTAMP WITH TIME ZONE,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_webhook PRIMARY KEY (id),
    CONSTRAINT ck_webhook_events CHECK (events <@ ARRAY['INSIGHT_PUBLISHED', 'LICENCE_DECIDED', 'DATASET_FROZEN']::text[]),
    CONSTRAINT ck_webhook_previous CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CONSTRAINT fk_webhook_organization_id_organization FOREIGN KEY(organization_id) REFERENCES insight.organization (id) ON DELETE CASCADE,
    CONSTRAINT ck_webhook_status CHECK (status IN ('ACTIVE', 'PAUSED', 'DISABLED'))
);

CREATE TABLE insight.webhook_delivery (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    webhook_id UUID NOT NULL,
    event VARCHAR(32),
    subject_id UUID,
    status VARCHAR(32) DEFAULT 'PENDING' NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    failure VARCHAR(32),
    response_status INTEGER,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    attempted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_webhook_delivery PRIMARY KEY (id),
    CONSTRAINT fk_webhook_delivery_webhook_id_webhook FOREIGN KEY(webhook_id) REFERENCES insight.webhook (id) ON DELETE CASCADE,
    CONSTRAINT ck_webhook_delivery_event CHECK (event IN ('INSIGHT_PUBLISHED', 'LICENCE_DECIDED', 'DATASET_FROZEN')),
    CONSTRAINT ck_webhook_delivery_status CHECK (status IN ('PENDING', 'DELIVERED', 'FAILED', 'CANCELLED')),
    CONSTRAINT ck_webhook_delivery_failure CHECK (failure IN ('ADDRESS', 'CONNECTION', 'TIMEOUT', 'STATUS', 'SECRET'))
);

ALTER TABLE identity.account ADD COLUMN mailed_events text[] DEFAULT ARRAY['INSIGHT_PUBLISHED'::text, 'LICENCE_DECIDED'::text, 'DATASET_FROZEN'::text] NOT NULL;
ALTER TABLE identity.account ADD COLUMN insights_mailed_on date;
ALTER TABLE identity.outbox_entry ADD COLUMN event character varying(32);
ALTER TABLE identity.outbox_entry ADD COLUMN delivery_id uuid;
ALTER TABLE identity.account ADD CONSTRAINT ck_account_mailed_events CHECK (mailed_events <@ ARRAY['INSIGHT_PUBLISHED', 'LICENCE_DECIDED', 'DATASET_FROZEN']::text[]);
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_event CHECK (event IN ('INSIGHT_PUBLISHED', 'LICENCE_DECIDED', 'DATASET_FROZEN'));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_kind CHECK (kind IN ('MAIL', 'INSIGHT_PUBLISHED', 'SURVEY_OPENED', 'SURVEY_CLOSED', 'EVENT', 'WEBHOOK'));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'PASSWORD_REPLACED', 'SECOND_FACTOR_CHANGED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ACCOUNT_SLEEPS', 'ACCOUNT_SLEEPS_STILL', 'ACCOUNT_CLOSED', 'CONFIRM_EMAIL', 'EMAIL_TAKEN', 'EMAIL_CHANGE_REQUESTED', 'EMAIL_CHANGED', 'SELF_HARM_FLAG', 'ORGANIZATION_OPENED', 'STAFF_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED', 'INSIGHT_PUBLISHED', 'DATASET_FROZEN', 'WEBHOOK_DISABLED'));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_news CHECK ((kind IN ('MAIL', 'WEBHOOK')) = (subject_id IS NULL));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_of_event CHECK ((kind = 'EVENT') = (event IS NOT NULL));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_webhook CHECK ((kind = 'WEBHOOK') = (delivery_id IS NOT NULL));
ALTER TABLE identity.outbox_entry ADD CONSTRAINT fk_outbox_entry_delivery_id_webhook_delivery FOREIGN KEY (delivery_id) REFERENCES insight.webhook_delivery(id) ON DELETE CASCADE;
CREATE INDEX ix_outbox_entry_delivery_id ON identity.outbox_entry USING btree (delivery_id);
CREATE INDEX ix_webhook_organization_id ON insight.webhook USING btree (organization_id);
CREATE INDEX ix_webhook_delivery_created_at ON insight.webhook_delivery USING btree (created_at);
CREATE INDEX ix_webhook_delivery_webhook_id_created_at_id ON insight.webhook_delivery USING btree (webhook_id, created_at, id);
CREATE OR REPLACE FUNCTION identity.news_due(most integer)
 RETURNS TABLE(id uuid, part integer, attempts integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT o.id, o.part, o.attempts
    FROM identity.outbox_entry o WHERE o.kind NOT IN ('MAIL', 'EVENT', 'WEBHOOK') AND o.due_at <= now()
    ORDER BY o.created_at, o.id LIMIT news_due.most
$function$;

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
    WHERE o.id = deliver.entry AND o.kind NOT IN ('MAIL', 'EVENT', 'WEBHOOK') AND o.part = deliver.part FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    delivered := CASE news.kind
        WHEN 'INSIGHT_PUBLISHED' THEN research.notify_enrolled(news, deliver.most)
        WHEN 'SURVEY_OPENED' THEN research.invite_eligible(news, deliver.most)
        WHEN 'SURVEY_CLOSED' THEN research.notify_begun(news, deliver.most)
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

CREATE OR REPLACE FUNCTION identity.tell_of_decision()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.write_to(a.email, 'LICENCE_' || NEW.status, a.locale, NULL, c.name)
    FROM identity.account a, catalog.community c
    WHERE a.organization_id = NEW.organization_id AND a.email_verified AND 'LICENCE_DECIDED' = ANY (a.mailed_events)
        AND c.id = NEW.community_id;
    PERFORM identity.queue_event('LICENCE_DECIDED', NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION identity.queue_event(event text, subject uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    INSERT INTO identity.outbox_entry (kind, event, subject_id, created_at)
    VALUES ('EVENT', queue_event.event, queue_event.subject, clock_timestamp());
    PERFORM pg_notify('cohorte_outbox', '');
END $function$;

CREATE OR REPLACE FUNCTION identity.events_due(most integer)
 RETURNS TABLE(id uuid, attempts integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT o.id, o.attempts FROM identity.outbox_entry o WHERE o.kind = 'EVENT' AND o.due_at <= now()
    ORDER BY o.created_at, o.id LIMIT events_due.most
$function$;

CREATE OR REPLACE FUNCTION insight.dataset_of_event(event text, subject uuid)
 RETURNS uuid
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT CASE dataset_of_event.event
        WHEN 'DATASET_FROZEN' THEN dataset_of_event.subject
        WHEN 'INSIGHT_PUBLISHED' THEN
            (SELECT i.dataset_id FROM insight.insight i WHERE i.id = dataset_of_event.subject)
    END
$function$;

CREATE OR REPLACE FUNCTION insight.community_of_event(event text, subject uuid)
 RETURNS uuid
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT CASE community_of_event.event
        WHEN 'LICENCE_DECIDED' THEN
            (SELECT l.community_id FROM insight.licence l WHERE l.id = community_of_event.subject)
        ELSE (SELECT d.community_id FROM insight.dataset d
            WHERE d.id = insight.dataset_of_event(community_of_event.event, community_of_event.subject))
    END
$function$;

CREATE OR REPLACE FUNCTION insight.organizations_of_event(event text, subject uuid)
 RETURNS uuid[]
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT CASE organizations_of_event.event
        WHEN 'LICENCE_DECIDED' THEN
            ARRAY(SELECT l.organization_id FROM insight.licence l WHERE l.id = organizations_of_event.subject)
        ELSE ARRAY(
            SELECT DISTINCT o.id
            FROM insight.dataset d
                JOIN insight.licence l ON l.community_id = d.community_id
                JOIN insight.organization o ON o.id = l.organization_id AND o.kind = ANY (d.offered_to)
            WHERE d.id = insight.dataset_of_event(organizations_of_event.event, organizations_of_event.subject)
                AND l.status = 'GRANTED' AND insight.may_pursue(o.kind, l.purpose_kind)
                AND catalog.today() BETWEEN l.starts_on AND l.ends_on)
    END
$function$;

CREATE OR REPLACE FUNCTION insight.notify_organizations(entry uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    happened identity.outbox_entry;
    concerned uuid[];
    community text;
BEGIN
    DELETE FROM identity.outbox_entry o WHERE o.id = notify_organizations.entry AND o.kind = 'EVENT'
    RETURNING * INTO happened;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    concerned := insight.organizations_of_event(happened.event, happened.subject_id);
    WITH made AS (
        INSERT INTO insight.webhook_delivery (webhook_id, event, subject_id, created_at)
        SELECT w.id, happened.event, happened.subject_id, happened.created_at
        FROM insight.webhook w
        WHERE w.organization_id = ANY (concerned) AND w.status = 'ACTIVE' AND happened.event = ANY (w.events)
        RETURNING id
    )
    INSERT INTO identity.outbox_entry (kind, delivery_id) SELECT 'WEBHOOK', m.id FROM made m;
    SELECT c.name INTO community FROM catalog.community c
    WHERE c.id = insight.community_of_event(happened.event, happened.subject_id);
    IF happened.event = 'DATASET_FROZEN' THEN
        PERFORM identity.write_to(a.email, 'DATASET_FROZEN', a.locale, NULL, community)
        FROM identity.account a
        WHERE a.organization_id = ANY (concerned) AND a.email_verified AND happened.event = ANY (a.mailed_events);
    ELSIF happened.event = 'INSIGHT_PUBLISHED' THEN
        WITH written AS (
            UPDATE identity.account a SET insights_mailed_on = catalog.today()
            WHERE a.organization_id = ANY (concerned) AND a.email_verified AND happened.event = ANY (a.mailed_events)
                AND a.insights_mailed_on IS DISTINCT FROM catalog.today()
            RETURNING a.email, a.locale
        )
        INSERT INTO identity.outbox_entry (kind, recipient, letter, locale, about)
        SELECT 'MAIL', w.email, 'INSIGHT_PUBLISHED', w.locale, community FROM written w;
        PERFORM pg_notify('cohorte_outbox', '');
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION identity.deliveries_due(busy uuid[], most integer)
 RETURNS TABLE(id uuid, delivery uuid, webhook uuid, organization uuid, url text, secret bytea, previous_secret bytea, event text, subject uuid, dataset uuid, community uuid, created_at timestamp with time zone, attempts integer, failing boolean)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT f.id, f.delivery, w.id, w.organization_id, w.url, w.secret,
        CASE WHEN w.previous_until > now() THEN w.previous_secret END, f.event, f.subject_id,
        insight.dataset_of_event(f.event, f.subject_id), insight.community_of_event(f.event, f.subject_id),
        f.created_at, f.attempts, w.failing_since IS NOT NULL OR f.attempts > 0
    FROM (
        SELECT DISTINCT ON (d.webhook_id)
            o.id, d.id AS delivery, d.webhook_id, d.event::text, d.subject_id, d.created_at, d.attempts, o.due_at
        FROM identity.outbox_entry o JOIN insight.webhook_delivery d ON d.id = o.delivery_id
        WHERE o.kind = 'WEBHOOK' AND o.due_at <= now() AND d.webhook_id <> ALL (deliveries_due.busy)
        ORDER BY d.webhook_id, o.due_at, o.id
    ) f JOIN insight.webhook w ON w.id = f.webhook_id
    ORDER BY f.due_at, f.id LIMIT deliveries_due.most
$function$;

CREATE OR REPLACE FUNCTION insight.hold_delivery(entry uuid)
 RETURNS insight.webhook_delivery
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    held insight.webhook_delivery;
BEGIN
    PERFORM FROM insight.webhook w WHERE w.id = (
        SELECT d.webhook_id FROM identity.outbox_entry o JOIN insight.webhook_delivery d ON d.id = o.delivery_id
        WHERE o.id = hold_delivery.entry) FOR NO KEY UPDATE;
    SELECT d.* INTO held FROM identity.outbox_entry o JOIN insight.webhook_delivery d ON d.id = o.delivery_id
    WHERE o.id = hold_delivery.entry;
    RETURN held;
END $function$;

CREATE OR REPLACE FUNCTION identity.delivery_accepted(entry uuid, status integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    sent insight.webhook_delivery := insight.hold_delivery(delivery_accepted.entry);
BEGIN
    UPDATE insight.webhook_delivery d SET status = 'DELIVERED', attempts = d.attempts + 1, failure = NULL,
        response_status = delivery_accepted.status, attempted_at = now()
    WHERE d.id = sent.id;
    UPDATE insight.webhook w SET failing_since = NULL WHERE w.id = sent.webhook_id AND w.failing_since IS NOT NULL;
    DELETE FROM identity.outbox_entry o WHERE o.id = delivery_accepted.entry;
END $function$;

CREATE OR REPLACE FUNCTION identity.delivery_failed(entry uuid, failure text, status integer, pause interval, patience interval, gone boolean)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    sent insight.webhook_delivery := insight.hold_delivery(delivery_failed.entry);
    since timestamptz;
    is_test boolean := sent.event IS NULL;
    ends boolean := is_test OR delivery_failed.pause IS NULL;
BEGIN
    UPDATE insight.webhook_delivery d SET status = CASE WHEN ends THEN 'FAILED' ELSE 'PENDING' END,
        attempts = d.attempts + 1, failure = delivery_failed.failure, response_status = delivery_failed.status,
        attempted_at = now()
    WHERE d.id = sent.id;
    IF ends THEN
        DELETE FROM identity.outbox_entry o WHERE o.id = delivery_failed.entry;
    ELSE
        UPDATE identity.outbox_entry o SET attempts = o.attempts + 1, due_at = now() + delivery_failed.pause
        WHERE o.id = delivery_failed.entry;
    END IF;
    IF is_test THEN
        RETURN;
    END IF;
    UPDATE insight.webhook w SET failing_since = coalesce(w.failing_since, now())
    WHERE w.id = sent.webhook_id AND w.status = 'ACTIVE' RETURNING w.failing_since INTO since;
    IF FOUND AND (delivery_failed.gone OR since <= now() - delivery_failed.patience) THEN
        PERFORM insight.silence(sent.webhook_id, 'DISABLED');
        PERFORM identity.write_to(a.email, 'WEBHOOK_DISABLED', a.locale, NULL, w.description)
        FROM insight.webhook w JOIN identity.account a ON a.organization_id = w.organization_id
        WHERE w.id = sent.webhook_id AND a.email_verified;
    END IF;
END $function$;

CREATE OR REPLACE FUNCTION insight.silence(webhook uuid, status text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    UPDATE insight.webhook w SET status = silence.status WHERE w.id = silence.webhook;
    DELETE FROM identity.outbox_entry o USING insight.webhook_delivery d
    WHERE d.id = o.delivery_id AND d.webhook_id = silence.webhook;
    UPDATE insight.webhook_delivery d SET status = 'CANCELLED'
    WHERE d.webhook_id = silence.webhook AND d.status = 'PENDING';
END $function$;

CREATE OR REPLACE FUNCTION insight.hold_webhook(webhook uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM FROM insight.webhook w
    WHERE w.id = hold_webhook.webhook
        AND w.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
    FOR NO KEY UPDATE;
    RETURN FOUND;
END $function$;

CREATE OR REPLACE FUNCTION insight.pause_webhook(webhook uuid, paused boolean)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NOT insight.hold_webhook(pause_webhook.webhook) THEN
        RETURN false;
    END IF;
    IF pause_webhook.paused THEN
        PERFORM insight.silence(pause_webhook.webhook, 'PAUSED');
    ELSE
        UPDATE insight.webhook w SET status = 'ACTIVE', failing_since = NULL
        WHERE w.id = pause_webhook.webhook AND w.status <> 'ACTIVE';
    END IF;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION insight.rotate_webhook(webhook uuid, secret bytea, lifetime interval)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF NOT insight.hold_webhook(rotate_webhook.webhook) THEN
        RETURN false;
    END IF;
    UPDATE insight.webhook w SET previous_secret = w.secret, previous_until = now() + rotate_webhook.lifetime,
        secret = rotate_webhook.secret
    WHERE w.id = rotate_webhook.webhook;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION insight.test_webhook(webhook uuid)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    made uuid;
BEGIN
    IF NOT insight.hold_webhook(test_webhook.webhook) THEN
        RETURN NULL;
    END IF;
    INSERT INTO insight.webhook_delivery (webhook_id) VALUES (test_webhook.webhook) RETURNING id INTO made;
    INSERT INTO identity.outbox_entry (kind, delivery_id) VALUES ('WEBHOOK', made);
    PERFORM pg_notify('cohorte_outbox', '');
    RETURN made;
END $function$;

CREATE OR REPLACE FUNCTION insight.forget_deliveries()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM insight.webhook_delivery d WHERE d.created_at < now() - interval '30 days' AND d.status <> 'PENDING'
$function$;

CREATE OR REPLACE FUNCTION identity.mailed_events(account_id uuid)
 RETURNS text[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce((
        SELECT a.mailed_events FROM identity.account a
        WHERE a.id = mailed_events.account_id
            AND a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid), '{}')
$function$;

CREATE OR REPLACE FUNCTION identity.choose_mailed_events(account_id uuid, events text[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.account a SET mailed_events = choose_mailed_events.events
    WHERE a.id = choose_mailed_events.account_id
        AND a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
$function$;

ALTER TABLE insight.webhook ENABLE ROW LEVEL SECURITY;
ALTER TABLE insight.webhook_delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY buyer_reads ON insight.webhook FOR SELECT TO cohorte_buyer USING ((organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY buyer_inserts ON insight.webhook FOR INSERT TO cohorte_buyer WITH CHECK ((organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY buyer_deletes ON insight.webhook FOR DELETE TO cohorte_buyer USING ((organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")));
CREATE POLICY buyer_reads ON insight.webhook_delivery FOR SELECT TO cohorte_buyer USING ((EXISTS ( SELECT
   FROM insight.webhook w
  WHERE (w.id = webhook_delivery.webhook_id))));

GRANT DELETE ON insight.webhook TO cohorte_buyer;
GRANT SELECT ON insight.webhook_delivery TO cohorte_buyer;
GRANT INSERT (description, events, id, organization_id, secret, url) ON insight.webhook TO cohorte_buyer;
GRANT SELECT (created_at, demonstration, description, events, failing_since, id, organization_id, previous_until, status, url) ON insight.webhook TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION identity.queue_event(text,uuid) TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION identity.events_due(integer) TO cohorte_public;
GRANT EXECUTE ON FUNCTION insight.notify_organizations(uuid) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.deliveries_due(uuid[],integer) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.delivery_accepted(uuid,integer) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.delivery_failed(uuid,text,integer,interval,interval,boolean) TO cohorte_public;
GRANT EXECUTE ON FUNCTION insight.pause_webhook(uuid,boolean) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION insight.rotate_webhook(uuid,bytea,interval) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION insight.test_webhook(uuid) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION insight.forget_deliveries() TO cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.mailed_events(uuid) TO cohorte_buyer;
GRANT EXECUTE ON FUNCTION identity.choose_mailed_events(uuid,text[]) TO cohorte_buyer;

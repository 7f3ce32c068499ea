-- Events of organizations: whom they concern, and what is sent to their webhooks.
--
-- Whatever changes a webhook and what waits for it locks the webhook first.

-- Queues an event. It is one row, whomever it concerns: insight.notify_organizations finds them.
CREATE FUNCTION identity.queue_event(event text, subject uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.outbox_entry (kind, event, subject_id, created_at)
    VALUES ('EVENT', queue_event.event, queue_event.subject, clock_timestamp());
    PERFORM pg_notify('cohorte_outbox', '');
END $$;
GRANT EXECUTE ON FUNCTION identity.queue_event(text, uuid) TO cohorte_publisher;

-- Events to notify organizations of, in the order in which they were queued. The caller holds the advisory lock of the
-- process that sends to webhooks.
CREATE FUNCTION identity.events_due(most integer) RETURNS TABLE (id uuid, attempts integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.id, o.attempts FROM identity.outbox_entry o WHERE o.kind = 'EVENT' AND o.due_at <= now()
    ORDER BY o.created_at, o.id LIMIT events_due.most
$$;
GRANT EXECUTE ON FUNCTION identity.events_due(integer) TO cohorte_public;

-- The dataset that an event is about, if any.
CREATE FUNCTION insight.dataset_of_event(event text, subject uuid) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE dataset_of_event.event
        WHEN 'DATASET_FROZEN' THEN dataset_of_event.subject
        WHEN 'INSIGHT_PUBLISHED' THEN
            (SELECT i.dataset_id FROM insight.insight i WHERE i.id = dataset_of_event.subject)
    END
$$;

-- The community that an event is about.
CREATE FUNCTION insight.community_of_event(event text, subject uuid) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE community_of_event.event
        WHEN 'LICENCE_DECIDED' THEN
            (SELECT l.community_id FROM insight.licence l WHERE l.id = community_of_event.subject)
        ELSE (SELECT d.community_id FROM insight.dataset d
            WHERE d.id = insight.dataset_of_event(community_of_event.event, community_of_event.subject))
    END
$$;

-- The organizations that an event concerns: whose licence was decided on, or who may read the dataset's insights today.
CREATE FUNCTION insight.organizations_of_event(event text, subject uuid) RETURNS uuid[]
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
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
$$;

-- Queues what an event has sent to webhooks and by mail, in one transaction with the end of its own entry. Who may read
-- it is found now, not when it was queued. Does nothing if that was done.
--
-- The mail about a licence is queued by the decision. Of new insights, an account has at most one mail a day.
CREATE FUNCTION insight.notify_organizations(entry uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    happened identity.outbox_entry;
    concerned uuid[];
    community uuid;
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
    community := insight.community_of_event(happened.event, happened.subject_id);
    IF happened.event = 'DATASET_FROZEN' THEN
        PERFORM identity.write_to(
            a.email, 'DATASET_FROZEN', a.locale, NULL, catalog.community_name(community, a.locale))
        FROM identity.account a
        WHERE a.organization_id = ANY (concerned) AND a.email_verified AND happened.event = ANY (a.mailed_events)
            AND identity.is_told_of(a.organization_user_id, happened.event);
    ELSIF happened.event = 'INSIGHT_PUBLISHED' THEN
        WITH written AS (
            UPDATE identity.account a SET insights_mailed_on = catalog.today()
            WHERE a.organization_id = ANY (concerned) AND a.email_verified AND happened.event = ANY (a.mailed_events)
                AND a.insights_mailed_on IS DISTINCT FROM catalog.today()
            RETURNING a.email, a.locale
        )
        INSERT INTO identity.outbox_entry (kind, recipient, letter, locale, about)
        SELECT 'MAIL', w.email, 'INSIGHT_PUBLISHED', w.locale, catalog.community_name(community, w.locale)
        FROM written w;
        PERFORM pg_notify('cohorte_outbox', '');
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION insight.notify_organizations(uuid) TO cohorte_public;

-- What to send to webhooks now: for each that is not `busy`, the longest due. The caller holds the advisory lock of the
-- process that sends to webhooks.
CREATE FUNCTION identity.deliveries_due(busy uuid[], most integer)
RETURNS TABLE (
    id uuid, delivery uuid, webhook uuid, organization uuid, url text, secret bytea, previous_secret bytea, event text,
    subject uuid, dataset uuid, community uuid, created_at timestamptz, attempts integer, failing boolean
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
$$;
GRANT EXECUTE ON FUNCTION identity.deliveries_due(uuid[], integer) TO cohorte_public;

-- Locks the webhook of an entry, and returns its delivery if it still waits to be sent.
CREATE FUNCTION insight.hold_delivery(entry uuid) RETURNS insight.webhook_delivery
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    held insight.webhook_delivery;
BEGIN
    PERFORM FROM insight.webhook w WHERE w.id = (
        SELECT d.webhook_id FROM identity.outbox_entry o JOIN insight.webhook_delivery d ON d.id = o.delivery_id
        WHERE o.id = hold_delivery.entry) FOR NO KEY UPDATE;
    SELECT d.* INTO held FROM identity.outbox_entry o JOIN insight.webhook_delivery d ON d.id = o.delivery_id
    WHERE o.id = hold_delivery.entry;
    RETURN held;
END $$;

-- Records that a webhook has accepted what was sent to it.
CREATE FUNCTION identity.delivery_accepted(entry uuid, status integer) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sent insight.webhook_delivery := insight.hold_delivery(delivery_accepted.entry);
BEGIN
    UPDATE insight.webhook_delivery d SET status = 'DELIVERED', attempts = d.attempts + 1, failure = NULL,
        response_status = delivery_accepted.status, attempted_at = now()
    WHERE d.id = sent.id;
    UPDATE insight.webhook w SET failing_since = NULL WHERE w.id = sent.webhook_id AND w.failing_since IS NOT NULL;
    DELETE FROM identity.outbox_entry o WHERE o.id = delivery_accepted.entry;
END $$;
GRANT EXECUTE ON FUNCTION identity.delivery_accepted(uuid, integer) TO cohorte_public;

-- Records that an attempt has failed, and schedules another after `pause`, unless that is null. A webhook that has failed
-- for longer than `patience`, or is `gone`, is disabled. A test is sent once, and its failure disables nothing.
CREATE FUNCTION identity.delivery_failed(
    entry uuid, failure text, status integer, pause interval, patience interval, gone boolean
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
        FROM insight.webhook w JOIN insight.organization_user u ON u.organization_id = w.organization_id
            JOIN identity.account a ON a.organization_user_id = u.id
        WHERE w.id = sent.webhook_id AND a.email_verified AND u.role = 'ADMINISTRATOR';
    END IF;
END $$;
GRANT EXECUTE ON FUNCTION identity.delivery_failed(uuid, text, integer, interval, interval, boolean) TO cohorte_public;

-- Pauses or disables a webhook, and cancels what waits to be sent to it.
CREATE FUNCTION insight.silence(webhook uuid, status text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE insight.webhook w SET status = silence.status WHERE w.id = silence.webhook;
    DELETE FROM identity.outbox_entry o USING insight.webhook_delivery d
    WHERE d.id = o.delivery_id AND d.webhook_id = silence.webhook;
    UPDATE insight.webhook_delivery d SET status = 'CANCELLED'
    WHERE d.webhook_id = silence.webhook AND d.status = 'PENDING';
END $$;

-- Locks a webhook of the viewer's organization. Whether it is theirs.
CREATE FUNCTION insight.hold_webhook(webhook uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM insight.webhook w
    WHERE w.id = hold_webhook.webhook
        AND w.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
    FOR NO KEY UPDATE;
    RETURN FOUND;
END $$;

-- Pauses a webhook of the viewer's organization, or resumes it with what happens from now on. Whether it is theirs.
CREATE FUNCTION insight.pause_webhook(webhook uuid, paused boolean) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION insight.pause_webhook(uuid, boolean) TO cohorte_buyer;

-- Gives a webhook of the viewer's organization another secret. The one before signs too for a while; the one before that
-- does not any more. Whether it is theirs.
CREATE FUNCTION insight.rotate_webhook(webhook uuid, secret bytea, lifetime interval) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT insight.hold_webhook(rotate_webhook.webhook) THEN
        RETURN false;
    END IF;
    UPDATE insight.webhook w SET previous_secret = w.secret, previous_until = now() + rotate_webhook.lifetime,
        secret = rotate_webhook.secret
    WHERE w.id = rotate_webhook.webhook;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION insight.rotate_webhook(uuid, bytea, interval) TO cohorte_buyer;

-- Queues a test of a webhook of the viewer's organization, whether it is paused or not. Its id; null if the webhook is not
-- theirs.
CREATE FUNCTION insight.test_webhook(webhook uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;
GRANT EXECUTE ON FUNCTION insight.test_webhook(uuid) TO cohorte_buyer;

-- Deletes at most so much of what was sent to webhooks more than a month ago, and has ended; how many. A periodic job
-- calls this until they are fewer.
CREATE FUNCTION insight.forget_deliveries(most integer DEFAULT 5000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    done integer;
BEGIN
    DELETE FROM insight.webhook_delivery WHERE id = ANY (ARRAY(
        SELECT d.id FROM insight.webhook_delivery d
        WHERE d.created_at < now() - interval '30 days' AND d.status <> 'PENDING' LIMIT forget_deliveries.most));
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $$;
GRANT EXECUTE ON FUNCTION insight.forget_deliveries(integer) TO cohorte_manager;

-- The events of which the viewer's account gets mail. Empty if it is not the viewer's, or no organization's.
CREATE FUNCTION identity.mailed_events(account_id uuid) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((
        SELECT a.mailed_events FROM identity.account a
        WHERE a.id = mailed_events.account_id
            AND a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid), '{}')
$$;
GRANT EXECUTE ON FUNCTION identity.mailed_events(uuid) TO cohorte_buyer;

-- Chooses the events of which the viewer's account gets mail.
CREATE FUNCTION identity.choose_mailed_events(account_id uuid, events text[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.account a SET mailed_events = choose_mailed_events.events
    WHERE a.id = choose_mailed_events.account_id
        AND a.organization_id = nullif(current_setting('cohorte.organization', true), '')::uuid
$$;
GRANT EXECUTE ON FUNCTION identity.choose_mailed_events(uuid, text[]) TO cohorte_buyer;

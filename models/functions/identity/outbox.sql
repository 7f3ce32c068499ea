-- The outbox: mails to send, and news to deliver to members after the transaction that it is about. What is
-- sent to organizations is in models/functions/identity/webhooks.sql.

-- Queues a mail. For other functions of the owner. Any server process that is notified sends it.
CREATE FUNCTION identity.write_to(recipient text, letter text, locale text, code text, about text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.outbox_entry (kind, recipient, letter, locale, code, about)
    VALUES ('MAIL', write_to.recipient, write_to.letter, write_to.locale, write_to.code, write_to.about);
    PERFORM pg_notify('cohorte_outbox', '');
END $$;

-- Queues news for members. It is one row, however many they are: research.deliver finds them.
CREATE FUNCTION identity.queue_news(kind text, subject uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.outbox_entry (kind, subject_id, created_at)
    VALUES (queue_news.kind, queue_news.subject, clock_timestamp());
    PERFORM pg_notify('cohorte_outbox', '');
END $$;
GRANT EXECUTE ON FUNCTION identity.queue_news(text, uuid) TO cohorte_publisher;

-- Mails to send now: so many that are new, and so many that have failed before, which may be all that are due to a server
-- that is down. The caller holds the advisory lock of the process that sends.
CREATE FUNCTION identity.mail_due(most integer)
RETURNS TABLE (
    id uuid, recipient text, letter text, locale text, code text, about text, created_at timestamptz, attempts integer
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    (SELECT o.id, o.recipient, o.letter, o.locale, o.code, o.about, o.created_at, o.attempts
    FROM identity.outbox_entry o WHERE o.kind = 'MAIL' AND o.due_at <= now() AND o.attempts = 0
    ORDER BY o.due_at, o.id LIMIT mail_due.most)
    UNION ALL
    (SELECT o.id, o.recipient, o.letter, o.locale, o.code, o.about, o.created_at, o.attempts
    FROM identity.outbox_entry o WHERE o.kind = 'MAIL' AND o.due_at <= now() AND o.attempts > 0
    ORDER BY o.due_at, o.id LIMIT mail_due.most)
$$;
GRANT EXECUTE ON FUNCTION identity.mail_due(integer) TO cohorte_public;

-- News to deliver now, in the order in which it was queued. The caller holds the advisory lock of the process that
-- delivers.
CREATE FUNCTION identity.news_due(most integer) RETURNS TABLE (id uuid, part integer, attempts integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT o.id, o.part, o.attempts
    FROM identity.outbox_entry o WHERE o.kind NOT IN ('MAIL', 'EVENT', 'WEBHOOK') AND o.due_at <= now()
    ORDER BY o.created_at, o.id LIMIT news_due.most
$$;
GRANT EXECUTE ON FUNCTION identity.news_due(integer) TO cohorte_publisher;

-- Deletes a mail that was sent.
CREATE FUNCTION identity.mail_sent(id uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.outbox_entry o WHERE o.id = mail_sent.id AND o.kind = 'MAIL'
$$;
GRANT EXECUTE ON FUNCTION identity.mail_sent(uuid) TO cohorte_public;

-- Postpones an entry that could not be sent or delivered, or deletes it after the last attempt.
CREATE FUNCTION identity.outbox_failed(id uuid, wait interval, most integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.outbox_entry o SET attempts = o.attempts + 1, due_at = now() + outbox_failed.wait
    WHERE o.id = outbox_failed.id;
    DELETE FROM identity.outbox_entry o WHERE o.id = outbox_failed.id AND o.attempts >= outbox_failed.most
$$;
GRANT EXECUTE ON FUNCTION identity.outbox_failed(uuid, interval, integer) TO cohorte_public, cohorte_publisher;

-- For how many seconds the oldest mail has been waiting, for whoever watches the server; 0 if there is none.
CREATE FUNCTION identity.mail_waits() RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(extract(epoch FROM now() - min(o.created_at)), 0)::double precision
    FROM identity.outbox_entry o WHERE o.kind = 'MAIL'
$$;
GRANT EXECUTE ON FUNCTION identity.mail_waits() TO cohorte_public;

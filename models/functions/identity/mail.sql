-- The queue of mails to send.

-- Queues a mail. For other functions of the owner. Any server process that is notified sends it.
CREATE FUNCTION identity.write_to(recipient text, letter text, locale text, code text, about text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.mail (recipient, letter, locale, code, about)
    VALUES (write_to.recipient, write_to.letter, write_to.locale, write_to.code, write_to.about);
    PERFORM pg_notify('cohorte_mail', '');
END $$;

-- Mails to send now. The caller holds the advisory lock of the process that sends.
CREATE FUNCTION identity.mail_due(most integer)
RETURNS TABLE (
    id uuid, recipient text, letter text, locale text, code text, about text, created_at timestamptz, attempts integer
)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.recipient, m.letter, m.locale, m.code, m.about, m.created_at, m.attempts
    FROM identity.mail m WHERE m.due_at <= now() ORDER BY m.due_at, m.id LIMIT mail_due.most
$$;
GRANT EXECUTE ON FUNCTION identity.mail_due(integer) TO cohorte_public;

-- Deletes a mail that was sent.
CREATE FUNCTION identity.mail_sent(id uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM identity.mail m WHERE m.id = mail_sent.id
$$;
GRANT EXECUTE ON FUNCTION identity.mail_sent(uuid) TO cohorte_public;

-- Postpones a mail that was not sent, or deletes it after the last attempt.
CREATE FUNCTION identity.mail_failed(id uuid, wait interval, most integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.mail m SET attempts = m.attempts + 1, due_at = now() + mail_failed.wait WHERE m.id = mail_failed.id;
    DELETE FROM identity.mail m WHERE m.id = mail_failed.id AND m.attempts >= mail_failed.most
$$;
GRANT EXECUTE ON FUNCTION identity.mail_failed(uuid, interval, integer) TO cohorte_public;

-- For how many seconds the oldest mail has been waiting, for whoever watches the server; 0 if there is none.
CREATE FUNCTION identity.mail_waits() RETURNS double precision
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(extract(epoch FROM now() - min(m.created_at)), 0)::double precision FROM identity.mail m
$$;
GRANT EXECUTE ON FUNCTION identity.mail_waits() TO cohorte_public;

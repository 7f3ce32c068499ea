CREATE OR REPLACE FUNCTION identity.mail_due(most integer)
 RETURNS TABLE(id uuid, recipient text, letter text, locale text, code text, about text, created_at timestamp with time zone, attempts integer)
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    (SELECT o.id, o.recipient, o.letter, o.locale, o.code, o.about, o.created_at, o.attempts
    FROM identity.outbox_entry o WHERE o.kind = 'MAIL' AND o.due_at <= now() AND o.attempts = 0
    ORDER BY o.due_at, o.id LIMIT mail_due.most)
    UNION ALL
    (SELECT o.id, o.recipient, o.letter, o.locale, o.code, o.about, o.created_at, o.attempts
    FROM identity.outbox_entry o WHERE o.kind = 'MAIL' AND o.due_at <= now() AND o.attempts > 0
    ORDER BY o.due_at, o.id LIMIT mail_due.most)
$function$;
ALTER TABLE catalog.survey DROP CONSTRAINT ck_survey_no_dataset;
ALTER TABLE catalog.survey ADD CONSTRAINT ck_survey_no_dataset CHECK (no_dataset IN ('NOT_OPENED', 'TOO_FEW', 'LOST'));

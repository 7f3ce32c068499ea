DROP FUNCTION identity.take_data_export(bytea,uuid);
DROP FUNCTION research.own_records();
CREATE OR REPLACE FUNCTION identity.take_data_export(token_hash bytea, account_id uuid)
 RETURNS TABLE(account uuid, session uuid, member uuid, format text, locale text)
 LANGUAGE sql
 SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.data_export e USING identity.account a, identity.session s
    WHERE e.token_hash = take_data_export.token_hash AND e.expires_at > now()
        AND a.id = e.account_id AND s.id = e.session_id AND s.expires_at > now()
        AND (take_data_export.account_id IS NULL OR take_data_export.account_id = e.account_id)
    RETURNING e.account_id, e.session_id, a.member_id, e.format::text, a.locale
$function$;

CREATE OR REPLACE FUNCTION catalog.community_name(community uuid, locale text)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT coalesce(c.translations -> lower(split_part(community_name.locale, '-', 1)) ->> 'name', c.name)
    FROM catalog.community c WHERE c.id = community_name.community
$function$;

CREATE OR REPLACE FUNCTION identity.tell_of_decision()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.write_to(
        a.email, 'LICENCE_' || NEW.status, a.locale, NULL, catalog.community_name(NEW.community_id, a.locale))
    FROM identity.account a
    WHERE a.organization_id = NEW.organization_id AND a.email_verified AND 'LICENCE_DECIDED' = ANY (a.mailed_events);
    PERFORM identity.queue_event('LICENCE_DECIDED', NEW.id);
    RETURN NULL;
END $function$;

CREATE OR REPLACE FUNCTION insight.notify_organizations(entry uuid)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
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
        WHERE a.organization_id = ANY (concerned) AND a.email_verified AND happened.event = ANY (a.mailed_events);
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
END $function$;

CREATE OR REPLACE FUNCTION research.own_records(language text DEFAULT NULL::text)
 RETURNS TABLE(dataset_id uuid, "position" integer, variable text, label text, codes text[], labels text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT r.dataset_id, v.position, v.name::text, coalesce(v.translations -> own_records.language ->> 'label', v.label),
        array_agg(c.code::text ORDER BY i.nth),
        array_agg(coalesce(c.translations -> own_records.language ->> 'label', c.label) ORDER BY i.nth)
    FROM research.record r
    JOIN insight.variable v ON v.dataset_id = r.dataset_id AND v.groups = ''
    CROSS JOIN LATERAL generate_series(0, v.max_per_member - 1) i (nth)
    JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        AND c.place = get_byte(r.codes, v.slot + i.nth)
    WHERE r.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
    GROUP BY r.dataset_id, v.position, v.name, v.label, v.translations
$function$;

GRANT EXECUTE ON FUNCTION identity.take_data_export(bytea,uuid) TO cohorte_public;
GRANT EXECUTE ON FUNCTION research.own_records(text) TO cohorte_patient;

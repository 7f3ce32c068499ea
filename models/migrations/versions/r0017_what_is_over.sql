DROP FUNCTION identity.change_pseudonym(text,text[],integer,interval);

ALTER TABLE identity.pseudonym_look ADD COLUMN until timestamp with time zone;
ALTER TABLE identity.pseudonym_look ADD CONSTRAINT ck_pseudonym_look_former_of_member CHECK (until IS NULL OR member_id IS NOT NULL);
CREATE INDEX ix_pseudonym_look_until ON identity.pseudonym_look USING btree (until) WHERE (until IS NOT NULL);
CREATE OR REPLACE FUNCTION identity.change_pseudonym(pseudonym text, looks text[], most integer, period interval, reserved interval)
 RETURNS text
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    earlier timestamptz[];
    keeps boolean;
BEGIN
    -- Locked, so that concurrent changes are counted one after another.
    PERFORM FROM identity.account a WHERE a.member_id = viewer FOR UPDATE;
    SELECT array_remove(array_agg(r.at ORDER BY r.at), NULL) INTO earlier
    FROM identity.account a LEFT JOIN unnest(a.renamed_at) r (at) ON r.at > now() - change_pseudonym.period
    WHERE a.member_id = viewer;
    IF viewer IS NULL OR NOT identity.is_free(change_pseudonym.pseudonym, change_pseudonym.looks, viewer) THEN
        RETURN 'TAKEN';
    END IF;
    keeps := EXISTS (
        SELECT FROM identity.pseudonym_look l
        WHERE l.member_id = viewer AND l.until IS NULL AND l.look = ANY (change_pseudonym.looks))
        OR EXISTS (
            SELECT FROM care.member m
            WHERE m.id = viewer AND lower(m.pseudonym) = lower(change_pseudonym.pseudonym));
    IF NOT keeps THEN
        IF cardinality(earlier) >= change_pseudonym.most THEN
            RETURN 'TOO_OFTEN';
        END IF;
        UPDATE identity.account a SET renamed_at = earlier || now() WHERE a.member_id = viewer;
    END IF;
    UPDATE care.member m SET pseudonym = change_pseudonym.pseudonym WHERE m.id = viewer;
    UPDATE identity.pseudonym_look l
    SET until = CASE WHEN l.look <> ALL (change_pseudonym.looks) THEN coalesce(l.until, now() + change_pseudonym.reserved) END
    WHERE l.member_id = viewer;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(change_pseudonym.looks), viewer
    ON CONFLICT DO NOTHING;  -- the viewer's own: the others are not free
    RETURN 'CHANGED';
END $function$;

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
    DELETE FROM identity.pseudonym_look WHERE until <= now()
$function$;

CREATE OR REPLACE FUNCTION identity.is_free(pseudonym text, looks text[], whose uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    one text;
BEGIN
    FOREACH one IN ARRAY is_free.looks LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(one, 2));
    END LOOP;
    DELETE FROM identity.registration r
    WHERE r.expires_at <= now() AND (
        lower(r.pseudonym) = lower(is_free.pseudonym) OR r.id IN (
            SELECT l.registration_id FROM identity.pseudonym_look l WHERE l.look = ANY (is_free.looks)));
    DELETE FROM identity.pseudonym_look l WHERE l.look = ANY (is_free.looks) AND l.until <= now();
    RETURN NOT EXISTS (
            SELECT FROM care.member m
            WHERE lower(m.pseudonym) = lower(is_free.pseudonym) AND m.id IS DISTINCT FROM is_free.whose)
        AND NOT EXISTS (SELECT FROM identity.registration r WHERE lower(r.pseudonym) = lower(is_free.pseudonym))
        AND NOT EXISTS (
            SELECT FROM identity.pseudonym_look l
            WHERE l.look = ANY (is_free.looks)
                AND (l.registration_id IS NOT NULL OR l.member_id IS DISTINCT FROM is_free.whose));
END $function$;

CREATE OR REPLACE FUNCTION identity.renew_hash(account_id uuid, was text, becomes text)
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    UPDATE identity.credential c SET password_hash = renew_hash.becomes
    WHERE c.account_id = renew_hash.account_id AND c.password_hash = renew_hash.was
$function$;
GRANT EXECUTE ON FUNCTION identity.change_pseudonym(text,text[],integer,interval,interval) TO cohorte_patient;
GRANT EXECUTE ON FUNCTION identity.renew_hash(uuid,text,text) TO cohorte_public;

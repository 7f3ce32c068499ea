DROP POLICY manager_reads ON catalog.catalogue_change;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_CHANGED', 'PASSWORD_REPLACED', 'SECOND_FACTOR_CHANGED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ACCOUNT_SLEEPS', 'ACCOUNT_SLEEPS_STILL', 'ACCOUNT_CLOSED', 'CONFIRM_EMAIL', 'EMAIL_TAKEN', 'EMAIL_CHANGE_REQUESTED', 'EMAIL_CHANGED', 'SELF_HARM_FLAG', 'ORGANIZATION_OPENED', 'STAFF_OPENED', 'LICENCE_GRANTED', 'LICENCE_REFUSED'));
CREATE OR REPLACE FUNCTION identity.forget_waiting()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.email_change WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.rate_limit WHERE full_at <= now();
    DELETE FROM identity.session WHERE expires_at <= now();
    DELETE FROM identity.second_factor_challenge WHERE expires_at <= catalog.clock();
    DELETE FROM identity.data_export WHERE expires_at <= now();
    DELETE FROM identity.pseudonym_look WHERE until <= now();
    DELETE FROM identity.reading WHERE day < catalog.today();
    DELETE FROM care.reading_alert WHERE day < catalog.today() - 90
$function$;

CREATE OR REPLACE FUNCTION identity.open_session(account_id uuid, token_hash bytea, device text, lifetime interval)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    opened uuid;
BEGIN
    UPDATE identity.account a
    SET signed_in_on = catalog.today(), sleep_notified_on = NULL, sleep_reminded_on = NULL
    WHERE a.id = open_session.account_id
        AND (a.signed_in_on <> catalog.today() OR a.sleep_notified_on IS NOT NULL);
    INSERT INTO identity.session (account_id, token_hash, device, expires_at, demonstration)
    SELECT a.id, open_session.token_hash, left(open_session.device, 200), now() + open_session.lifetime, a.demonstration
    FROM identity.account a WHERE a.id = open_session.account_id
    RETURNING id INTO opened;
    -- After the session, which locks the account: changes of staff lock the account and then the staff member too.
    UPDATE identity.staff f SET last_signed_in_on = catalog.today() FROM identity.account a
    WHERE a.id = open_session.account_id AND f.id = a.staff_id AND f.last_signed_in_on IS DISTINCT FROM catalog.today();
    RETURN opened;
END $function$;

CREATE OR REPLACE FUNCTION identity.close_other_sessions(account_id uuid, kept uuid)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    closed uuid;
BEGIN
    DELETE FROM identity.second_factor_challenge c WHERE c.account_id = close_other_sessions.account_id;
    FOR closed IN
        DELETE FROM identity.session s
        WHERE s.account_id = close_other_sessions.account_id AND s.id IS DISTINCT FROM close_other_sessions.kept
        RETURNING s.id
    LOOP
        PERFORM pg_notify('session_revoked', closed::text);
    END LOOP;
END $function$;

CREATE OR REPLACE FUNCTION identity.close_sessions(account_id uuid)
 RETURNS void
 LANGUAGE sql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$ SELECT identity.close_other_sessions(close_sessions.account_id, NULL) $function$;

CREATE POLICY manager_reads ON catalog.catalogue_change FOR SELECT TO cohorte_manager USING (((EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('CATALOGUE_EDITOR'::text = ANY (s.roles))))) OR ( SELECT identity.is_administrator() AS is_administrator)));

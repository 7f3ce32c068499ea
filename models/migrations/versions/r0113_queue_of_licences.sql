DROP INDEX insight.ix_licence_starts_on_id;
ALTER TABLE identity.outbox_entry DROP CONSTRAINT ck_outbox_entry_letter;
ALTER TABLE identity.outbox_entry ADD CONSTRAINT ck_outbox_entry_letter CHECK (letter IN ('VERIFY_EMAIL', 'ADDRESS_TAKEN', 'RESET_PASSWORD', 'PASSWORD_SET', 'PASSWORD_CHANGED', 'PASSWORD_REPLACED', 'SECOND_FACTOR_CHANGED', 'PASSWORD_FIRST_CHANGED', 'ACCOUNT_DELETED', 'ACCOUNT_SLEEPS', 'ACCOUNT_SLEEPS_STILL', 'ACCOUNT_CLOSED', 'CONFIRM_EMAIL', 'EMAIL_TAKEN', 'EMAIL_CHANGE_REQUESTED', 'EMAIL_CHANGED', 'SELF_HARM_FLAG', 'ORGANIZATION_OPENED', 'STAFF_OPENED', 'INVITATION', 'INVITATION_TAKEN', 'USER_REMOVED', 'LICENCE_GRANTED', 'LICENCE_REFUSED', 'INSIGHT_PUBLISHED', 'DATASET_FROZEN', 'WEBHOOK_DISABLED'));
CREATE INDEX ix_licence_queue ON insight.licence USING btree ((((status)::text = 'REQUESTED'::text)), COALESCE(requested_at, '1970-01-01 00:00:00+00'::timestamp with time zone), id);
CREATE OR REPLACE FUNCTION identity.reset_password(code text, password_hash text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    digest bytea := sha256(convert_to(reset_password.code, 'UTF8'));
    holder identity.account;
    had_one boolean;
    is_first boolean;
BEGIN
    SELECT a.* INTO holder FROM identity.account a JOIN identity.password_reset p ON p.account_id = a.id
    WHERE p.code_hash = digest FOR UPDATE OF a;
    DELETE FROM identity.password_reset p WHERE p.code_hash = digest AND p.expires_at > now();
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    DELETE FROM identity.password_reset p WHERE p.account_id = holder.id;
    DELETE FROM identity.email_change e WHERE e.account_id = holder.id AND NOT e.reverts;
    -- An organization's contact and staff choose the first password with a code: nobody could sign in before.
    had_one := EXISTS (SELECT FROM identity.credential c WHERE c.account_id = holder.id);
    is_first := had_one AND holder.password_reset_at IS NULL;
    INSERT INTO identity.credential AS c (account_id, password_hash) VALUES (holder.id, reset_password.password_hash)
    ON CONFLICT (account_id) DO UPDATE SET password_hash = excluded.password_hash;
    UPDATE identity.account a SET email_verified = true WHERE a.id = holder.id AND NOT a.email_verified;
    PERFORM identity.close_sessions(holder.id);
    -- Failed attempts at the old password no longer lock the account.
    DELETE FROM identity.attempt a WHERE a.subject = sha256(convert_to('sign-in account ' || holder.email, 'UTF8'));
    IF is_first THEN
        UPDATE identity.account a SET password_reset_at = now() WHERE a.id = holder.id;
        PERFORM identity.end_access(holder);
    END IF;
    PERFORM identity.write_to(
        holder.email,
        CASE WHEN is_first THEN 'PASSWORD_FIRST_CHANGED' WHEN had_one THEN 'PASSWORD_CHANGED' ELSE 'PASSWORD_SET' END,
        holder.locale, NULL);
    RETURN is_first;
END $function$;

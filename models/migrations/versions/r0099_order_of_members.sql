DROP FUNCTION identity.erasures_under_way();
ALTER TABLE care.member ADD COLUMN left_at timestamp with time zone;
DROP INDEX care.ix_membership_community_id_joined_on_member_id;
DROP INDEX care.ix_membership_community_id_sharing_joined_on_member_id;
CREATE INDEX ix_membership_community_id_sharing_member_id ON care.membership USING btree (community_id, sharing, member_id);
CREATE OR REPLACE FUNCTION catalog.same_list(given text, list text, number integer)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    IF given IS DISTINCT FROM list THEN
        RAISE 'a cursor is of another list' USING ERRCODE = 'UK001', DETAIL = number || ' 0';
    END IF;
    RETURN true;
END $function$;

CREATE OR REPLACE FUNCTION identity.erase(leaving identity.account, letter text)
 RETURNS void
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    whose uuid := leaving.member_id;
    complete boolean;
BEGIN
    PERFORM FROM care.member m WHERE m.id = whose FOR UPDATE;
    UPDATE care.member m SET leaving = true, left_at = now() WHERE m.id = whose;
    -- What may be many rows comes first, before others have to wait for the rows that are locked next.
    complete := identity.erase_rows(whose, 2000);
    DELETE FROM care.notification n WHERE n.subject_id = whose;
    -- Their counts of members change: locked in the order of their ids, as everywhere.
    PERFORM FROM catalog.community c JOIN care.membership s ON s.community_id = c.id
    WHERE s.member_id = whose ORDER BY c.id FOR NO KEY UPDATE OF c;
    PERFORM identity.close_sessions(leaving.id);
    DELETE FROM research.answer_sheet s USING research.participation p
    WHERE p.member_id = whose AND s.id = p.answer_sheet_id;
    UPDATE care.flag f SET note = NULL WHERE f.member_id = whose AND f.note IS NOT NULL;
    DELETE FROM identity.mutation m WHERE m.caller = whose;
    DELETE FROM identity.outbox_entry o
    WHERE o.recipient = leaving.email OR o.letter = 'CONFIRM_EMAIL' AND o.recipient IN (
        SELECT e.email FROM identity.email_change e WHERE e.account_id = leaving.id);
    DELETE FROM identity.registration r WHERE r.email = leaving.email;
    DELETE FROM identity.attempt a WHERE a.subject IN (
        sha256(convert_to('sign-in account ' || leaving.email, 'UTF8')),
        sha256(convert_to('mail account ' || leaving.email, 'UTF8')));
    IF complete THEN
        DELETE FROM care.member m WHERE m.id = whose;  -- everything else is deleted by cascade
    ELSE
        PERFORM identity.erase_all_else(whose);
    END IF;
    PERFORM identity.write_to(leaving.email, erase.letter, leaving.locale, NULL);
END $function$;

CREATE OR REPLACE FUNCTION identity.erasures_late()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT CASE WHEN identity.is_administrator() THEN EXISTS (
        SELECT FROM care.member m WHERE m.leaving AND (m.left_at > now() - interval '1 hour') IS NOT TRUE) END
$function$;

GRANT EXECUTE ON FUNCTION catalog.same_list(text,text,integer) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;
GRANT EXECUTE ON FUNCTION identity.erasures_late() TO cohorte_manager;

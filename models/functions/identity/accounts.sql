-- Changes to an account, its deletion, and the deletion of what has expired.

-- Changes the viewer's pseudonym: CHANGED, TAKEN if somebody else has it or one that looks like it, or TOO_OFTEN after
-- `most` changes within `period`. A change to a pseudonym that looks like the present one does not count. The previous
-- one is `reserved` for the viewer, so that nobody can pose as them.
CREATE FUNCTION identity.change_pseudonym(
    pseudonym text, looks text[], most integer, period interval, reserved interval
) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    viewer uuid := nullif(current_setting('cohorte.member', true), '')::uuid;
    reserves text[] := identity.reserved_looks(
        change_pseudonym.looks, (SELECT m.kind FROM care.member m WHERE m.id = viewer));
    earlier timestamptz[];
    keeps boolean;
BEGIN
    -- Locked, so that concurrent changes are counted one after another.
    PERFORM FROM identity.account a WHERE a.member_id = viewer FOR UPDATE;
    SELECT array_remove(array_agg(r.at ORDER BY r.at), NULL) INTO earlier
    FROM identity.account a LEFT JOIN unnest(a.renamed_at) r (at) ON r.at > now() - change_pseudonym.period
    WHERE a.member_id = viewer;
    IF viewer IS NULL OR NOT identity.is_free(
        change_pseudonym.pseudonym, change_pseudonym.looks, viewer, NULL) THEN
        RETURN 'TAKEN';
    END IF;
    keeps := EXISTS (
        SELECT FROM identity.pseudonym_look l
        WHERE l.member_id = viewer AND l.until IS NULL AND l.look = ANY (reserves))
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
    SET until = CASE WHEN l.look <> ALL (reserves) THEN coalesce(l.until, now() + change_pseudonym.reserved) END
    WHERE l.member_id = viewer;
    INSERT INTO identity.pseudonym_look (look, member_id) SELECT unnest(reserves), viewer
    ON CONFLICT DO NOTHING;  -- the viewer's own: the others are not free
    RETURN 'CHANGED';
END $$;
GRANT EXECUTE ON FUNCTION identity.change_pseudonym(text, text[], integer, interval, interval) TO cohorte_patient;

-- Deletes the viewer's account with all of the member's rows. Posts stay, without an author. False if it is not theirs.
CREATE FUNCTION identity.delete_account(account_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    leaving identity.account;
BEGIN
    SELECT * INTO leaving FROM identity.account a
    WHERE a.id = delete_account.account_id
        AND a.member_id = nullif(current_setting('cohorte.member', true), '')::uuid FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM identity.erase(leaving, 'ACCOUNT_DELETED');
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.delete_account(uuid) TO cohorte_patient;

-- Erases a member with their account, which the caller has locked, and mails why. For other functions of the owner.
--
-- Once this commits, nobody reads anything of them. What may be many rows is deleted here up to a bound; of a member
-- with more, `identity.go_on_erasing` deletes the rest, and the member's row, which no role reads, last.
CREATE FUNCTION identity.erase(leaving identity.account, letter text) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
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
END $$;

-- Deletes expired registrations, invitations, codes, attempts, rate limits, sessions, challenges and addresses of exports, what was read on earlier
-- days, and alerts after 90 days. Frees former pseudonyms. Of each table, at most so many rows; the most of any that it
-- has deleted. A periodic job calls this until that is fewer.
CREATE FUNCTION identity.forget_waiting(most integer DEFAULT 5000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    expired CONSTANT text[] := ARRAY[
        ARRAY['identity.registration', 'expires_at <= now()'],
        ARRAY['identity.password_reset', 'expires_at <= now()'],
        ARRAY['identity.email_change', 'expires_at <= now()'],
        ARRAY['insight.organization_user', 'expires_at <= now()'],
        ARRAY['identity.attempt', 'tried_at < now() - interval ''1 day'''],
        ARRAY['identity.rate_limit', 'full_at <= now()'],
        ARRAY['identity.session', 'expires_at <= now()'],
        ARRAY['identity.second_factor_challenge', 'expires_at <= catalog.clock()'],
        ARRAY['identity.data_export', 'expires_at <= now()'],
        ARRAY['identity.pseudonym_look', 'until <= now()'],
        ARRAY['identity.reading', 'day < catalog.today()'],
        ARRAY['care.reading_alert', 'day < catalog.today() - 90']];
    one text[];
    done integer;
    found integer := 0;
BEGIN
    FOREACH one SLICE 1 IN ARRAY expired LOOP
        -- The condition twice: a row may have changed in between, such as a session that was prolonged.
        EXECUTE format('DELETE FROM %1$s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE %2$s LIMIT $1)) AND %2$s',
            one[1], one[2]) USING forget_waiting.most;
        GET DIAGNOSTICS done = ROW_COUNT;
        found := greatest(found, done);
    END LOOP;
    RETURN found;
END $$;
GRANT EXECUTE ON FUNCTION identity.forget_waiting(integer) TO cohorte_public, cohorte_manager;

-- Erasures and withdrawn consents, which a restored backup must not undo. They are stored as digests, here and outside of
-- the database.

-- The digest of a text, which nobody can compute without the key: a nested hash, as in HMAC.
CREATE FUNCTION identity.departure_digest(what text) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT substring(sha256(k.outer_key || sha256(k.inner_key || convert_to(what, 'UTF8'))) FROM 1 FOR 16)
    FROM identity.departure_key k
$$;

CREATE FUNCTION identity.note_erasure() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.departure (digest) VALUES (identity.departure_digest('member ' || OLD.id))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER erased AFTER DELETE ON care.member
    FOR EACH ROW WHEN (NOT OLD.demonstration) EXECUTE FUNCTION identity.note_erasure();
-- Of one that is carried out in pieces: with the first.
CREATE TRIGGER leaves AFTER UPDATE OF leaving ON care.member
    FOR EACH ROW WHEN (NEW.leaving AND NOT NEW.demonstration) EXECUTE FUNCTION identity.note_erasure();

-- What the next withdrawal of a member's consent is called, for each kind of organization, and under an empty kind for
-- the consent as a whole. The number of earlier ones is part of it: a consent that was given again can be withdrawn again.
CREATE FUNCTION research.withdrawals(member uuid, purpose text, noted boolean)
RETURNS TABLE (kind text, digest bytea)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.kind, identity.departure_digest(concat_ws(' ', 'consent', withdrawals.member, withdrawals.purpose, r.kind, (
        SELECT count(*) + CASE WHEN withdrawals.noted THEN 0 ELSE 1 END FROM research.consent_change h
        WHERE h.member_id = withdrawals.member AND h.purpose = withdrawals.purpose
            AND NOT (h.granted AND (r.kind = '' OR r.kind = ANY (h.recipients))))))
    FROM unnest('{"",LABORATORY,HOSPITAL,MUTUAL,INSURER}'::text[]) r (kind)
$$;

CREATE FUNCTION research.note_withdrawal() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO identity.departure (digest)
    SELECT w.digest FROM research.withdrawals(NEW.member_id, NEW.purpose, true) w
    WHERE NOT (NEW.granted AND (w.kind = '' OR w.kind = ANY (NEW.recipients)))
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER withdrawn AFTER INSERT ON research.consent_change
    FOR EACH ROW WHEN (NOT NEW.demonstration) EXECUTE FUNCTION research.note_withdrawal();

-- All digests of this database, how many there are, and others with which their number is made coarse where they are stored.
CREATE FUNCTION identity.departures()
RETURNS TABLE (id uuid, lineage text, count bigint, digests bytea[], fillers bytea[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT k.id, k.lineage, (SELECT count(*) FROM identity.departure), ARRAY(SELECT d.digest FROM identity.departure d),
        ARRAY(SELECT identity.departure_digest('filler ' || n) FROM generate_series(0, 255) n)
    FROM identity.departure_key k
$$;
GRANT EXECUTE ON FUNCTION identity.departures() TO cohorte_publisher;

-- The members who are here, or whose consents are in force, although their digests are among these and not in this database.
CREATE FUNCTION identity.returned_members(digests bytea[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH missing (digest) AS MATERIALIZED (
        SELECT d FROM unnest(returned_members.digests) d EXCEPT SELECT p.digest FROM identity.departure p)
    SELECT m.id FROM care.member m
    WHERE NOT m.leaving AND identity.departure_digest('member ' || m.id) IN (SELECT digest FROM missing)
    UNION
    SELECT k.member_id FROM research.consent k
    CROSS JOIN LATERAL research.withdrawals(k.member_id, k.purpose, false) w
    WHERE k.granted AND NOT k.demonstration AND w.digest IN (SELECT digest FROM missing)
        AND (w.kind = '' OR w.kind = ANY (k.recipients))
    ORDER BY 1
$$;
GRANT EXECUTE ON FUNCTION identity.returned_members(bytea[]) TO cohorte_publisher;

-- Erases a member, or withdraws the consents of theirs, whose digests are among these and not in this database; how many
-- they were. Nobody is written to: they were when they left.
CREATE FUNCTION identity.depart_again(member uuid, digests bytea[], OUT erased integer, OUT withdrawn integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing bytea[] := ARRAY(
        SELECT d FROM unnest(depart_again.digests) d EXCEPT SELECT p.digest FROM identity.departure p);
    leaving identity.account;
    one record;
BEGIN
    erased := 0;
    withdrawn := 0;
    IF identity.departure_digest('member ' || depart_again.member) = ANY (missing) THEN
        SELECT * INTO leaving FROM identity.account a WHERE a.member_id = depart_again.member FOR UPDATE;
        IF FOUND THEN
            PERFORM identity.erase(leaving, 'ACCOUNT_DELETED');
            DELETE FROM identity.outbox_entry o WHERE o.recipient = leaving.email;
            erased := 1;
        ELSE
            DELETE FROM care.member m WHERE m.id = depart_again.member;
            GET DIAGNOSTICS erased = ROW_COUNT;
        END IF;
        RETURN;
    END IF;
    FOR one IN
        SELECT k.*, bool_or(w.kind = '') AS ends, array_agg(w.kind) AS kinds
        FROM research.consent k
        CROSS JOIN LATERAL research.withdrawals(k.member_id, k.purpose, false) w
        WHERE k.member_id = depart_again.member AND k.granted AND NOT k.demonstration
            AND w.digest IN (SELECT unnest(missing)) AND (w.kind = '' OR w.kind = ANY (k.recipients))
        GROUP BY k.member_id, k.purpose ORDER BY k.purpose
    LOOP
        PERFORM set_config('cohorte.member', one.member_id::text, true);
        PERFORM research.set_consent(one.purpose, NOT one.ends,
            CASE WHEN one.ends THEN '{}' ELSE ARRAY(SELECT unnest(one.recipients) EXCEPT SELECT unnest(one.kinds)) END,
            one.notice_version, one.notice_language);
        withdrawn := withdrawn + 1;
    END LOOP;
    PERFORM set_config('cohorte.member', '', true);
END $$;
GRANT EXECUTE ON FUNCTION identity.depart_again(uuid, bytea[]) TO cohorte_publisher;

-- Notes digests that others have stored, once what they stand for is repeated, and the database's lineage.
CREATE FUNCTION identity.note_departures(digests bytea[], lineage text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.departure_key k SET lineage = note_departures.lineage
    WHERE k.lineage IS DISTINCT FROM note_departures.lineage;
    INSERT INTO identity.departure (digest) SELECT unnest(note_departures.digests) ON CONFLICT DO NOTHING
$$;
GRANT EXECUTE ON FUNCTION identity.note_departures(bytea[], text) TO cohorte_publisher;

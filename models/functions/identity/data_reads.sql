-- The trail of reads of members' data by staff and relatives.

-- Adds reads, one for each position of the lists: whose data, of which kind, read by which staff or else by which
-- relative, with the hash of which document. Ignores members who have left.
CREATE FUNCTION identity.record_reads(members text[], kinds text[], staff text[], relatives text[], documents text[])
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO care.data_read (
        member_id, kind, read_at, reader, staff_id, staff_roles, relative_id, document, demonstration)
    SELECT m.id, g.kind, catalog.clock(), CASE WHEN g.staff IS NULL THEN 'RELATIVE' ELSE 'STAFF' END,
        s.id, coalesce(s.roles, '{}'), r.id, g.document, m.demonstration
    FROM unnest(members::uuid[], kinds, staff::uuid[], relatives::uuid[], documents)
        AS g (member, kind, staff, relative, document)
    JOIN care.member m ON m.id = g.member
    LEFT JOIN identity.staff s ON s.id = g.staff
    LEFT JOIN care.member r ON r.id = g.relative
    ORDER BY m.id, g.kind  -- in one order, so that two processes do not wait for each other
$$;
GRANT EXECUTE ON FUNCTION identity.record_reads(text[], text[], text[], text[], text[]) TO cohorte_public;

-- Deletes at most so many of the reads that are older than so many days, and than a year; how many. A periodic job calls
-- this until they are fewer.
CREATE FUNCTION identity.forget_reads(days integer, most integer DEFAULT 5000) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    done integer;
BEGIN
    DELETE FROM care.data_read WHERE id = ANY (ARRAY(
        SELECT r.id FROM care.data_read r
        WHERE r.read_at < catalog.clock() - make_interval(days => greatest(forget_reads.days, 365))
        LIMIT forget_reads.most));
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END $$;
GRANT EXECUTE ON FUNCTION identity.forget_reads(integer, integer) TO cohorte_manager;

-- Refuses every change of the trail, by the owner too, but what the erasure of a member, relative or staff member
-- entails, and the deletion of reads that are older than a year.
CREATE FUNCTION care.keep_data_read() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' AND (
        OLD.read_at < catalog.clock() - interval '365 days'
        OR NOT EXISTS (SELECT FROM care.member m WHERE m.id = OLD.member_id AND NOT m.leaving))
    THEN
        RETURN OLD;
    ELSIF TG_OP = 'UPDATE'
        AND to_jsonb(NEW) - 'relative_id' - 'staff_id' = to_jsonb(OLD) - 'relative_id' - 'staff_id'
        AND (NEW.relative_id IS NOT DISTINCT FROM OLD.relative_id OR NEW.relative_id IS NULL
            AND NOT EXISTS (SELECT FROM care.member m WHERE m.id = OLD.relative_id AND NOT m.leaving))
        AND (NEW.staff_id IS NOT DISTINCT FROM OLD.staff_id OR NEW.staff_id IS NULL
            AND NOT EXISTS (SELECT FROM identity.staff s WHERE s.id = OLD.staff_id))
    THEN
        RETURN NEW;
    END IF;
    RAISE 'the trail of reads cannot be changed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER keep_data_read BEFORE UPDATE OR DELETE ON care.data_read
    FOR EACH ROW EXECUTE FUNCTION care.keep_data_read();
CREATE TRIGGER keep_data_reads BEFORE TRUNCATE ON care.data_read
    FOR EACH STATEMENT EXECUTE FUNCTION care.keep_data_read();

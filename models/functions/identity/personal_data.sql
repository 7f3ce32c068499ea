-- A member's own records, for the export of their data, and the erasure of members in pieces.

-- The categories of the viewer in each dataset that has their record, one row for each variable, with labels in the
-- language of this tag.
CREATE FUNCTION research.own_records(language text DEFAULT NULL)
RETURNS TABLE (dataset_id uuid, "position" integer, variable text, label text, codes text[], labels text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.dataset_id, v.position, v.name::text, coalesce(v.translations -> own_records.language ->> 'label', v.label),
        array_agg(c.code::text ORDER BY i.nth),
        array_agg(coalesce(c.translations -> own_records.language ->> 'label', c.label) ORDER BY i.nth)
    FROM research.record r
    JOIN insight.dataset d ON d.id = r.dataset_id AND d.status IN ('FREEZING', 'OPEN')
    JOIN insight.variable v ON v.dataset_id = r.dataset_id AND v.groups = ''
    CROSS JOIN LATERAL generate_series(0, v.max_per_member - 1) i (nth)
    JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        AND c.place = get_byte(r.codes, v.slot + i.nth)
    WHERE r.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
    GROUP BY r.dataset_id, v.position, v.name, v.label, v.translations
$$;
GRANT EXECUTE ON FUNCTION research.own_records(text) TO cohorte_patient;

-- References to members, each with what is done when a member is erased: of the tables that may have many rows of one
-- member, if `many`, or else of all others. Rows that refer to rows of another of these tables come before them. A new
-- table is among the others until it is added here.
CREATE FUNCTION identity.references_to_members(many boolean)
RETURNS TABLE (child text, reference text, is_deleted boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.conrelid::regclass::text, quote_ident(a.attname), c.confdeltype = 'c'
    FROM pg_constraint c
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
    LEFT JOIN unnest('{care.observation,care.own_observation,care.own_indicator,care.own_course,care.own_treatment,
            care.side_effect,care.evaluation,care.course,care.notification,care.post,care.discussion,
            care.data_read}'::text[]) WITH ORDINALITY l (name, place) ON l.name::regclass = c.conrelid
    WHERE c.contype = 'f' AND c.confrelid = 'care.member'::regclass
        AND (l.name IS NOT NULL) = references_to_members.many
    ORDER BY l.place, c.conrelid::regclass::text, a.attname
$$;

-- Deletes at most so many of the rows of a member who leaves, of the tables that may have many, and their name on what
-- stays; whether nothing is left. The member is locked and marked as leaving.
CREATE FUNCTION identity.erase_rows(whose uuid, most integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
    done integer;
BEGIN
    FOR one IN SELECT * FROM identity.references_to_members(true) LOOP
        EXECUTE format(
            CASE WHEN one.is_deleted THEN 'DELETE FROM %1$s' ELSE 'UPDATE %1$s SET %2$s = NULL' END
            || ' WHERE ctid = ANY (ARRAY(SELECT ctid FROM %1$s WHERE %2$s = $1 LIMIT $2)) AND %2$s = $1',
            one.child, one.reference) USING erase_rows.whose, erase_rows.most;
        GET DIAGNOSTICS done = ROW_COUNT;
        most := most - done;
        IF most <= 0 THEN
            RETURN false;
        END IF;
    END LOOP;
    RETURN true;
END $$;

-- Deletes all other rows of a member who leaves, and what their own row says of them: no role reads what is left.
CREATE FUNCTION identity.erase_all_else(whose uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    one record;
BEGIN
    -- As before a member's row is deleted.
    PERFORM FROM research.enrolment e JOIN insight.dataset d ON d.id = e.dataset_id
    WHERE e.member_id = whose AND d.status IN ('FREEZING', 'OPEN') ORDER BY d.id FOR SHARE OF d;
    FOR one IN SELECT * FROM identity.references_to_members(false) LOOP
        EXECUTE format(
            CASE WHEN one.is_deleted THEN 'DELETE FROM %1$s' ELSE 'UPDATE %1$s SET %2$s = NULL' END
            || ' WHERE %2$s = $1', one.child, one.reference) USING erase_all_else.whose;
    END LOOP;
    UPDATE care.member m SET pseudonym = m.id::text, about = NULL WHERE m.id = whose;
END $$;

-- Goes on with the erasure of one member who leaves, by at most so many rows; false if there is none. A periodic job calls this
-- until it returns false. Several may run at once: a member who is locked is left to whoever has them.
CREATE FUNCTION identity.go_on_erasing(most integer) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid;
BEGIN
    SELECT m.id INTO whose FROM care.member m WHERE m.leaving ORDER BY m.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF identity.erase_rows(whose, go_on_erasing.most) THEN
        DELETE FROM care.member m WHERE m.id = whose;
    END IF;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION identity.go_on_erasing(integer) TO cohorte_manager;

-- How a closed survey or a wave becomes a dataset: in pieces, each in a transaction of its own.
--
-- Members are frozen in the order of their ids, sixteen parts of all possible ids after one another. A piece is what
-- enrols, encodes and unlinks some of them, and the note of how far it has come: it happens completely or not at all, and
-- never twice.

-- Notes that a dataset is to be frozen, which needs so many members.
CREATE FUNCTION research.begin_freezing(dataset uuid, floor integer) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO research.freezing (dataset_id, floor, part, frozen_to, demonstration)
    SELECT d.id, begin_freezing.floor, 0, '00000000-0000-0000-0000-000000000000', d.demonstration
    FROM insight.dataset d WHERE d.id = begin_freezing.dataset AND d.status = 'FREEZING'
$$;
GRANT EXECUTE ON FUNCTION research.begin_freezing(uuid, integer) TO cohorte_publisher;

-- The datasets that are being frozen, with the published number of members of their communities.
CREATE FUNCTION research.freezings_due() RETURNS TABLE (id uuid, members integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT d.id, c.member_count
    FROM research.freezing f
    JOIN insight.dataset d ON d.id = f.dataset_id
    JOIN catalog.community c ON c.id = d.community_id
    ORDER BY d.id
$$;
GRANT EXECUTE ON FUNCTION research.freezings_due() TO cohorte_publisher;

-- Freezes the next members, at most `most`, and never of two parts. How many parts have been frozen since the beginning,
-- of sixteen; null if the dataset is not being frozen.
--
-- What is locked is the dataset, against whoever leaves it, and enrolling, for as long as one piece takes. Statements and
-- checks of foreign keys are planned once for all pieces, when the dataset has no rows: they use indexes nevertheless.
CREATE FUNCTION research.freeze_members(dataset uuid, most integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $$
DECLARE
    here research.freezing;
    frozen insight.dataset;
    ending uuid;
    last uuid;
BEGIN
    SELECT * INTO here FROM research.freezing f WHERE f.dataset_id = freeze_members.dataset FOR UPDATE;
    IF NOT FOUND OR here.part = 16 THEN
        RETURN here.part;
    END IF;
    SELECT * INTO frozen FROM insight.dataset d WHERE d.id = here.dataset_id;
    ending := rpad(to_hex(here.part), 32, 'f')::uuid;
    IF frozen.kind = 'SURVEY' THEN
        SELECT p.member_id INTO last FROM research.participation p
        WHERE p.survey_id = frozen.survey_id AND p.member_id > here.frozen_to AND p.member_id <= ending
        ORDER BY p.member_id OFFSET freeze_members.most - 1 LIMIT 1;
    ELSE
        SELECT b.member_id INTO last FROM care.membership b
        WHERE b.community_id = frozen.community_id AND b.member_id > here.frozen_to AND b.member_id <= ending
        ORDER BY b.member_id OFFSET freeze_members.most - 1 LIMIT 1;
    END IF;
    last := coalesce(last, ending);
    PERFORM research.enrol(frozen.id, here.frozen_to, last);
    PERFORM research.encode(frozen.id, here.frozen_to, last);
    IF frozen.kind = 'SURVEY' THEN
        PERFORM research.delete_answers(frozen.survey_id, here.frozen_to, last);
    END IF;
    IF last = ending THEN
        here.part := here.part + 1;
        UPDATE insight.dataset d SET progress = 100 * here.part / 17 WHERE d.id = frozen.id;
    END IF;
    UPDATE research.freezing f SET part = here.part, frozen_to = last WHERE f.dataset_id = frozen.id;
    RETURN here.part;
END $$;
GRANT EXECUTE ON FUNCTION research.freeze_members(uuid, integer) TO cohorte_publisher;

-- Opens a dataset whose members are all frozen, so that it can be counted. The number of members that it needs; null if
-- there is nothing to open.
CREATE FUNCTION research.open_frozen(dataset uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    needed integer;
BEGIN
    DELETE FROM research.freezing f WHERE f.dataset_id = open_frozen.dataset AND f.part = 16
    RETURNING f.floor INTO needed;
    UPDATE insight.dataset d SET status = 'OPEN', progress = 100 WHERE d.id = open_frozen.dataset AND needed IS NOT NULL;
    -- No answer is left, even if a sheet had nobody's participation.
    DELETE FROM research.answer_sheet a USING insight.dataset d
    WHERE d.id = open_frozen.dataset AND a.survey_id = d.survey_id AND needed IS NOT NULL;
    RETURN needed;
END $$;
GRANT EXECUTE ON FUNCTION research.open_frozen(uuid) TO cohorte_publisher;

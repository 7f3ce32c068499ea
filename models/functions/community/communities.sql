-- The number of members of a community.
--
-- Triggers count, so that counts equal the rows whoever writes. The row that holds a count is locked before its rows
-- are counted: of two writers, the second counts what the first has committed. Several such rows are locked in the
-- order of their ids, so that writers don't deadlock.

CREATE FUNCTION care.count_members() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM catalog.community c WHERE c.id IN (SELECT community_id FROM changed)
    ORDER BY c.id FOR NO KEY UPDATE;
    -- To the nearest ten, halves up.
    UPDATE catalog.community c SET member_count = n.rounded
    FROM (
        SELECT of.community_id, (count(m.member_id) + 5) / 10 * 10 AS rounded
        FROM (SELECT DISTINCT community_id FROM changed) of LEFT JOIN care.membership m USING (community_id)
        GROUP BY of.community_id
    ) n
    WHERE c.id = n.community_id AND c.member_count <> n.rounded;
    RETURN NULL;
END $$;

CREATE TRIGGER count_joined AFTER INSERT ON care.membership
REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION care.count_members();

CREATE TRIGGER count_left AFTER DELETE ON care.membership
REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION care.count_members();

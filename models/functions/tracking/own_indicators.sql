-- Moves members' values of their own indicators to indicators of the catalogue.

-- Moves an own indicator's values to an indicator of the catalogue where they mean the same there, and deletes the own
-- indicator once it is empty. A day on which the member has a value of the other already keeps both. The result is MOVED
-- or PARTLY_MOVED, or why nothing was moved: SCALE, UNIT, BOUNDS, or NOTHING if one of the two does not exist. It
-- checks no rights: for other functions of the owner.
CREATE FUNCTION care.move_own_indicator(own uuid, target uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    mine care.own_indicator;
    there catalog.indicator;
BEGIN
    -- No value is recorded meanwhile: its reference locks the row.
    SELECT * INTO mine FROM care.own_indicator i WHERE i.id = own FOR UPDATE;
    SELECT * INTO there FROM catalog.indicator i WHERE i.id = target AND i.retired_on IS NULL FOR KEY SHARE;
    IF mine.id IS NULL OR there.id IS NULL THEN
        RETURN 'NOTHING';
    ELSIF mine.scale <> there.scale THEN
        RETURN 'SCALE';
    ELSIF mine.unit IS DISTINCT FROM there.unit
        AND NOT EXISTS (SELECT FROM jsonb_each(there.translations) t WHERE t.value ->> 'unit' = mine.unit) THEN
        RETURN 'UNIT';
    -- A grade or a rating means its place between the two ends; a quantity means the same within any bounds.
    ELSIF mine.scale <> 'QUANTITY' AND (mine.minimum, mine.maximum) <> (there.minimum, there.maximum)
        OR EXISTS (SELECT FROM care.own_observation o
            WHERE o.own_indicator_id = own AND o.value NOT BETWEEN there.minimum AND there.maximum) THEN
        RETURN 'BOUNDS';
    END IF;
    WITH moved AS (
        INSERT INTO care.observation (member_id, indicator_id, observed_on, value, note, by_relative, demonstration)
        SELECT o.member_id, target, o.observed_on, o.value, o.note, o.by_relative, o.demonstration
        FROM care.own_observation o WHERE o.own_indicator_id = own ORDER BY o.observed_on
        ON CONFLICT (member_id, indicator_id, observed_on) DO NOTHING
        RETURNING observed_on
    )
    DELETE FROM care.own_observation o USING moved
    WHERE o.own_indicator_id = own AND o.observed_on = moved.observed_on;
    IF EXISTS (SELECT FROM care.own_observation o WHERE o.own_indicator_id = own) THEN
        RETURN 'PARTLY_MOVED';
    END IF;
    DELETE FROM care.own_indicator i WHERE i.id = own;
    RETURN 'MOVED';
END $$;

-- As above, for an own indicator of the viewer.
CREATE FUNCTION care.merge_own_indicator(own uuid, target uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM care.own_indicator i WHERE i.id = own
            AND i.member_id = nullif(current_setting('cohorte.member', true), '')::uuid) THEN
        RETURN 'NOTHING';
    END IF;
    RETURN care.move_own_indicator(own, target);
END $$;
GRANT EXECUTE ON FUNCTION care.merge_own_indicator(uuid, uuid) TO cohorte_patient;

-- The catalogue: who may edit it, and its history.

-- Raises insufficient_privilege unless the viewer is a catalogue editor.
CREATE FUNCTION identity.require_catalogue_editor() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM identity.staff f
    WHERE f.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'CATALOGUE_EDITOR' = ANY (f.roles);
    IF NOT FOUND THEN
        RAISE 'only catalogue editors may do this' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- The part of a row of the catalogue that editors change, by column: not what the server computes.
CREATE FUNCTION catalog.edited_part(whole jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT whole - ARRAY['id', 'version', 'search', 'member_count', 'counted_on', 'consenting_count', 'demonstration',
        'moves_at']
$$;

-- A column's name in the graph.
CREATE FUNCTION catalog.field_of(column_name text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE column_name
        WHEN 'words' THEN 'searchWords'
        WHEN 'condition_id' THEN 'condition'
        WHEN 'merged_into_id' THEN 'mergedInto'
        ELSE left(column_name, 1) || substr(replace(initcap(replace(column_name, '_', ' ')), ' ', ''), 2)
    END
$$;

-- Adds a change to the history, made by the viewer if they are staff.
CREATE FUNCTION catalog.record_change(
    subject_type text, subject uuid, field text, before text, after text, demonstration boolean
) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO catalog.catalogue_change
        (subject_type, subject_id, field, before, after, staff_id, changed_by, changed_at, demonstration)
    SELECT record_change.subject_type, record_change.subject, record_change.field, record_change.before,
        record_change.after, s.id, s.name, catalog.clock(), record_change.demonstration
    FROM (SELECT nullif(current_setting('cohorte.staff', true), '')::uuid AS id) viewer
    LEFT JOIN identity.staff s ON s.id = viewer.id
$$;

-- Records a new row of the catalogue, and each field of one that changes. Its argument is the prefix of the row's ids.
CREATE FUNCTION catalog.record_edit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    earlier jsonb := CASE TG_OP WHEN 'UPDATE' THEN catalog.edited_part(to_jsonb(OLD)) END;
    later jsonb := catalog.edited_part(to_jsonb(NEW));
    prefixes CONSTANT jsonb := jsonb_build_object('condition_id', 'con_', 'merged_into_id', TG_ARGV[0] || '_');
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM catalog.record_change(TG_ARGV[0], NEW.id, NULL, NULL, NEW.name, NEW.demonstration);
        RETURN NULL;
    END IF;
    PERFORM catalog.record_change(
        TG_ARGV[0], NEW.id, catalog.field_of(n.key), coalesce(prefixes ->> n.key, '') || (earlier ->> n.key),
        coalesce(prefixes ->> n.key, '') || n.value, NEW.demonstration)
    FROM jsonb_each_text(later) n WHERE later -> n.key IS DISTINCT FROM earlier -> n.key;
    RETURN NULL;
END $$;

-- Counts the versions of a row: each change by an editor makes one.
CREATE FUNCTION catalog.count_version() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF catalog.edited_part(to_jsonb(NEW)) IS DISTINCT FROM catalog.edited_part(to_jsonb(OLD)) THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER count_condition_version BEFORE UPDATE ON catalog.condition
    FOR EACH ROW EXECUTE FUNCTION catalog.count_version();
CREATE TRIGGER count_community_version BEFORE UPDATE ON catalog.community
    FOR EACH ROW EXECUTE FUNCTION catalog.count_version();
CREATE TRIGGER count_indicator_version BEFORE UPDATE ON catalog.indicator
    FOR EACH ROW EXECUTE FUNCTION catalog.count_version();
CREATE TRIGGER count_treatment_version BEFORE UPDATE ON catalog.treatment
    FOR EACH ROW EXECUTE FUNCTION catalog.count_version();

-- The demonstration's catalogue has no history but what staff make of it.
CREATE TRIGGER record_condition AFTER INSERT OR UPDATE ON catalog.condition
    FOR EACH ROW WHEN (NOT NEW.demonstration OR current_setting('cohorte.staff', true) <> '')
    EXECUTE FUNCTION catalog.record_edit('con');
CREATE TRIGGER record_community AFTER INSERT OR UPDATE ON catalog.community
    FOR EACH ROW WHEN (NOT NEW.demonstration OR current_setting('cohorte.staff', true) <> '')
    EXECUTE FUNCTION catalog.record_edit('com');
CREATE TRIGGER record_indicator AFTER INSERT OR UPDATE ON catalog.indicator
    FOR EACH ROW WHEN (NOT NEW.demonstration OR current_setting('cohorte.staff', true) <> '')
    EXECUTE FUNCTION catalog.record_edit('ind');
CREATE TRIGGER record_treatment AFTER INSERT OR UPDATE ON catalog.treatment
    FOR EACH ROW WHEN (NOT NEW.demonstration OR current_setting('cohorte.staff', true) <> '')
    EXECUTE FUNCTION catalog.record_edit('trt');

-- The catalogue: who may edit it, its history, and the lists of communities.

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

-- Replaces the indicators of a community, in their order. A change is counted and recorded like one of its row.
-- The same indicators change nothing. For the owner: loading, and the function below.
CREATE FUNCTION catalog.replace_community_indicators(community uuid, indicators uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    earlier text;
    later text;
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = replace_community_indicators.community FOR NO KEY UPDATE;
    SELECT string_agg(i.slug, ' ' ORDER BY b.position, i.id) INTO earlier
    FROM catalog.community_indicator b JOIN catalog.indicator i ON i.id = b.indicator_id
    WHERE b.community_id = replace_community_indicators.community;
    SELECT string_agg(i.slug, ' ' ORDER BY n.position) INTO later
    FROM unnest(replace_community_indicators.indicators) WITH ORDINALITY n (id, position)
    JOIN catalog.indicator i ON i.id = n.id;
    IF earlier IS NOT DISTINCT FROM later THEN
        RETURN;
    END IF;
    DELETE FROM catalog.community_indicator b WHERE b.community_id = replace_community_indicators.community;
    INSERT INTO catalog.community_indicator (community_id, indicator_id, position, demonstration)
    SELECT c.id, n.id, n.position, c.demonstration
    FROM catalog.community c, unnest(replace_community_indicators.indicators) WITH ORDINALITY n (id, position)
    WHERE c.id = replace_community_indicators.community;
    UPDATE catalog.community c SET version = c.version + 1 WHERE c.id = replace_community_indicators.community;
    PERFORM catalog.record_change('com', c.id, 'indicators', earlier, later, c.demonstration)
    FROM catalog.community c
    WHERE c.id = replace_community_indicators.community
        AND (NOT c.demonstration OR current_setting('cohorte.staff', true) <> '');
END $$;

-- As `replace_community_indicators`, for catalogue editors.
CREATE FUNCTION catalog.set_community_indicators(community uuid, indicators uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM catalog.replace_community_indicators(community, indicators);
END $$;
GRANT EXECUTE ON FUNCTION catalog.set_community_indicators(uuid, uuid[]) TO cohorte_manager;

-- Replaces the treatments of a community, in their order. A change is counted and recorded like one of its row.
-- The same treatments change nothing. For the owner: loading, and the function below.
CREATE FUNCTION catalog.replace_community_treatments(community uuid, treatments uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    earlier text;
    later text;
BEGIN
    PERFORM FROM catalog.community c WHERE c.id = replace_community_treatments.community FOR NO KEY UPDATE;
    SELECT string_agg(t.slug, ' ' ORDER BY b.position, t.id) INTO earlier
    FROM catalog.community_treatment b JOIN catalog.treatment t ON t.id = b.treatment_id
    WHERE b.community_id = replace_community_treatments.community;
    SELECT string_agg(t.slug, ' ' ORDER BY n.position) INTO later
    FROM unnest(replace_community_treatments.treatments) WITH ORDINALITY n (id, position)
    JOIN catalog.treatment t ON t.id = n.id;
    IF earlier IS NOT DISTINCT FROM later THEN
        RETURN;
    END IF;
    DELETE FROM catalog.community_treatment b WHERE b.community_id = replace_community_treatments.community;
    INSERT INTO catalog.community_treatment (community_id, treatment_id, position, demonstration)
    SELECT c.id, n.id, n.position, c.demonstration
    FROM catalog.community c, unnest(replace_community_treatments.treatments) WITH ORDINALITY n (id, position)
    WHERE c.id = replace_community_treatments.community;
    UPDATE catalog.community c SET version = c.version + 1 WHERE c.id = replace_community_treatments.community;
    PERFORM catalog.record_change('com', c.id, 'treatments', earlier, later, c.demonstration)
    FROM catalog.community c
    WHERE c.id = replace_community_treatments.community
        AND (NOT c.demonstration OR current_setting('cohorte.staff', true) <> '');
END $$;

-- As `replace_community_treatments`, for catalogue editors.
CREATE FUNCTION catalog.set_community_treatments(community uuid, treatments uuid[]) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM identity.require_catalogue_editor();
    PERFORM catalog.replace_community_treatments(community, treatments);
END $$;
GRANT EXECUTE ON FUNCTION catalog.set_community_treatments(uuid, uuid[]) TO cohorte_manager;

-- The name of a community in the language of a locale, or in English if it has none there.
CREATE FUNCTION catalog.community_name(community uuid, locale text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(c.translations -> lower(split_part(community_name.locale, '-', 1)) ->> 'name', c.name)
    FROM catalog.community c WHERE c.id = community_name.community
$$;

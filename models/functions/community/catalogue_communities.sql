-- Lists of communities, and their names.

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

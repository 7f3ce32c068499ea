-- A member's own records, for the export of their data.

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
    JOIN insight.variable v ON v.dataset_id = r.dataset_id AND v.groups = ''
    CROSS JOIN LATERAL generate_series(0, v.max_per_member - 1) i (nth)
    JOIN insight.category c ON c.dataset_id = v.dataset_id AND c.variable = v.position
        AND c.place = get_byte(r.codes, v.slot + i.nth)
    WHERE r.member_id = nullif(current_setting('cohorte.member', true), '')::uuid
    GROUP BY r.dataset_id, v.position, v.name, v.label, v.translations
$$;
GRANT EXECUTE ON FUNCTION research.own_records(text) TO cohorte_patient;

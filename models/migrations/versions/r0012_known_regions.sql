-- Regions in other spellings get the names that datasets have. What is none of them is cleared in profiles; it stays in
-- the eligibility of surveys, where it matches nobody: without it, they would ask everybody.
CREATE TEMPORARY TABLE known_region (spelling text PRIMARY KEY, name text NOT NULL) ON COMMIT DROP;
INSERT INTO known_region VALUES
    ('auvergnerhonealpes', 'Auvergne-Rhône-Alpes'),
    ('bourgognefranchecomte', 'Bourgogne-Franche-Comté'),
    ('bretagne', 'Bretagne'),
    ('centrevaldeloire', 'Centre-Val de Loire'),
    ('corse', 'Corse'),
    ('grandest', 'Grand Est'),
    ('guadeloupe', 'Guadeloupe'),
    ('guyane', 'Guyane'),
    ('hautsdefrance', 'Hauts-de-France'),
    ('iledefrance', 'Île-de-France'),
    ('lareunion', 'La Réunion'),
    ('martinique', 'Martinique'),
    ('mayotte', 'Mayotte'),
    ('normandie', 'Normandie'),
    ('nouvelleaquitaine', 'Nouvelle-Aquitaine'),
    ('occitanie', 'Occitanie'),
    ('paysdelaloire', 'Pays de la Loire'),
    ('provencealpescotedazur', 'Provence-Alpes-Côte d''Azur');
CREATE FUNCTION pg_temp.region_named(written text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT name FROM known_region
    WHERE spelling = regexp_replace(lower(normalize(written, NFKD) COLLATE "C"), '[^a-z]', '', 'g')
$$;
UPDATE care.profile SET region = pg_temp.region_named(region)
WHERE region IS NOT NULL AND NOT EXISTS (SELECT FROM known_region WHERE name = region);
UPDATE identity.registration SET region = pg_temp.region_named(region)
WHERE region IS NOT NULL AND NOT EXISTS (SELECT FROM known_region WHERE name = region);
UPDATE catalog.eligibility SET regions = (
    SELECT array_agg(DISTINCT coalesce(pg_temp.region_named(region), region)) FROM unnest(regions) region)
WHERE cardinality(regions) > 0 AND NOT regions <@ (SELECT array_agg(name) FROM known_region);
DROP FUNCTION pg_temp.region_named(text);

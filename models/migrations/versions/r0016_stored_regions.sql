-- The eligibility of surveys may have regions that matched nobody, because no list of regions had them. Where nothing else is
-- left, nobody is asked still: without a region, everybody would be.
CREATE TEMPORARY TABLE known_regions ON COMMIT DROP AS SELECT ARRAY['Auvergne-Rhône-Alpes', 'Bourgogne-Franche-Comté', 'Bretagne', 'Centre-Val de Loire', 'Corse', 'Grand Est', 'Guadeloupe', 'Guyane', 'Hauts-de-France', 'Île-de-France', 'La Réunion', 'Martinique', 'Mayotte', 'Normandie', 'Nouvelle-Aquitaine', 'Occitanie', 'Pays de la Loire', 'Provence-Alpes-Côte d''Azur']::text[] AS names;
UPDATE catalog.eligibility SET
    born_from = CASE WHEN regions && names THEN born_from ELSE 9999 END,
    regions = ARRAY(SELECT region FROM unnest(regions) WITH ORDINALITY AS each (region, place) WHERE region = ANY (names) ORDER BY place)
FROM known_regions WHERE NOT regions <@ names;
DROP TABLE known_regions;
ALTER TABLE care.profile ADD CONSTRAINT ck_profile_region CHECK (region IN ('Auvergne-Rhône-Alpes', 'Bourgogne-Franche-Comté', 'Bretagne', 'Centre-Val de Loire', 'Corse', 'Grand Est', 'Guadeloupe', 'Guyane', 'Hauts-de-France', 'Île-de-France', 'La Réunion', 'Martinique', 'Mayotte', 'Normandie', 'Nouvelle-Aquitaine', 'Occitanie', 'Pays de la Loire', 'Provence-Alpes-Côte d''Azur'));
ALTER TABLE catalog.eligibility ADD CONSTRAINT ck_eligibility_regions CHECK (regions <@ ARRAY['Auvergne-Rhône-Alpes', 'Bourgogne-Franche-Comté', 'Bretagne', 'Centre-Val de Loire', 'Corse', 'Grand Est', 'Guadeloupe', 'Guyane', 'Hauts-de-France', 'Île-de-France', 'La Réunion', 'Martinique', 'Mayotte', 'Normandie', 'Nouvelle-Aquitaine', 'Occitanie', 'Pays de la Loire', 'Provence-Alpes-Côte d''Azur']::text[]);
ALTER TABLE identity.registration ADD CONSTRAINT ck_registration_region CHECK (region IN ('Auvergne-Rhône-Alpes', 'Bourgogne-Franche-Comté', 'Bretagne', 'Centre-Val de Loire', 'Corse', 'Grand Est', 'Guadeloupe', 'Guyane', 'Hauts-de-France', 'Île-de-France', 'La Réunion', 'Martinique', 'Mayotte', 'Normandie', 'Nouvelle-Aquitaine', 'Occitanie', 'Pays de la Loire', 'Provence-Alpes-Côte d''Azur'));

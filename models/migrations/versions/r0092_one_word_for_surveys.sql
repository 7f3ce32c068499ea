-- What members consent to is unchanged; its French says "questionnaire", as everything else does. The words of a version
-- never change, so these are new versions, with the same English text.
INSERT INTO catalog.notice (purpose, version, language, in_force_on, text)
SELECT n.purpose, v.latter, n.language, '2026-11-27', n.text
FROM catalog.notice n
JOIN (VALUES ('SURVEY_RESEARCH', '2026-2', '2026-3'), ('TRACKING_RESEARCH', '2026-1', '2026-2')) v (purpose, former, latter)
    ON v.purpose = n.purpose AND v.former = n.version;
DO $$
DECLARE
    phrase text[];
BEGIN
    FOREACH phrase SLICE 1 IN ARRAY ARRAY[
        ['aux enquêtes de vos communautés', 'aux questionnaires de vos communautés'],
        ['tous les tableaux d’une enquête', 'tous les tableaux d’un questionnaire'],
        ['chaque enquête indique', 'chaque questionnaire indique'],
        ['(enquêtes, suivis', '(questionnaires, suivis'],
        ['Tant qu’une enquête est ouverte', 'Tant qu’un questionnaire est ouvert'],
        ['aux enquêtes ouvertes', 'aux questionnaires ouverts']
    ] LOOP
        UPDATE catalog.notice n SET text = replace(n.text, phrase[1], phrase[2])
        WHERE n.language = 'FR'
            AND (n.purpose, n.version) IN (('SURVEY_RESEARCH', '2026-3'), ('TRACKING_RESEARCH', '2026-2'));
    END LOOP;
END $$;

-- Spaces before colons and semicolons that no line ends at. They are no words, so the versions stay.
UPDATE catalog.notice SET text = replace(replace(text, ' :', U&'\00A0:'), ' ;', U&'\202F;')
WHERE language = 'FR' AND (purpose, version) IN (('SURVEY_RESEARCH', '2026-3'), ('TRACKING_RESEARCH', '2026-2'));
UPDATE catalog.privacy_notice SET text = replace(replace(text, ' :', U&'\00A0:'), ' ;', U&'\202F;')
WHERE language = 'FR' AND version = '2026-1';
UPDATE catalog.help_line SET description = replace(replace(description, ' :', U&'\00A0:'), ' ;', U&'\202F;')
WHERE language = 'FR';

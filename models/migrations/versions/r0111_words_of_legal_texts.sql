-- What members accept is unchanged: in French, organizations, notices, moderators and surveys are called what everything
-- else calls them, and nobody is addressed as a man. The words of a version never change, so these are new versions, with
-- the same English text.
UPDATE catalog.notice SET in_force_on = '2026-11-26'  -- one day earlier, since one version is in force at a time
WHERE (purpose, version) IN (('SURVEY_RESEARCH', '2026-3'), ('TRACKING_RESEARCH', '2026-2'));
INSERT INTO catalog.notice (purpose, version, language, in_force_on, text)
SELECT n.purpose, v.latter, n.language, '2026-11-27', n.text
FROM catalog.notice n
JOIN (VALUES ('SURVEY_RESEARCH', '2026-3', '2026-4'), ('TRACKING_RESEARCH', '2026-2', '2026-3')) v (purpose, former, latter)
    ON v.purpose = n.purpose AND v.former = n.version;
INSERT INTO catalog.privacy_notice (version, language, in_force_on, text)
SELECT '2026-2', p.language, '2026-11-27', p.text FROM catalog.privacy_notice p WHERE p.version = '2026-1';
INSERT INTO catalog.terms (version, language, in_force_on, text)
SELECT '2026-2', t.language, '2026-11-27', t.text FROM catalog.terms t WHERE t.version = '2026-1';
DO $$
DECLARE
    phrase text[];
BEGIN
    FOREACH phrase SLICE 1 IN ARRAY ARRAY[
        ['Les organismes des catégories que vous choisissez', 'Les organisations des types que vous choisissez'],
        ['Les membres et les équipes de Cohorte lisent les mêmes', 'Les membres et l’équipe de Cohorte lisent les mêmes'],
        ['Aucune de vos réponses, aucun texte et aucune date de vous ne sont publiés', 'Ni vos réponses, ni vos textes, ni vos dates ne sont publiés'],
        ['Aucune de vos valeurs, aucun texte et aucune date de vous ne sont publiés', 'Ni vos valeurs, ni vos textes, ni vos dates ne sont publiés'],
        ['traitements et vos évaluations de ceux-ci', 'traitements et l’évaluation que vous en faites'],
        ['avec tout ce dans quoi vous êtes compté en un an', 'avec tous les comptages dont vous faites partie en un an'],
        ['Le fait que vous avez été compté et vos consentements', 'Votre participation aux comptages et vos consentements'],
        ['et vous n’êtes plus compté ensuite', 'et vous ne faites plus partie des comptages suivants'],
        ['l’entrée en vigueur de cet avis', 'l’entrée en vigueur de cette notice'],
        ['avec l’avis qui vous a été présenté', 'avec la notice qui vous a été présentée']
    ] LOOP
        UPDATE catalog.notice n SET text = replace(n.text, phrase[1], phrase[2])
        WHERE n.language = 'FR'
            AND (n.purpose, n.version) IN (('SURVEY_RESEARCH', '2026-4'), ('TRACKING_RESEARCH', '2026-3'));
    END LOOP;
    FOREACH phrase SLICE 1 IN ARRAY ARRAY[
        ['et si vous êtes un patient, un proche ou une association', 'et si vous vous inscrivez comme patient, proche ou association'],
        ['Les modérateurs lisent', 'La modération lit'],
        ['les modérateurs en sont avertis aussitôt, sans le texte. L’auteur de la publication voit qui il peut appeler', 'la modération en est avertie aussitôt, sans recevoir le texte. La personne qui a écrit le message voit qui elle peut appeler']
    ] LOOP
        UPDATE catalog.privacy_notice p SET text = replace(p.text, phrase[1], phrase[2])
        WHERE p.language = 'FR' AND p.version = '2026-2';
    END LOOP;
    FOREACH phrase SLICE 1 IN ARRAY ARRAY[
        ['vous est destiné à vous seul, en tant que membre', 'n’est destiné qu’à vous, en tant que membre'],
        ['si vous êtes un patient, un proche ou une association', 'si vous vous inscrivez comme patient, proche ou association'],
        ['Le nombre de membres que vous lisez en un jour et', 'Le nombre de membres dont vous lisez les données en un jour et'],
        ['Cohorte conserve pendant un jour les membres que vous avez lus, sous forme', 'Cohorte conserve pendant un jour la liste des membres dont vous avez lu les données, sous forme'],
        ['les modérateurs en sont avertis', 'la modération en est avertie']
    ] LOOP
        UPDATE catalog.terms t SET text = replace(t.text, phrase[1], phrase[2])
        WHERE t.language = 'FR' AND t.version = '2026-2';
    END LOOP;
END $$;

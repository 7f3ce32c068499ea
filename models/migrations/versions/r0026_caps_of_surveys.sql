DROP FUNCTION catalog.schedule_survey(uuid);
ALTER TABLE insight.cell DROP CONSTRAINT ck_cell_reliability;
ALTER TABLE insight.statistic DROP CONSTRAINT ck_statistic_reliability;
ALTER TABLE catalog.survey ADD COLUMN cap_micro_rho integer DEFAULT 200000 NOT NULL;
UPDATE catalog.survey s SET cap_micro_rho = d.cap_micro_rho
FROM insight.dataset d WHERE d.survey_id = s.id AND d.cap_micro_rho BETWEEN 50000 AND 250000;
ALTER TABLE catalog.survey ADD CONSTRAINT ck_survey_cap CHECK (cap_micro_rho BETWEEN 50000 AND 250000);
ALTER TABLE insight.cell ADD CONSTRAINT ck_cell_reliability CHECK (reliability IN ('HIGH', 'LOW', 'NONE', 'HIDDEN'));
ALTER TABLE insight.statistic ADD CONSTRAINT ck_statistic_reliability CHECK (reliability IN ('HIGH', 'LOW', 'NONE', 'HIDDEN'));
CREATE OR REPLACE FUNCTION catalog.schedule_survey(survey uuid, cap_micro_rho integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
BEGIN
    PERFORM identity.require_survey_manager();
    UPDATE catalog.survey s SET status = 'WAITING', cap_micro_rho = schedule_survey.cap_micro_rho
    WHERE s.id = schedule_survey.survey AND s.status = 'DRAFT' AND NOT catalog.is_over(s.closes_on);
    RETURN FOUND;
END $function$;

GRANT EXECUTE ON FUNCTION catalog.schedule_survey(uuid,integer) TO cohorte_publisher;

-- The notice for surveys: the cap of each is chosen, and shown before anybody takes part.
INSERT INTO catalog.notice (purpose, version, language, in_force_on, text)
SELECT n.purpose, '2026-2', n.language, '2026-11-25', replace(n.text, r.former, r.latter)
FROM catalog.notice n
JOIN (VALUES
    ('EN', 'With all tables of one survey they are right at most 68 times in 100 (70 if it closed before this notice was in force); with',
        'With all tables of one survey they are right at most 70 times in 100, or fewer: each survey shows its own figure before you answer it; with'),
    ('FR', 'Avec tous les tableaux d’une enquête, il a raison au plus 68 fois sur 100 (70 si elle a été close avant l’entrée en vigueur de cet avis) ; avec',
        'Avec tous les tableaux d’une enquête, il a raison au plus 70 fois sur 100, ou moins : chaque enquête indique son propre chiffre avant que vous y répondiez ; avec')
) r (language, former, latter) ON r.language = n.language
WHERE n.purpose = 'SURVEY_RESEARCH' AND n.version = '2026-1';

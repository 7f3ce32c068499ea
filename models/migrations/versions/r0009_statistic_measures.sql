ALTER TABLE insight.statistic DROP CONSTRAINT ck_statistic_measure;
ALTER TABLE insight.statistic ADD CONSTRAINT ck_statistic_measure CHECK (measure IN ('MEAN', 'MEDIAN'));

-- The last and the first day of the calendar were stored as infinity, which the graph's scalars cannot represent.
UPDATE catalog.survey SET opens_on = '9999-12-31' WHERE opens_on = 'infinity';
UPDATE catalog.survey SET closes_on = '9999-12-31' WHERE closes_on = 'infinity';
UPDATE insight.licence SET starts_on = '9999-12-31' WHERE starts_on = 'infinity';
UPDATE insight.licence SET ends_on = '9999-12-31' WHERE ends_on = 'infinity';
UPDATE research.answer SET day = CASE WHEN day > '2000-01-01' THEN '9999-12-31'::date ELSE '0001-01-01'::date END
WHERE NOT isfinite(day);
UPDATE care.suspension
SET until = CASE
    WHEN until > '2000-01-01' THEN '9999-12-31 23:59:59.999999+00'::timestamptz ELSE '0001-01-01 00:00:00+00'::timestamptz
END
WHERE NOT isfinite(until);

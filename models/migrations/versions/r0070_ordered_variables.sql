-- Ages and times have an order, although they have no values. What was published from them has no statistics and gains
-- none.
UPDATE insight.variable SET ordinal = true WHERE rule IN ('AGE', 'DIAGNOSIS', 'DAY') AND NOT ordinal;

-- 2.4 in place of 2.4000000000000004. Edges stay: records were counted by them.
UPDATE insight.category SET value = round(value::numeric, 12 - 1 - floor(log(abs(value::numeric)))::integer)::float8
WHERE value <> 0 AND abs(value) < 'infinity'
    AND value <> round(value::numeric, 12 - 1 - floor(log(abs(value::numeric)))::integer)::float8;

SELECT t.slug AS value FROM catalog.treatment t JOIN care.evaluation e ON e.treatment_id = t.id
GROUP BY t.slug ORDER BY count(*) DESC, t.slug LIMIT 20

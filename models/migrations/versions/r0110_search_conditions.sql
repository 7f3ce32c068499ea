ALTER TABLE catalog.condition ADD COLUMN search TSVECTOR GENERATED ALWAYS AS (catalog.entry_words(name, NULL, translations, coalesce(icd10 || ', ', '') || coalesce('ORPHA:' || orpha || ', ', '') || coalesce('OMIM:' || omim || ', ', '') || coalesce(hpo, ''))) STORED NOT NULL;
CREATE INDEX ix_condition_search ON catalog.condition USING gin (search);

REVOKE UPDATE (closes_on, description, title, translations, version) ON catalog.survey FROM cohorte_manager;
ALTER TABLE catalog.survey ADD COLUMN revision integer DEFAULT 1 NOT NULL;
GRANT UPDATE (closes_on, description, revision, title, translations, version) ON catalog.survey TO cohorte_manager;

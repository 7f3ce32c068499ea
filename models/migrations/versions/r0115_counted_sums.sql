REVOKE INSERT (contributions, cube, dataset_id, demonstration, estimates, id, improves_id, licence_id, margin, measured, micro_rho, noisy, organization_id, "precision", published_at, purpose, salt, sigma, total_micro_rho, variables) ON insight.release FROM cohorte_publisher;
ALTER TABLE insight.release ADD COLUMN counts_id uuid;
ALTER TABLE insight.release ADD CONSTRAINT ck_release_counts CHECK (counts_id IS NULL OR measured IS NOT NULL);
ALTER TABLE insight.release ADD CONSTRAINT fk_release_counts_id_release FOREIGN KEY (counts_id) REFERENCES insight.release(id) ON DELETE RESTRICT;
GRANT INSERT (contributions, counts_id, cube, dataset_id, demonstration, estimates, id, improves_id, licence_id, margin, measured, micro_rho, noisy, organization_id, "precision", published_at, purpose, salt, sigma, total_micro_rho, variables) ON insight.release TO cohorte_publisher;

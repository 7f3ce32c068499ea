REVOKE INSERT (contributions, cube, dataset_id, demonstration, estimates, id, improves_id, licence_id, margin, micro_rho, noisy, organization_id, "precision", published_at, purpose, salt, sigma, total_micro_rho, variables) ON insight.release FROM cohorte_publisher;
ALTER TABLE insight.release ADD COLUMN measured integer;
ALTER TABLE insight.release ADD CONSTRAINT ck_release_measured CHECK (measured IS NULL OR measured = ANY (variables));
GRANT INSERT (contributions, cube, dataset_id, demonstration, estimates, id, improves_id, licence_id, margin, measured, micro_rho, noisy, organization_id, "precision", published_at, purpose, salt, sigma, total_micro_rho, variables) ON insight.release TO cohorte_publisher;

REVOKE INSERT (contributions, cube, dataset_id, demonstration, estimates, id, improves_id, licence_id, margin, micro_rho, noisy, organization_id, "precision", published_at, purpose, sigma, total_micro_rho, variables) ON insight.release FROM cohorte_publisher;
REVOKE INSERT (cells_digest, community_id, count_release_id, dataset_id, dataset_title, demonstration, hash, micro_rho, organization_id, organization_name, "position", previous_hash, published_at, purpose, release_id, variables) ON insight.ledger_entry FROM cohorte_publisher;
REVOKE INSERT (community_id, demonstration, id, kind, micro_rho, noisy, published_at, survey_id) ON insight.count_release FROM cohorte_publisher;
DROP POLICY patient_reads ON insight.release;
DROP POLICY manager_reads ON insight.release;
-- Entries so far have no salt: they are of version 1, and what they commit with is the digest of the cells.
ALTER TABLE insight.ledger_entry RENAME COLUMN cells_digest TO commitment;
ALTER TABLE insight.count_release ADD COLUMN salt bytea;
ALTER TABLE insight.release ADD COLUMN salt bytea;
-- By a default, because the trigger refuses every UPDATE.
ALTER TABLE insight.ledger_entry ADD COLUMN version integer DEFAULT 1 NOT NULL;
ALTER TABLE insight.ledger_entry ALTER COLUMN version DROP DEFAULT;
ALTER TABLE insight.count_release ADD CONSTRAINT ck_count_release_salt CHECK (octet_length(salt) = 32);
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_version CHECK (version IN (1, 2));
ALTER TABLE insight.release ADD CONSTRAINT ck_release_salt CHECK (octet_length(salt) = 32);
CREATE OR REPLACE FUNCTION insight.link_entry()
 RETURNS trigger
 LANGUAGE plpgsql
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    last insight.ledger_entry;
BEGIN
    SELECT * INTO last FROM insight.ledger_entry l ORDER BY l.position DESC LIMIT 1;
    IF NEW.position <> coalesce(last.position, 0) + 1
        OR NEW.previous_hash <> coalesce(last.hash, decode(repeat('00', 32), 'hex'))
        OR octet_length(NEW.hash) <> 32 OR octet_length(NEW.commitment) <> 32
        OR NEW.version <> 2
    THEN
        RAISE 'the ledger entry does not follow the last one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;

CREATE POLICY patient_reads ON insight.release FOR SELECT TO cohorte_patient USING ((EXISTS ( SELECT
   FROM insight.dataset d
  WHERE (d.id = release.dataset_id))));

CREATE POLICY manager_reads ON insight.release FOR SELECT TO cohorte_manager USING ((EXISTS ( SELECT
   FROM insight.dataset d
  WHERE (d.id = release.dataset_id))));

GRANT INSERT (community_id, demonstration, id, kind, micro_rho, noisy, published_at, salt, survey_id) ON insight.count_release TO cohorte_publisher;
GRANT INSERT (contributions, cube, dataset_id, demonstration, estimates, id, improves_id, licence_id, margin, micro_rho, noisy, organization_id, "precision", published_at, purpose, salt, sigma, total_micro_rho, variables) ON insight.release TO cohorte_publisher;
GRANT INSERT (commitment, community_id, count_release_id, dataset_id, dataset_title, demonstration, hash, micro_rho, organization_id, organization_name, "position", previous_hash, published_at, purpose, release_id, variables, version) ON insight.ledger_entry TO cohorte_publisher;

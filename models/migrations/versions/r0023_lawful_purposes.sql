REVOKE INSERT (community_id, ends_on, organization_id, purpose, starts_on, status) ON insight.licence FROM cohorte_buyer;
REVOKE INSERT (commitment, community_id, count_release_id, dataset_id, dataset_title, demonstration, hash, micro_rho, organization_id, organization_name, "position", previous_hash, published_at, purpose, release_id, variables, version) ON insight.ledger_entry FROM cohorte_publisher;
DROP POLICY buyer_inserts ON insight.licence;
DROP POLICY manager_updates ON insight.licence;
DROP POLICY buyer_reads ON insight.release;
DROP POLICY buyer_reads ON insight.insight;
ALTER TABLE insight.ledger_entry DROP CONSTRAINT ck_ledger_entry_counts_up;
ALTER TABLE insight.ledger_entry DROP CONSTRAINT ck_ledger_entry_one_release;
ALTER TABLE insight.licence ADD COLUMN purpose_kind character varying(32);
ALTER TABLE insight.licence ADD COLUMN undertakings character varying;
-- Licences so far were requested without undertakings: nothing is read or published under them any longer.
ALTER TABLE insight.licence ADD COLUMN undertakings_accepted_at timestamp with time zone;
ALTER TABLE insight.licence ALTER COLUMN undertakings_accepted_at SET DEFAULT now();
ALTER TABLE insight.ledger_entry ADD COLUMN purpose_kind character varying(32);
ALTER TABLE insight.ledger_entry ALTER COLUMN commitment DROP NOT NULL;
ALTER TABLE insight.ledger_entry ADD COLUMN results_of bigint;
ALTER TABLE insight.ledger_entry ADD COLUMN results_url character varying;
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_counts_up CHECK (position > 0);
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_one_release CHECK (num_nonnulls(release_id, count_release_id, results_of) = 1);
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_purpose_kind CHECK (purpose_kind IN ('SCIENTIFIC_RESEARCH', 'PRODUCT_DEVELOPMENT', 'CARE_IMPROVEMENT', 'EDUCATION', 'PUBLIC_HEALTH', 'STATISTICS'));
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_results CHECK (CASE WHEN results_of IS NULL THEN micro_rho > 0 AND commitment IS NOT NULL AND results_url IS NULL ELSE micro_rho = 0 AND commitment IS NULL AND results_url IS NOT NULL AND results_of < position END);
ALTER TABLE insight.licence ADD CONSTRAINT ck_licence_accepted CHECK (num_nonnulls(purpose_kind, undertakings, undertakings_accepted_at) IN (0, 3));
ALTER TABLE insight.licence ADD CONSTRAINT ck_licence_purpose_kind CHECK (purpose_kind IN ('SCIENTIFIC_RESEARCH', 'PRODUCT_DEVELOPMENT', 'CARE_IMPROVEMENT', 'EDUCATION', 'PUBLIC_HEALTH', 'STATISTICS'));
ALTER TABLE insight.ledger_entry ADD CONSTRAINT fk_ledger_entry_results_of_ledger_entry FOREIGN KEY (results_of) REFERENCES insight.ledger_entry("position") ON DELETE RESTRICT;
CREATE INDEX ix_ledger_entry_results_of ON insight.ledger_entry USING btree (results_of);
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
        OR octet_length(NEW.hash) <> 32 OR coalesce(octet_length(NEW.commitment), 32) <> 32
        OR NEW.version <> 2
    THEN
        RAISE 'the ledger entry does not follow the last one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $function$;

CREATE OR REPLACE FUNCTION insight.may_pursue(kind text, purpose_kind text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
 SET search_path TO 'pg_catalog'
AS $function$
    SELECT coalesce(CASE may_pursue.kind
        WHEN 'LABORATORY' THEN
            may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'PRODUCT_DEVELOPMENT', 'CARE_IMPROVEMENT', 'EDUCATION')
        WHEN 'HOSPITAL' THEN may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'PRODUCT_DEVELOPMENT',
            'CARE_IMPROVEMENT', 'EDUCATION', 'PUBLIC_HEALTH', 'STATISTICS')
        WHEN 'MUTUAL' THEN may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'CARE_IMPROVEMENT')
        WHEN 'INSURER' THEN may_pursue.purpose_kind IN ('SCIENTIFIC_RESEARCH', 'CARE_IMPROVEMENT')
    END, false)
$function$;

CREATE POLICY buyer_inserts ON insight.licence FOR INSERT TO cohorte_buyer WITH CHECK (((organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")) AND ((status)::text = 'REQUESTED'::text) AND (EXISTS ( SELECT
   FROM insight.organization o
  WHERE ((o.id = licence.organization_id) AND insight.may_pursue((o.kind)::text, (licence.purpose_kind)::text))))));

CREATE POLICY manager_updates ON insight.licence FOR UPDATE TO cohorte_manager USING ((((status)::text = 'REQUESTED'::text) AND (EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles))))))) WITH CHECK (((((status)::text = 'REFUSED'::text) OR (((status)::text = 'GRANTED'::text) AND (EXISTS ( SELECT
   FROM insight.organization o
  WHERE ((o.id = licence.organization_id) AND insight.may_pursue((o.kind)::text, (licence.purpose_kind)::text)))))) AND (EXISTS ( SELECT
   FROM identity.staff s
  WHERE ((s.id = ( SELECT (NULLIF(current_setting('cohorte.staff'::text, true), ''::text))::uuid AS "nullif")) AND ('DATA_STEWARD'::text = ANY (s.roles)))))));

CREATE POLICY buyer_reads ON insight.release FOR SELECT TO cohorte_buyer USING ((dataset_id IN ( SELECT d.id
   FROM ((insight.licence l
     JOIN insight.organization o ON ((o.id = l.organization_id)))
     JOIN insight.dataset d ON (((d.community_id = l.community_id) AND ((o.kind)::text = ANY (d.offered_to)))))
  WHERE ((l.organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'GRANTED'::text) AND insight.may_pursue((o.kind)::text, (l.purpose_kind)::text) AND ((catalog.today() >= l.starts_on) AND (catalog.today() <= l.ends_on))))));

CREATE POLICY buyer_reads ON insight.insight FOR SELECT TO cohorte_buyer USING ((dataset_id IN ( SELECT d.id
   FROM ((insight.licence l
     JOIN insight.organization o ON ((o.id = l.organization_id)))
     JOIN insight.dataset d ON (((d.community_id = l.community_id) AND ((o.kind)::text = ANY (d.offered_to)))))
  WHERE ((l.organization_id = ( SELECT (NULLIF(current_setting('cohorte.organization'::text, true), ''::text))::uuid AS "nullif")) AND ((l.status)::text = 'GRANTED'::text) AND insight.may_pursue((o.kind)::text, (l.purpose_kind)::text) AND ((catalog.today() >= l.starts_on) AND (catalog.today() <= l.ends_on))))));

GRANT INSERT (community_id, ends_on, organization_id, purpose, purpose_kind, starts_on, status, undertakings) ON insight.licence TO cohorte_buyer;
GRANT INSERT (commitment, community_id, count_release_id, dataset_id, dataset_title, demonstration, hash, micro_rho, organization_id, organization_name, "position", previous_hash, published_at, purpose, purpose_kind, release_id, results_of, results_url, variables, version) ON insight.ledger_entry TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION insight.may_pursue(text,text) TO cohorte_buyer, cohorte_manager;
UPDATE insight.licence SET purpose_kind = 'SCIENTIFIC_RESEARCH', undertakings = '2026-1', undertakings_accepted_at = now()
WHERE demonstration;

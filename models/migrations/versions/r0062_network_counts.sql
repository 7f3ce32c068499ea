ALTER TABLE insight.count_release DROP CONSTRAINT ck_count_release_kind;
ALTER TABLE insight.count_release DROP CONSTRAINT ck_count_release_subject;
CREATE TABLE catalog.network_count (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    counted_on DATE NOT NULL,
    active_members INTEGER NOT NULL,
    treatments_followed INTEGER NOT NULL,
    CONSTRAINT pk_network_count PRIMARY KEY (counted_on)
);

CREATE TABLE research.counted_member (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    member_id UUID NOT NULL,
    counted_since TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT pk_counted_member PRIMARY KEY (member_id),
    CONSTRAINT fk_counted_member_member_id_member FOREIGN KEY(member_id) REFERENCES care.member (id) ON DELETE CASCADE
);

ALTER TABLE insight.count_release ALTER COLUMN community_id DROP NOT NULL;
ALTER TABLE insight.ledger_entry ALTER COLUMN community_id DROP NOT NULL;
ALTER TABLE insight.count_release ADD CONSTRAINT ck_count_release_kind CHECK (kind IN ('NETWORK', 'COMMUNITY', 'PROGRESS', 'OPENING'));
ALTER TABLE insight.count_release ADD CONSTRAINT ck_count_release_subject CHECK ((kind IN ('NETWORK', 'COMMUNITY')) = (survey_id IS NULL) AND (kind = 'NETWORK') = (community_id IS NULL));
ALTER TABLE insight.ledger_entry ADD CONSTRAINT ck_ledger_entry_community CHECK (community_id IS NOT NULL OR count_release_id IS NOT NULL);
CREATE OR REPLACE FUNCTION research.include_in_network()
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    today date := catalog.today();
BEGIN
    -- Enrolments reserve from the same allowances: one at a time.
    PERFORM pg_advisory_xact_lock(hashtext('cohorte.enrol'));
    INSERT INTO research.counted_member (member_id, demonstration)
    SELECT m.id, m.demonstration
    FROM care.member m
    WHERE NOT EXISTS (SELECT FROM research.counted_member c WHERE c.member_id = m.id)
        AND research.reserved_by_datasets(m.id, today) + research.reserved_by_counts(m.id, today) + 636 <= 500000
    FOR KEY SHARE OF m SKIP LOCKED;
END $function$;

CREATE OR REPLACE FUNCTION research.count_network()
 RETURNS integer[]
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT ARRAY[count(*), coalesce(sum(least(coalesce(k.courses, 0), 4)), 0)]::integer[]
    FROM research.counted_member c
    JOIN identity.account a ON a.member_id = c.member_id AND a.signed_in_on > catalog.today() - 365
    LEFT JOIN (SELECT r.member_id, count(*) AS courses FROM care.course r GROUP BY r.member_id) k
        ON k.member_id = c.member_id
$function$;

CREATE OR REPLACE FUNCTION research.reserved_by_counts(member uuid, day date)
 RETURNS bigint
 LANGUAGE sql
 STABLE
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    SELECT count(DISTINCT c.community_id) * 33096
        + CASE WHEN EXISTS (SELECT FROM research.counted_member n WHERE n.member_id = reserved_by_counts.member)
            THEN 636 ELSE 0 END
    FROM research.counted_membership c
    WHERE c.member_id = reserved_by_counts.member
        AND (c.left_at IS NULL OR c.left_at >= catalog.year_before(reserved_by_counts.day))
$function$;

ALTER TABLE catalog.network_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE research.counted_member ENABLE ROW LEVEL SECURITY;
CREATE POLICY public_reads ON catalog.network_count FOR SELECT TO cohorte_public USING (true);
CREATE POLICY patient_reads ON catalog.network_count FOR SELECT TO cohorte_patient USING (true);
CREATE POLICY buyer_reads ON catalog.network_count FOR SELECT TO cohorte_buyer USING (true);
CREATE POLICY manager_reads ON catalog.network_count FOR SELECT TO cohorte_manager USING (true);
CREATE POLICY publisher_reads ON catalog.network_count FOR SELECT TO cohorte_publisher USING (true);
CREATE POLICY publisher_inserts ON catalog.network_count FOR INSERT TO cohorte_publisher WITH CHECK (true);
CREATE POLICY patient_reads ON research.counted_member FOR SELECT TO cohorte_patient USING ((member_id = ( SELECT (NULLIF(current_setting('cohorte.member'::text, true), ''::text))::uuid AS "nullif")));
GRANT SELECT ON catalog.network_count TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public, cohorte_publisher;
GRANT SELECT ON research.counted_member TO cohorte_patient;
GRANT INSERT (active_members, counted_on, demonstration, treatments_followed) ON catalog.network_count TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.include_in_network() TO cohorte_publisher;
GRANT EXECUTE ON FUNCTION research.count_network() TO cohorte_publisher;

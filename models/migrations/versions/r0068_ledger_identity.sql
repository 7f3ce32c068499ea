CREATE TABLE insight.ledger (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    is_only BOOLEAN DEFAULT true NOT NULL,
    id UUID DEFAULT gen_random_uuid() NOT NULL,
    CONSTRAINT pk_ledger PRIMARY KEY (is_only),
    CONSTRAINT ck_ledger_is_only CHECK (is_only)
);

CREATE TRIGGER only_added_to BEFORE DELETE OR UPDATE OR TRUNCATE ON insight.ledger FOR EACH STATEMENT EXECUTE FUNCTION insight.refuse_change();
GRANT SELECT ON insight.ledger TO cohorte_publisher;

-- Derived from the first entry if there is one: backups from before this migration are of the same ledger.
INSERT INTO insight.ledger (id)
SELECT coalesce(
    (SELECT encode(substring(l.hash FROM 1 FOR 16), 'hex')::uuid FROM insight.ledger_entry l WHERE l.position = 1),
    gen_random_uuid());

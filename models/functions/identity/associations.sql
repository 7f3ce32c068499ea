-- Pages of associations: made with the member, listed while the association is verified.

-- Makes the page of a new association, under its pseudonym. The demonstration writes its own.
CREATE FUNCTION care.make_page() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO catalog.association (member_id, full_name) VALUES (NEW.id, NEW.pseudonym);
    RETURN NULL;
END $$;

CREATE TRIGGER make_page AFTER INSERT ON care.member
    FOR EACH ROW WHEN (NEW.kind = 'ASSOCIATION' AND NOT NEW.demonstration) EXECUTE FUNCTION care.make_page();

-- Lists a verified association in its communities, for visitors, who may not read memberships. The member's id is in the
-- column that the trigger names.
CREATE FUNCTION care.list_association() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid := to_jsonb(CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END) ->> TG_ARGV[0];
BEGIN
    PERFORM FROM catalog.association a WHERE a.member_id = whose FOR NO KEY UPDATE;
    IF FOUND THEN
        UPDATE catalog.association a
        SET community_ids = ARRAY(
            SELECT s.community_id FROM care.membership s JOIN care.member m ON m.id = s.member_id
            WHERE s.member_id = whose AND m.verified ORDER BY s.community_id)
        WHERE a.member_id = whose;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER list_association AFTER INSERT OR DELETE OR UPDATE OF community_id ON care.membership
    FOR EACH ROW EXECUTE FUNCTION care.list_association('member_id');

CREATE TRIGGER list_verified AFTER UPDATE OF verified ON care.member
    FOR EACH ROW WHEN (NEW.verified <> OLD.verified) EXECUTE FUNCTION care.list_association('id');

-- Ends the verification of an association that changes its pseudonym or its full name: nobody has verified the new one.
CREATE FUNCTION care.doubt_association() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    UPDATE care.member m SET verified = false WHERE m.id = whose AND m.verified;
    IF FOUND THEN
        INSERT INTO care.verification (member_id, verified, full_name)
        SELECT a.member_id, false, a.full_name FROM catalog.association a WHERE a.member_id = whose;
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER doubt_pseudonym AFTER UPDATE OF pseudonym ON care.member
    FOR EACH ROW WHEN (NEW.pseudonym <> OLD.pseudonym AND NEW.kind = 'ASSOCIATION')
    EXECUTE FUNCTION care.doubt_association('id');

CREATE TRIGGER doubt_full_name AFTER UPDATE OF full_name ON catalog.association
    FOR EACH ROW WHEN (NEW.full_name <> OLD.full_name) EXECUTE FUNCTION care.doubt_association('member_id');

-- The name of a member of staff who has decided on a verification. For moderators; null for others.
CREATE FUNCTION care.verified_by(staff uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT f.name FROM identity.staff f
    WHERE f.id = verified_by.staff AND EXISTS (
        SELECT FROM identity.staff s
        WHERE s.id = nullif(current_setting('cohorte.staff', true), '')::uuid AND 'MODERATOR' = ANY (s.roles))
$$;
GRANT EXECUTE ON FUNCTION care.verified_by(uuid) TO cohorte_manager;

-- With whom members share their memberships, and the communities that the viewer belongs to.

-- The communities that the viewer belongs to, and those that have merged into them: their insights stay readable. No
-- community is in it twice, not even one whose members have not moved yet.
CREATE FUNCTION care.viewer_communities() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT own.ids || ARRAY(
        SELECT c.id FROM catalog.community c WHERE c.merged_into_id = ANY (own.ids) AND c.id <> ALL (own.ids))
    FROM (
        SELECT ARRAY(
            SELECT m.community_id FROM care.membership m
            WHERE m.member_id = (SELECT nullif(current_setting('cohorte.member', true), '')::uuid)) AS ids  -- read once
        OFFSET 0  -- or it is computed wherever it is named
    ) own
$$;
GRANT EXECUTE ON FUNCTION care.viewer_communities() TO cohorte_patient;

-- Who shares with the viewer that they belong to a community of the viewer's, once for each such community. The policy of
-- memberships admits all of these. Policies ask here, because a policy within a policy costs each statement its start.
CREATE VIEW care.common_membership WITH (security_barrier) AS
    SELECT m.member_id FROM care.membership m
    WHERE (m.sharing = 'ALL_MEMBERS' OR m.sharing = 'MY_COMMUNITIES')
        AND m.community_id = ANY ((SELECT care.viewer_communities())::uuid[]);
GRANT SELECT ON care.common_membership TO cohorte_patient;

-- How a member's memberships are shared: as their profile is. Those of a verified association, which is no person and
-- has no diagnosis, are shared with all.
CREATE FUNCTION care.sharing_of(member uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN m.kind = 'ASSOCIATION' AND m.verified THEN 'ALL_MEMBERS' ELSE coalesce(p.sharing, 'ONLY_ME') END
    FROM care.member m LEFT JOIN care.profile p ON p.member_id = m.id WHERE m.id = sharing_of.member
$$;

-- Shares a new membership. The member and the profile are locked, so that they cannot change at the same time.
CREATE FUNCTION care.share_membership() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM FROM care.member m WHERE m.id = NEW.member_id FOR SHARE;
    IF EXISTS (SELECT FROM care.member m WHERE m.id = NEW.member_id AND m.leaving) THEN
        RAISE 'the member has left' USING ERRCODE = 'foreign_key_violation';  -- as if their row were gone already
    END IF;
    PERFORM FROM care.profile p WHERE p.member_id = NEW.member_id FOR SHARE;
    NEW.sharing := coalesce(care.sharing_of(NEW.member_id), 'ONLY_ME');  -- of nobody: the foreign key refuses it
    RETURN NEW;
END $$;

CREATE TRIGGER share_membership BEFORE INSERT ON care.membership
    FOR EACH ROW EXECUTE FUNCTION care.share_membership();

-- Shares the memberships of a member, whose id is in the column that the trigger names.
CREATE FUNCTION care.share_memberships() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid := to_jsonb(NEW) ->> TG_ARGV[0];
BEGIN
    UPDATE care.membership m SET sharing = care.sharing_of(whose)
    WHERE m.member_id = whose AND m.sharing <> care.sharing_of(whose);
    RETURN NULL;
END $$;

CREATE TRIGGER share_memberships AFTER INSERT OR UPDATE OF sharing ON care.profile
    FOR EACH ROW EXECUTE FUNCTION care.share_memberships('member_id');

CREATE TRIGGER share_verified AFTER UPDATE OF kind, verified ON care.member
    FOR EACH ROW EXECUTE FUNCTION care.share_memberships('id');

-- The member with a pseudonym, in any case. Their row may be read or not: policies decide. A function of the owner, because with a
-- policy PostgreSQL finds no row by an index on lower(), which might tell what it is given.
CREATE FUNCTION care.member_named(pseudonym text) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id FROM care.member m WHERE lower(m.pseudonym) = lower(member_named.pseudonym)
$$;
GRANT EXECUTE ON FUNCTION care.member_named(text) TO cohorte_patient, cohorte_manager;

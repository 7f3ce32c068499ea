-- Who a survey is for, and their invitations.

-- The part that a member is in, when news is delivered: one of 64, 0 to 63, by their random id.
-- Names are qualified instead of setting search_path, so that PostgreSQL inlines it: it is asked of each member 64 times.
CREATE FUNCTION research.part_of(member uuid) RETURNS integer
LANGUAGE sql IMMUTABLE
AS $$ SELECT pg_catalog.get_byte(pg_catalog.uuid_send(member), 0) / 4 $$;

-- The members that a survey is for, or those of one part, or whether one of them is: members of its community, patients unless its
-- eligibility says otherwise, whose consent covers all recipients of the survey. Others' answers could never be used.
CREATE FUNCTION research.eligible(survey uuid, only_member uuid DEFAULT NULL, part integer DEFAULT NULL)
RETURNS SETOF uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id
    FROM catalog.survey s
    LEFT JOIN catalog.eligibility e ON e.survey_id = s.id
    JOIN care.membership b ON b.community_id = s.community_id
    JOIN care.member m ON m.id = b.member_id
    JOIN research.consent k ON k.member_id = m.id AND k.purpose = 'SURVEY_RESEARCH' AND k.granted
        AND k.recipients @> s.offered_to
    LEFT JOIN care.profile p ON p.member_id = m.id
    WHERE s.id = eligible.survey AND (eligible.only_member IS NULL OR m.id = eligible.only_member)
        AND (eligible.part IS NULL OR research.part_of(m.id) = eligible.part)
        AND CASE WHEN cardinality(e.kinds) > 0 THEN m.kind = ANY (e.kinds) ELSE m.kind = 'PATIENT' END
        AND (coalesce(cardinality(e.sexes), 0) = 0 OR p.sex = ANY (e.sexes))
        AND (e.born_from IS NULL OR p.birth_year >= e.born_from)
        AND (e.born_to IS NULL OR p.birth_year <= e.born_to)
        AND (coalesce(cardinality(e.regions), 0) = 0 OR p.region = ANY (e.regions))
        AND (coalesce(cardinality(e.treatment_ids), 0) = 0 OR EXISTS (
            SELECT FROM care.course t WHERE t.member_id = m.id AND t.treatment_id = ANY (e.treatment_ids)))
    ORDER BY m.id
$$;

-- Invites the viewer to an open survey that they can answer, and notifies them, unless they were invited before.
CREATE FUNCTION research.invite(survey uuid, member uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO research.participation (member_id, survey_id, status, demonstration)
    SELECT e.member_id, s.id, 'INVITED', s.demonstration
    FROM catalog.survey s, research.eligible(invite.survey, invite.member) e (member_id)
    WHERE s.id = invite.survey
    ON CONFLICT (member_id, survey_id) DO NOTHING;
    IF FOUND THEN
        PERFORM care.notify_member(invite.member, 'SURVEY_OPEN', 'svy', invite.survey);
    END IF;
END $$;

-- Takes back the invitations to surveys of a community that a member has left. They are invited again if
-- they join it again.
CREATE FUNCTION research.take_back_invitations() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM research.participation p USING gone g, catalog.survey s
    WHERE s.community_id = g.community_id AND p.member_id = g.member_id AND p.survey_id = s.id AND p.status = 'INVITED';
    DELETE FROM care.notification n USING gone g, catalog.survey s
    WHERE s.community_id = g.community_id AND n.member_id = g.member_id AND n.subject_id = s.id AND n.kind = 'SURVEY_OPEN';
    RETURN NULL;
END $$;

CREATE TRIGGER take_back_invitations AFTER DELETE ON care.membership
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION research.take_back_invitations();

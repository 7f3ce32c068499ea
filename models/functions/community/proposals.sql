-- Decisions on members' proposals for the catalogue.

-- Decides open proposals on behalf of the viewer, an editor of the catalogue, and notifies each proposer. `entry` is the
-- catalogue's entry that they became or belong to, null if they are declined; what proposers track in the meantime
-- follows it where it fits, and otherwise stays theirs, of which the viewer learns nothing. False, with nothing
-- decided, if one of them is not open.
CREATE FUNCTION care.decide_proposals(proposals uuid[], outcome text, entry uuid, reason text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    staff uuid := nullif(current_setting('cohorte.staff', true), '')::uuid;
    decided record;
BEGIN
    IF NOT EXISTS (SELECT FROM identity.staff s WHERE s.id = staff AND 'CATALOGUE_EDITOR' = ANY (s.roles)) THEN
        RAISE 'the viewer may not decide on proposals' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM care.catalogue_proposal p WHERE p.id = ANY (proposals) ORDER BY p.id FOR UPDATE;
    IF (SELECT count(*) FROM care.catalogue_proposal p WHERE p.id = ANY (proposals) AND p.status = 'OPEN')
        <> cardinality(proposals) THEN
        RETURN false;
    END IF;
    UPDATE care.catalogue_proposal p
    SET status = outcome, reason = decide_proposals.reason, staff_id = staff, decided_on = catalog.today(),
        condition_id = CASE p.kind WHEN 'CONDITION' THEN entry END,
        indicator_id = CASE p.kind WHEN 'SYMPTOM' THEN entry END,
        treatment_id = CASE p.kind WHEN 'TREATMENT' THEN entry END
    WHERE p.id = ANY (proposals);
    PERFORM care.move_own_indicator(i.id, entry)
    FROM (SELECT o.id FROM care.own_indicator o WHERE o.proposal_id = ANY (proposals) ORDER BY o.id) i
    WHERE entry IS NOT NULL;
    PERFORM care.move_own_treatment(t.id, entry)
    FROM (SELECT o.id FROM care.own_treatment o WHERE o.proposal_id = ANY (proposals) ORDER BY o.id) t
    WHERE entry IS NOT NULL;
    FOR decided IN
        SELECT p.id, m.member_id FROM care.catalogue_proposal p JOIN care.catalogue_proposer m ON m.id = p.id
        WHERE p.id = ANY (proposals) ORDER BY p.id
    LOOP
        PERFORM care.notify_member(decided.member_id, 'PROPOSAL', 'prp', decided.id);
    END LOOP;
    RETURN true;
END $$;
GRANT EXECUTE ON FUNCTION care.decide_proposals(uuid[], text, uuid, text) TO cohorte_manager;

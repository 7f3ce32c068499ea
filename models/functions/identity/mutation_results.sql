-- Idempotency keys: a mutation sent again with the same clientMutationId is carried out once.

-- The caller of a mutation: the viewer of the transaction, whatever a statement says.
CREATE FUNCTION identity.mutating(input_hash bytea) RETURNS uuid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(
        nullif(current_setting('cohorte.member', true), '')::uuid,
        nullif(current_setting('cohorte.organization', true), '')::uuid,
        nullif(current_setting('cohorte.staff', true), '')::uuid,
        md5(input_hash)::uuid)
$$;

-- Whether this is the first request with this id; if not, whether its input was the same, and its result. A concurrent
-- duplicate waits in INSERT until the first request commits or fails.
CREATE FUNCTION identity.take_mutation(name text, client_mutation_id text, input_hash bytea)
RETURNS TABLE (first boolean, same boolean, result jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    whose uuid := identity.mutating(take_mutation.input_hash);
    kept identity.mutation;
BEGIN
    LOOP
        DELETE FROM identity.mutation m
        WHERE m.caller = whose AND m.name = take_mutation.name
            AND m.client_mutation_id = take_mutation.client_mutation_id AND m.created_at < now() - interval '1 day';
        INSERT INTO identity.mutation (caller, name, client_mutation_id, input_hash)
        VALUES (whose, take_mutation.name, take_mutation.client_mutation_id, take_mutation.input_hash)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN QUERY SELECT true, true, NULL::jsonb;
            RETURN;
        END IF;
        SELECT * INTO kept FROM identity.mutation m
        WHERE m.caller = whose AND m.name = take_mutation.name
            AND m.client_mutation_id = take_mutation.client_mutation_id;
        IF FOUND THEN
            RETURN QUERY SELECT false, kept.input_hash = take_mutation.input_hash, kept.result;
            RETURN;
        END IF;
    END LOOP;
END $$;
GRANT EXECUTE ON FUNCTION identity.take_mutation(text, text, bytea)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- Stores the result of a mutation.
CREATE FUNCTION identity.keep_mutation(name text, client_mutation_id text, input_hash bytea, result jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE identity.mutation m SET result = keep_mutation.result
    WHERE m.caller = identity.mutating(keep_mutation.input_hash) AND m.name = keep_mutation.name
        AND m.client_mutation_id = keep_mutation.client_mutation_id AND m.result IS NULL
$$;
GRANT EXECUTE ON FUNCTION identity.keep_mutation(text, text, bytea, jsonb)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- Deletes at most so many of the mutations older than a day, which count as absent, and returns their number. Safe for any
-- caller. A periodic job calls this until they are fewer.
CREATE FUNCTION identity.forget_mutations(most integer DEFAULT 5000) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH gone AS (
        DELETE FROM identity.mutation
        WHERE ctid = ANY (ARRAY(
            SELECT m.ctid FROM identity.mutation m
            WHERE m.created_at < now() - interval '1 day' LIMIT forget_mutations.most))
            AND created_at < now() - interval '1 day'
        RETURNING 1)
    SELECT count(*) FROM gone
$$;
GRANT EXECUTE ON FUNCTION identity.forget_mutations(integer) TO cohorte_public, cohorte_manager;

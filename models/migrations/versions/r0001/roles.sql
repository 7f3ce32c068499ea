-- Roles belong to the whole cluster, and other databases of it may be making them at this moment. Nothing else is said
-- about them here: two ALTER ROLE at once fail. Their passwords are set at start-up (models/connections.py).
DO $$
DECLARE role text;
BEGIN
    FOREACH role IN ARRAY '{cohorte_public,cohorte_patient,cohorte_buyer,cohorte_manager}'::text[] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager',
        current_database());
END $$;

GRANT USAGE ON SCHEMA catalog, insight, identity TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;
GRANT USAGE ON SCHEMA care TO cohorte_patient, cohorte_manager;
GRANT USAGE ON SCHEMA research TO cohorte_patient;
GRANT SELECT ON public.migration TO cohorte_public;  -- whether the server and its database fit

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA catalog, insight, identity FROM PUBLIC;
GRANT EXECUTE ON FUNCTION catalog.words_in(text), catalog.search_query(text), insight.epsilon(bigint, double precision)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager;
GRANT EXECUTE ON FUNCTION identity.credential_of(text), identity.open_session(uuid, bytea, text, interval),
    identity.viewer_of(bytea) TO cohorte_public;
GRANT EXECUTE ON FUNCTION identity.close_session(uuid, uuid) TO cohorte_patient, cohorte_buyer, cohorte_manager;

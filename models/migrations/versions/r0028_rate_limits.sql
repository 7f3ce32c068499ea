CREATE UNLOGGED TABLE identity.rate_limit (
    demonstration BOOLEAN DEFAULT false NOT NULL,
    subject BYTEA NOT NULL,
    full_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_rate_limit PRIMARY KEY (subject)
);

CREATE OR REPLACE FUNCTION identity.forget_waiting()
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
    DELETE FROM identity.registration WHERE expires_at <= now();
    DELETE FROM identity.password_reset WHERE expires_at <= now();
    DELETE FROM identity.attempt WHERE tried_at < now() - interval '1 day';
    DELETE FROM identity.rate_limit WHERE full_at <= now();
    DELETE FROM identity.session WHERE expires_at <= now();
    DELETE FROM identity.data_export WHERE expires_at <= now();
    DELETE FROM identity.pseudonym_look WHERE until <= now();
    DELETE FROM identity.reading WHERE day < catalog.today();
    DELETE FROM care.reading_alert WHERE day < catalog.today() - 90
$function$;

CREATE OR REPLACE FUNCTION identity.count_request(subjects bytea[], most integer[], seconds integer[])
 RETURNS TABLE(remaining integer, full_in double precision, wait double precision)
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
DECLARE
    present timestamptz := clock_timestamp();
    period interval;
    step interval;
    slack interval;  -- steps are rounded to microseconds
    filled timestamptz;
BEGIN
    -- A caller is counted before their address by every request, so that two requests never wait for each other.
    FOR nth IN 1 .. cardinality(subjects) LOOP
        period := make_interval(secs => seconds[nth]);
        step := period / most[nth];
        slack := least(step / 2, most[nth] * interval '1 microsecond');
        INSERT INTO identity.rate_limit AS l (subject, full_at) VALUES (subjects[nth], present + step)
        ON CONFLICT (subject) DO UPDATE SET full_at = greatest(l.full_at, present) + step
            WHERE greatest(l.full_at, present) + step <= present + period + slack
        RETURNING l.full_at INTO filled;
        IF NOT FOUND THEN
            SELECT l.full_at INTO filled FROM identity.rate_limit l WHERE l.subject = subjects[nth];
            remaining := 0;
            full_in := extract(epoch FROM filled - present);
            wait := greatest(extract(epoch FROM filled + step - slack - present - period), 0);
            RETURN NEXT;
            RETURN;
        END IF;
        remaining := floor(extract(epoch FROM present + period + slack - filled) / extract(epoch FROM step));
        full_in := extract(epoch FROM filled - present);
        wait := NULL;
        RETURN NEXT;
    END LOOP;
END $function$;

ALTER TABLE identity.rate_limit ENABLE ROW LEVEL SECURITY;
GRANT EXECUTE ON FUNCTION identity.count_request(bytea[],integer[],integer[]) TO cohorte_buyer, cohorte_manager, cohorte_patient, cohorte_public;

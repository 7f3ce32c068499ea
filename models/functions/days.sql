-- The clock, and the present days that follow from it. Nothing else compares a calendar day with the present.
--
-- Days of Cohorte's own, such as those of datasets and licences, are by UTC. A member's day is a day anywhere on Earth:
-- it has begun once it begins at UTC+14, and is over once it ends at UTC-12. Names are qualified instead of setting
-- search_path, so that PostgreSQL inlines these functions and computes a day once for each statement.

-- The present moment: the beginning of the transaction. Tests set the clock by replacing this function.
CREATE FUNCTION catalog.clock() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.now() $$;
GRANT EXECUTE ON FUNCTION catalog.clock()
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- The calendar day of a moment, by UTC.
CREATE FUNCTION catalog.day_of(moment timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (moment AT TIME ZONE 'UTC')::pg_catalog.date $$;
GRANT EXECUTE ON FUNCTION catalog.day_of(timestamptz)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- The present day, by UTC.
CREATE FUNCTION catalog.today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT catalog.day_of(catalog.clock()) $$;
GRANT EXECUTE ON FUNCTION catalog.today()
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- The earliest day that is not over everywhere: the present day at UTC-12.
CREATE FUNCTION catalog.earliest_today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT catalog.day_of(catalog.clock() - '12 hours'::pg_catalog.interval) $$;
GRANT EXECUTE ON FUNCTION catalog.earliest_today()
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- The latest day that has begun anywhere: the present day at UTC+14.
CREATE FUNCTION catalog.latest_today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT catalog.day_of(catalog.clock() + '14 hours'::pg_catalog.interval) $$;
GRANT EXECUTE ON FUNCTION catalog.latest_today()
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- Whether a day is over everywhere. Null for null.
CREATE FUNCTION catalog.is_over(day date) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT day < catalog.earliest_today() $$;
GRANT EXECUTE ON FUNCTION catalog.is_over(date)
    TO cohorte_public, cohorte_patient, cohorte_buyer, cohorte_manager, cohorte_publisher;

-- The moment at which a day ends, by UTC.
CREATE FUNCTION catalog.end_of(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (day + 1)::pg_catalog.timestamp AT TIME ZONE 'UTC' $$;

-- The first moment of the 365 days that end with a day, by UTC.
CREATE FUNCTION catalog.year_before(day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT catalog.end_of(day - 365) $$;
GRANT EXECUTE ON FUNCTION catalog.end_of(date), catalog.year_before(date) TO cohorte_patient, cohorte_publisher;

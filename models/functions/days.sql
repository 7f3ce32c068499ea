-- Days. Cohorte's days are those of UTC.

CREATE FUNCTION catalog.today() RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT (now() AT TIME ZONE 'UTC')::date $$;

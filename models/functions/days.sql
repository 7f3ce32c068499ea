-- Opening and closing. Days are UTC's, as everywhere.
--
-- Locks are taken in one order, or two would wait for each other: the member, communities, surveys, their progress. A
-- survey that is being answered is held FOR SHARE, one whose standing changes FOR UPDATE.

CREATE FUNCTION catalog.today() RETURNS date
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT (now() AT TIME ZONE 'UTC')::date $$;

-- Says of a survey that has closed that its dataset can be asked; a survey whose dataset is too small stays closed.
CREATE FUNCTION catalog.release_survey(survey uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE catalog.survey s SET status = 'RELEASED'
    WHERE s.id = release_survey.survey AND s.status = 'CLOSED'
        AND EXISTS (SELECT FROM insight.dataset d WHERE d.survey_id = s.id AND d.status = 'OPEN')
$$;
GRANT EXECUTE ON FUNCTION catalog.release_survey(uuid) TO cohorte_publisher;

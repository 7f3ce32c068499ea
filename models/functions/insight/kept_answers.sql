-- Tells every server which watched tables were written to, so that it drops the answers that it keeps of them.

-- Notifies of its table. Those of one transaction are sent when it is committed, each table once.
CREATE FUNCTION catalog.tell_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_notify('table_changed', TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME);
    RETURN NULL;
END $$;
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.community
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.community_indicator
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.community_treatment
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.condition
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.help_line
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.indicator
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.network_count
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.notice
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.privacy_notice
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.survey
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.terms
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON catalog.treatment
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.category
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.cell
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.dataset
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.insight
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.organization
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.release
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.statistic
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();
CREATE TRIGGER tell_change AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON insight.variable
    FOR EACH STATEMENT EXECUTE FUNCTION catalog.tell_change();

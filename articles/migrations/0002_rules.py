"""Rules that tables alone cannot hold: a coverage's successors make no circle, an update stays in its coverage."""

from django.db import migrations

RULES = """
ALTER TABLE articles_site ADD CONSTRAINT site_is_one_row CHECK (id = 1);

CREATE FUNCTION articles_successors_make_no_circle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two transactions that each close half a circle must see each other.
    PERFORM pg_advisory_xact_lock('articles_coverage'::regclass::oid::bigint);
    IF EXISTS (
        WITH RECURSIVE chain(id) AS (
            SELECT NEW.successor_id
            UNION
            SELECT c.successor_id FROM articles_coverage c JOIN chain ON c.id = chain.id
            WHERE c.successor_id IS NOT NULL
        )
        SELECT FROM chain WHERE id = NEW.id
    ) THEN
        RAISE EXCEPTION 'coverage % would follow itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'coverage_successors_make_no_circle';
    END IF;
    RETURN NEW;
END $$;
CREATE CONSTRAINT TRIGGER coverage_successors_make_no_circle
    AFTER INSERT OR UPDATE OF successor_id ON articles_coverage
    FOR EACH ROW WHEN (NEW.successor_id IS NOT NULL)
    EXECUTE FUNCTION articles_successors_make_no_circle();

CREATE FUNCTION articles_update_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state IN ('published', 'withdrawn') THEN
            RAISE EXCEPTION 'update % was published and cannot be deleted, only withdrawn', OLD.id
                USING ERRCODE = 'restrict_violation', CONSTRAINT = 'update_published_is_not_deleted';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.coverage_id <> OLD.coverage_id THEN
        RAISE EXCEPTION 'update % cannot move to another coverage', OLD.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'update_coverage_is_fixed';
    END IF;
    IF OLD.state IN ('published', 'withdrawn') AND NEW.state NOT IN ('published', 'withdrawn') THEN
        RAISE EXCEPTION 'update % was published and cannot become %', OLD.id, NEW.state
            USING ERRCODE = 'check_violation', CONSTRAINT = 'update_published_is_not_undone';
    END IF;
    IF NEW.version < OLD.version THEN
        RAISE EXCEPTION 'update % cannot go back to version %', OLD.id, NEW.version
            USING ERRCODE = 'check_violation', CONSTRAINT = 'update_version_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER update_stays BEFORE UPDATE OR DELETE ON articles_update
    FOR EACH ROW EXECUTE FUNCTION articles_update_stays();
"""
UNDO = """
DROP TRIGGER update_stays ON articles_update;
DROP FUNCTION articles_update_stays();
DROP TRIGGER coverage_successors_make_no_circle ON articles_coverage;
DROP FUNCTION articles_successors_make_no_circle();
ALTER TABLE articles_site DROP CONSTRAINT site_is_one_row;
"""


class Migration(migrations.Migration):
    dependencies = [("articles", "0001_initial")]
    operations = [migrations.RunSQL(RULES, UNDO)]

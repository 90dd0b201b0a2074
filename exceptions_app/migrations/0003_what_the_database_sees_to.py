"""What the database itself sees to: no event changes, every event awaits its seal, rules have a stamp, text is found.

The indexes of tables that are not ours serve the search for text alone (`web/case_text.py`). Each is over the
very expression that `icontains` and `istartswith` compare.
"""

from django.db import migrations

# --- what never changes -----------------------------------------------------------------------------------------

# By statement: a hundred events in one INSERT cost one call.
# An approval may go with the need it was for, when a proposal asks anew: its event stays. It never changes.
APPEND_ONLY = """
CREATE FUNCTION exceptions_app_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_no_change BEFORE UPDATE OR DELETE ON exceptions_app_event
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_event_refuse();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON exceptions_app_event
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_event_refuse();

CREATE FUNCTION exceptions_app_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER seal_no_change BEFORE UPDATE OR DELETE ON exceptions_app_seal
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON exceptions_app_seal
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER event_company_no_change BEFORE UPDATE OR DELETE ON exceptions_app_eventcompany
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER event_company_no_truncate BEFORE TRUNCATE ON exceptions_app_eventcompany
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER approval_no_change BEFORE UPDATE ON exceptions_app_approval
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER approval_no_truncate BEFORE TRUNCATE ON exceptions_app_approval
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER release_no_change BEFORE UPDATE ON exceptions_app_policyrelease
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER release_no_delete BEFORE DELETE ON exceptions_app_policyrelease
    FOR EACH ROW EXECUTE FUNCTION exceptions_app_refuse();
CREATE TRIGGER release_no_truncate BEFORE TRUNCATE ON exceptions_app_policyrelease
    FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_refuse();
"""
NO_LONGER_APPEND_ONLY = """
DROP TRIGGER release_no_truncate ON exceptions_app_policyrelease;
DROP TRIGGER release_no_delete ON exceptions_app_policyrelease;
DROP TRIGGER release_no_change ON exceptions_app_policyrelease;
DROP TRIGGER approval_no_truncate ON exceptions_app_approval;
DROP TRIGGER approval_no_change ON exceptions_app_approval;
DROP TRIGGER event_company_no_truncate ON exceptions_app_eventcompany;
DROP TRIGGER event_company_no_change ON exceptions_app_eventcompany;
DROP TRIGGER seal_no_truncate ON exceptions_app_seal;
DROP TRIGGER seal_no_change ON exceptions_app_seal;
DROP FUNCTION exceptions_app_refuse();
DROP TRIGGER event_no_truncate ON exceptions_app_event;
DROP TRIGGER event_no_change ON exceptions_app_event;
DROP FUNCTION exceptions_app_event_refuse();
"""

# --- what waits for its seal ------------------------------------------------------------------------------------

AWAIT_SEALS = """
CREATE FUNCTION exceptions_app_await_seal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exceptions_app_unsealedevent (event_id, since) SELECT id, clock_timestamp() FROM added;
    RETURN NULL;
END $$;
CREATE TRIGGER event_awaits_seal AFTER INSERT ON exceptions_app_event
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_await_seal();
"""
AWAIT_NO_SEALS = """
DROP TRIGGER event_awaits_seal ON exceptions_app_event;
DROP FUNCTION exceptions_app_await_seal();
"""

# --- the stamp that tells when rules changed, so that they can be kept in memory ----------------------------------

#: Where policies are read from, with the companies and teams they are about.
STAMPED = (
    "erp_connectors_company",
    "exceptions_app_approvalrule",
    "exceptions_app_calendar",
    "exceptions_app_clockwarning",
    "exceptions_app_companypolicy",
    "exceptions_app_draftshadow",
    "exceptions_app_escalationstep",
    "exceptions_app_exchangerate",
    "exceptions_app_impactdefaults",
    "exceptions_app_policyrelease",
    "exceptions_app_responsibility",
    "exceptions_app_routingrule",
    "exceptions_app_servicelevelrow",
    "exceptions_app_severitybands",
    "exceptions_app_suppliertimerow",
    "exceptions_app_tasktemplate",
    "exceptions_app_team",
    "exceptions_app_termrow",
    "exceptions_app_tolerancerow",
    "exceptions_app_typesetting",
)
# A random stamp never comes back: not even a change that was rolled back leaves one that is used again.
STAMP = """
CREATE FUNCTION exceptions_app_policies_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exceptions_app_policystamp (id, stamp) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET stamp = EXCLUDED.stamp;
    RETURN NULL;
END $$;
INSERT INTO exceptions_app_policystamp (id, stamp) VALUES (1, gen_random_uuid());
""" + "".join(
    f"CREATE TRIGGER policies_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_policies_changed();\n"
    for table in STAMPED
)
NO_STAMP = (
    "".join(f"DROP TRIGGER policies_changed ON {table};\n" for table in STAMPED)
    + "DROP FUNCTION exceptions_app_policies_changed();"
)

# --- text anywhere in what people know a case by ------------------------------------------------------------------

#: By table, the columns that search looks into.
SEARCHED = {
    "erp_connectors_customerdemand": ("order_number", "customer"),
    "erp_connectors_documenthead": ("number",),
    "erp_connectors_interchange": ("file_name",),
    "erp_connectors_orderline": ("item_number", "description"),
    "erp_connectors_purchaseorder": ("number",),
    "erp_connectors_supplier": ("number", "name"),
}


def index_of_text(table: str) -> migrations.RunSQL:
    name = table.removeprefix("erp_connectors_") + "_text"
    columns = ", ".join(f"UPPER({column}) gin_trgm_ops" for column in SEARCHED[table])
    return migrations.RunSQL(
        f"CREATE INDEX {name} ON {table} USING gin ({columns})", f"DROP INDEX IF EXISTS {name}"
    )


class Migration(migrations.Migration):

    # A database that has had all of these has had this one.
    replaces = [
        ("exceptions_app", "0026_lines_that_decisions_add"),
    ]

    dependencies = [
        ("exceptions_app", "0002_schema"),
    ]

    operations = [
        migrations.RunSQL(APPEND_ONLY, NO_LONGER_APPEND_ONLY),
        migrations.RunSQL(AWAIT_SEALS, AWAIT_NO_SEALS),
        migrations.RunSQL(STAMP, NO_STAMP),
        *map(index_of_text, SEARCHED),
    ]

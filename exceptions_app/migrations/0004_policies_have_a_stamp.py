"""A stamp that changes with every row that policies are read from, so that they can be kept in memory."""

from django.db import migrations, models

#: Where policies are read from, with the companies and teams they are about.
TABLES = (
    "erp_connectors_company",
    "exceptions_app_calendar",
    "exceptions_app_clockwarning",
    "exceptions_app_companypolicy",
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
CREATE = """
CREATE FUNCTION exceptions_app_policies_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO exceptions_app_policystamp (id, stamp) VALUES (1, gen_random_uuid())
    ON CONFLICT (id) DO UPDATE SET stamp = EXCLUDED.stamp;
    RETURN NULL;
END $$;
INSERT INTO exceptions_app_policystamp (id, stamp) VALUES (1, gen_random_uuid());
"""
DROP = "DROP FUNCTION exceptions_app_policies_changed()"
CREATE_TRIGGERS = "".join(
    f"CREATE TRIGGER policies_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION exceptions_app_policies_changed();\n"
    for table in TABLES
)
DROP_TRIGGERS = "".join(f"DROP TRIGGER policies_changed ON {table};\n" for table in TABLES)


class Migration(migrations.Migration):
    dependencies = [
        ("erp_connectors", "0002_corrected_copies_of_interchanges"),
        ("exceptions_app", "0003_text_anywhere_in_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="PolicyStamp",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("stamp", models.UUIDField()),
            ],
        ),
        migrations.RunSQL(CREATE, DROP),
        migrations.RunSQL(CREATE_TRIGGERS, DROP_TRIGGERS),
    ]

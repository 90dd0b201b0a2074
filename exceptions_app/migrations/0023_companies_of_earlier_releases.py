"""Events about drafts and releases from before name the companies whose rules they are about."""

from django.db import migrations

# A release without a draft set rules up for all. What names a rule in its words is only for those whose rule it
# is; where a draft was about several companies, nobody can say any more which of them that was.
FILL = """
CREATE TEMPORARY TABLE whose_change ON COMMIT DROP AS
SELECT DISTINCT change.id AS change_id, change.draft_id, change.table, change.row_id,
    coalesce(change.company_id, (side.said ->> 'company')::bigint, team.company_id) AS company_id
FROM exceptions_app_policychange AS change
CROSS JOIN LATERAL (VALUES (change.before), (change.after)) AS side (said)
LEFT JOIN exceptions_app_team AS team ON NOT side.said ? 'company' AND team.id = (side.said ->> 'team')::bigint
WHERE side.said <> '{}'::jsonb;

CREATE TEMPORARY TABLE whose_draft ON COMMIT DROP AS
SELECT draft_id, company_id FROM (
    SELECT DISTINCT draft_id, company_id, bool_or(company_id IS NULL) OVER (PARTITION BY draft_id) AS is_all
    FROM whose_change
) AS told WHERE company_id IS NULL OR NOT is_all;

CREATE TEMPORARY TABLE whose_event ON COMMIT DROP AS
SELECT event.id, event.at, whose.company_id FROM exceptions_app_event AS event
JOIN exceptions_app_policydraft AS draft ON event.subject_kind = 'policy_draft' AND event.subject_id = draft.id::text
JOIN whose_draft AS whose ON whose.draft_id = draft.id
WHERE event.company_id IS NULL AND (
    event.kind NOT IN ('policy.draft_changed', 'policy.rebased', 'policy.not_published')
    OR (SELECT count(*) FROM whose_draft AS all_of WHERE all_of.draft_id = draft.id) = 1
)
UNION
SELECT event.id, event.at, whose.company_id FROM exceptions_app_event AS event
JOIN exceptions_app_policyrelease AS release
    ON event.subject_kind = 'policy_release' AND event.subject_id = release.number::text
LEFT JOIN exceptions_app_policydraft AS draft ON draft.release_id = release.id
LEFT JOIN whose_draft AS whose ON whose.draft_id = draft.id
WHERE event.company_id IS NULL
UNION
SELECT event.id, event.at, whose.company_id FROM exceptions_app_event AS event
JOIN exceptions_app_policydraft AS draft ON draft.release_id = event.release_id
JOIN whose_change AS whose ON whose.draft_id = draft.id
    AND whose.table = event.subject_kind AND whose.row_id::text = event.subject_id
WHERE event.company_id IS NULL AND event.kind IN ('policy.added', 'policy.changed', 'policy.removed');

INSERT INTO exceptions_app_eventcompany (event_id, company_id, at)
SELECT id, company_id, at FROM whose_event ON CONFLICT DO NOTHING;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('exceptions_app', '0022_events_of_several_companies'),
    ]

    operations = [
        # Going back needs nothing: the migration before drops the table.
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]

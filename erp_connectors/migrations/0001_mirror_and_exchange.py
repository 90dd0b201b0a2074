"""Companies, connections, the inbox, the mirror of the ERP, and the clock that SQL shares with every process."""

import datetime
import django.db.models.deletion
import django_fsm
import erp_connectors.canonical.documents
import erp_connectors.identifiers
from django.db import migrations, models
from erp_connectors.migrating import CreateModels


# The database's time plus the offset.
CLOCK = """
CREATE FUNCTION rightline_now() RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT clock_timestamp() + COALESCE((SELECT "offset" FROM erp_connectors_clockoffset WHERE id = 1), interval '0')
$$
"""


class Migration(migrations.Migration):

    initial = True

    # A database that has had all of these has had this one.
    replaces = [
        ("erp_connectors", "0001_schema"),
        ("erp_connectors", "0002_corrected_copies_of_interchanges"),
        ("erp_connectors", "0003_who_entered_an_interchange"),
        ("erp_connectors", "0004_lines_answered_at_another_price"),
        ("erp_connectors", "0005_prices_of_lines_answered_before"),
        ("erp_connectors", "0006_commands_go_in_groups"),
        ("erp_connectors", "0007_how_much_answered_prices_differ"),
        ("erp_connectors", "0008_lines_that_may_be_offered_less"),
        ("erp_connectors", "0009_lines_answered_before_may_be_short"),
    ]

    dependencies = [
    ]

    operations = [
        CreateModels([
            migrations.CreateModel(
                name='ClockOffset',
                fields=[
                    ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                    ('offset', models.DurationField(default=datetime.timedelta)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='clock_offset_is_one_row')],
                },
            ),
            migrations.CreateModel(
                name='Company',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('code', models.SlugField(max_length=32, unique=True)),
                    ('name', models.CharField(max_length=200)),
                    ('currency', models.CharField(help_text='ISO 4217 code; limits and severities are in it.', max_length=3)),
                    ('time_zone', models.CharField(default='UTC', max_length=64)),
                ],
                options={
                    'verbose_name_plural': 'companies',
                    'ordering': ['name'],
                },
            ),
            migrations.CreateModel(
                name='Connection',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='connections', to='erp_connectors.company')),
                    ('code', models.SlugField(max_length=64, unique=True)),
                    ('name', models.CharField(max_length=200)),
                    ('kind', models.CharField(choices=[('file_drop', 'ERP by file'), ('edi', 'EDI')], max_length=32)),
                    ('settings', models.JSONField(blank=True, default=dict)),
                    ('cut_over', models.DateField(blank=True, null=True)),
                    ('is_active', models.BooleanField(default=True)),
                    ('time_zone', models.CharField(default='UTC', help_text='Of dates and times that state none.', max_length=64)),
                ],
                options={
                    'ordering': ['company', 'name'],
                },
            ),
            migrations.CreateModel(
                name='Supplier',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suppliers', to='erp_connectors.connection')),
                    ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suppliers', to='erp_connectors.company')),
                    ('number', models.CharField(max_length=64)),
                    ('name', models.CharField(max_length=200)),
                    ('tier', models.CharField(blank=True, max_length=1)),
                    ('country', models.CharField(blank=True, max_length=2)),
                    ('email', models.EmailField(blank=True, max_length=254)),
                    ('buyer', models.CharField(blank=True, help_text="The ERP's user name of its buyer.", max_length=64)),
                ],
                options={
                    'ordering': ['name', 'number'],
                    'constraints': [models.UniqueConstraint(fields=('connection', 'number'), name='supplier_per_connection')],
                },
            ),
            migrations.CreateModel(
                name='Interchange',
                fields=[
                    ('due_at', models.DateTimeField(blank=True, help_text='When a worker should take it; empty: never.', null=True)),
                    ('attempts', models.PositiveIntegerField(default=0)),
                    ('lease_until', models.DateTimeField(blank=True, null=True)),
                    ('last_error', models.TextField(blank=True)),
                    ('id', models.UUIDField(default=erp_connectors.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='interchanges', to='erp_connectors.connection')),
                    ('channel', models.CharField(help_text='api, folder, command, person, poll', max_length=16)),
                    ('entered_by', models.CharField(blank=True, help_text='User name of the person who entered or handed it over.', max_length=150)),
                    ('file_name', models.CharField(blank=True, max_length=255)),
                    ('content_type', models.CharField(blank=True, max_length=100)),
                    ('payload', models.BinaryField()),
                    ('sha256', models.CharField(max_length=64)),
                    ('size', models.PositiveIntegerField()),
                    ('received_at', models.DateTimeField()),
                    ('status', models.CharField(choices=[('received', 'Received'), ('processed', 'Processed'), ('partly', 'Processed in part'), ('quarantined', 'Quarantined'), ('duplicate', 'Duplicate'), ('corrected', 'Corrected by hand')], default='received', max_length=16)),
                    ('processed_at', models.DateTimeField(blank=True, null=True)),
                    ('verdict', models.CharField(blank=True, max_length=16)),
                    ('findings', models.JSONField(blank=True, default=list)),
                    ('envelope', models.JSONField(blank=True, default=dict)),
                    ('is_test', models.BooleanField(default=False)),
                ],
                options={
                    'indexes': [models.Index(fields=['connection', 'sha256'], name='interchange_same_bytes'), models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='interchange_due'), models.Index(fields=['-received_at', '-id'], name='interchange_newest'), models.Index(fields=['connection', '-received_at'], name='interchange_of_connection')],
                },
            ),
            migrations.CreateModel(
                name='Transaction',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('interchange', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='transactions', to='erp_connectors.interchange')),
                    ('position', models.PositiveIntegerField()),
                    ('kind', models.CharField(help_text='850, 855, 856, or the kind of rows', max_length=32)),
                    ('control_number', models.CharField(blank=True, max_length=40)),
                    ('key', models.CharField(blank=True, max_length=255)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('offset_from', models.PositiveIntegerField(default=0)),
                    ('offset_to', models.PositiveIntegerField(default=0)),
                    ('verdict', models.CharField(max_length=16)),
                    ('status', models.CharField(choices=[('applied', 'Applied'), ('duplicate', 'Duplicate'), ('rejected', 'Rejected'), ('quarantined', 'Quarantined'), ('not_mapped', 'Not mapped'), ('test', 'Test, not applied'), ('ignored', 'Ignored'), ('corrected', 'Corrected by hand')], max_length=16)),
                    ('findings', models.JSONField(blank=True, default=list)),
                    ('reading', models.JSONField(blank=True, default=dict)),
                    ('mapping_version', models.CharField(blank=True, max_length=40)),
                ],
                options={
                    'ordering': ['interchange', 'position'],
                    'indexes': [models.Index(fields=['key'], name='transaction_key')],
                    'constraints': [models.UniqueConstraint(fields=('interchange', 'position'), name='transaction_once_per_interchange')],
                },
            ),
            migrations.CreateModel(
                name='OrderReference',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='erp_connectors.connection')),
                    ('supplier_number', models.CharField(max_length=64)),
                    ('order_number', models.CharField(max_length=64)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('connection', 'supplier_number', 'order_number'), name='order_reference_once')],
                },
            ),
            migrations.CreateModel(
                name='Document',
                fields=[
                    ('id', models.UUIDField(default=erp_connectors.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('kind', models.CharField(choices=[('purchase_order', 'purchase_order'), ('confirmation', 'confirmation'), ('ship_notice', 'ship_notice'), ('shipment_status', 'shipment_status'), ('receipt', 'receipt'), ('invoice', 'invoice'), ('stock', 'stock'), ('demand', 'demand'), ('supplier', 'supplier'), ('item', 'item')], max_length=32)),
                    ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='erp_connectors.company')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='erp_connectors.connection')),
                    ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='erp_connectors.supplier')),
                    ('key', models.CharField(max_length=200)),
                    ('first_said_at', models.DateTimeField()),
                    ('said_at', models.DateTimeField()),
                    ('revision', models.PositiveIntegerField(default=0)),
                    ('control_number', models.CharField(blank=True, max_length=100)),
                    ('content', models.JSONField()),
                    ('content_hash', models.CharField(max_length=64)),
                    ('recorded_at', models.DateTimeField()),
                    ('transaction', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='erp_connectors.transaction')),
                    ('orders', models.ManyToManyField(blank=True, related_name='documents', to='erp_connectors.orderreference')),
                ],
                options={
                    'indexes': [models.Index(fields=['connection', 'kind', 'key', '-said_at', '-revision', '-control_number'], name='document_newest'), models.Index(fields=['recorded_at'], name='document_recorded'), models.Index(condition=models.Q(('content__purpose', 'cancel'), ('kind', erp_connectors.canonical.documents.DocumentKind['CONFIRMATION'])), fields=['connection', 'key'], name='confirmation_withdrawn')],
                    'constraints': [models.UniqueConstraint(fields=('connection', 'kind', 'key', 'said_at', 'revision', 'control_number', 'content_hash'), name='document_said_once')],
                },
            ),
            migrations.CreateModel(
                name='PurchaseOrder',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='erp_connectors.company')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='erp_connectors.connection')),
                    ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='erp_connectors.supplier')),
                    ('number', models.CharField(max_length=64)),
                    ('state', models.CharField(max_length=16)),
                    ('currency', models.CharField(max_length=3)),
                    ('buyer', models.CharField(blank=True, max_length=64)),
                    ('released_at', models.DateTimeField(blank=True, null=True)),
                    ('version_token', models.CharField(blank=True, max_length=200)),
                    ('unmatched', models.JSONField(blank=True, default=list)),
                    ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='erp_connectors.document')),
                ],
                options={
                    'indexes': [models.Index(fields=['number'], name='order_number')],
                    'constraints': [models.UniqueConstraint(fields=('connection', 'number'), name='order_per_connection')],
                },
            ),
            migrations.CreateModel(
                name='Command',
                fields=[
                    ('due_at', models.DateTimeField(blank=True, help_text='When a worker should take it; empty: never.', null=True)),
                    ('attempts', models.PositiveIntegerField(default=0)),
                    ('lease_until', models.DateTimeField(blank=True, null=True)),
                    ('last_error', models.TextField(blank=True)),
                    ('id', models.UUIDField(default=erp_connectors.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commands', to='erp_connectors.connection')),
                    ('order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commands', to='erp_connectors.purchaseorder')),
                    ('kind', models.CharField(max_length=32)),
                    ('content', models.JSONField()),
                    ('authorisation', models.JSONField()),
                    ('case_number', models.CharField(blank=True, max_length=32)),
                    ('proposal_id', models.UUIDField(blank=True, null=True)),
                    ('group', models.UUIDField(blank=True, null=True)),
                    ('state', django_fsm.FSMField(choices=[('waiting', 'Waiting'), ('sending', 'Sent, awaiting the answer'), ('done', 'Done'), ('unknown', 'Answer lost'), ('conflict', 'The ERP has other values'), ('dead', 'Refused'), ('withdrawn', 'Withdrawn')], default='waiting', max_length=50, protected=True)),
                    ('created_at', models.DateTimeField()),
                    ('sent_at', models.DateTimeField(blank=True, null=True)),
                    ('settled_at', models.DateTimeField(blank=True, null=True)),
                    ('answer', models.JSONField(blank=True, default=dict)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='command_due'), models.Index(fields=['order', 'id'], name='command_order'), models.Index(condition=models.Q(('group__isnull', False)), fields=['group'], name='command_group')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('authorisation', {}), _negated=True), name='command_has_an_authorisation')],
                },
            ),
            migrations.CreateModel(
                name='ControlNumber',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to='erp_connectors.connection')),
                    ('partner', models.CharField(max_length=100)),
                    ('last', models.PositiveBigIntegerField(default=0)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('connection', 'partner'), name='control_number_per_partner')],
                },
            ),
            migrations.CreateModel(
                name='Correction',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('original', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='erp_connectors.interchange')),
                    ('corrected', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='erp_connectors.interchange')),
                    ('diff', models.TextField()),
                    ('reason', models.CharField(max_length=500)),
                    ('made_by', models.CharField(max_length=200)),
                    ('made_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Item',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='items', to='erp_connectors.connection')),
                    ('number', models.CharField(max_length=64)),
                    ('description', models.CharField(blank=True, max_length=300)),
                    ('base_unit', models.CharField(max_length=16)),
                    ('category', models.CharField(blank=True, max_length=64)),
                    ('abc_class', models.CharField(blank=True, max_length=1)),
                    ('gtin', models.CharField(blank=True, max_length=14)),
                    ('unit_margin', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('sales_price', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('demand_per_day', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('demand_sd', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('lead_days', models.PositiveSmallIntegerField(blank=True, null=True)),
                    ('criticality', models.DecimalField(blank=True, decimal_places=6, max_digits=8, null=True)),
                    ('as_of', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('connection', 'number'), name='item_per_connection')],
                },
            ),
            migrations.CreateModel(
                name='Warehouse',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='warehouses', to='erp_connectors.company')),
                    ('code', models.CharField(max_length=32)),
                    ('name', models.CharField(max_length=200)),
                ],
                options={
                    'ordering': ['company', 'code'],
                    'constraints': [models.UniqueConstraint(fields=('company', 'code'), name='warehouse_code_per_company')],
                },
            ),
            migrations.CreateModel(
                name='CustomerDemand',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='demand', to='erp_connectors.connection')),
                    ('order_number', models.CharField(max_length=64)),
                    ('line_number', models.CharField(max_length=32)),
                    ('customer', models.CharField(max_length=200)),
                    ('customer_class', models.CharField(max_length=1)),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='demand', to='erp_connectors.item')),
                    ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='demand', to='erp_connectors.warehouse')),
                    ('open_quantity', models.DecimalField(decimal_places=6, max_digits=20)),
                    ('unit', models.CharField(max_length=16)),
                    ('due_on', models.DateField()),
                    ('penalty_per_day', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('penalty_flat', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('as_of', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'indexes': [models.Index(fields=['item', 'warehouse', 'due_on'], name='demand_by_item')],
                    'constraints': [models.UniqueConstraint(fields=('connection', 'order_number', 'line_number'), name='demand_line_once')],
                },
            ),
            migrations.CreateModel(
                name='DocumentHead',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='document_heads', to='erp_connectors.connection')),
                    ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='document_heads', to='erp_connectors.company')),
                    ('kind', models.CharField(max_length=32)),
                    ('key', models.CharField(max_length=200)),
                    ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='erp_connectors.supplier')),
                    ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='erp_connectors.document')),
                    ('number', models.CharField(max_length=200)),
                    ('is_credit', models.BooleanField(default=False)),
                    ('is_cancelled', models.BooleanField(default=False)),
                    ('first_said_at', models.DateTimeField()),
                    ('issued_on', models.DateField(blank=True, null=True)),
                    ('total', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('currency', models.CharField(blank=True, max_length=3)),
                    ('orders', models.JSONField(default=list)),
                    ('loose', models.JSONField(default=dict)),
                ],
                options={
                    'indexes': [models.Index(fields=['kind', 'number'], name='head_number'), models.Index(condition=models.Q(('loose', {}), _negated=True), fields=['connection'], name='head_loose')],
                    'constraints': [models.UniqueConstraint(fields=('connection', 'kind', 'key', 'supplier'), name='head_per_document', nulls_distinct=False)],
                },
            ),
            migrations.CreateModel(
                name='IdempotencyKey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('caller', models.CharField(max_length=100)),
                    ('key', models.CharField(max_length=200)),
                    ('body_hash', models.CharField(max_length=64)),
                    ('status', models.PositiveSmallIntegerField()),
                    ('answer', models.JSONField()),
                    ('created_at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('caller', 'key'), name='idempotency_key_once')],
                },
            ),
            migrations.CreateModel(
                name='ItemName',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='names', to='erp_connectors.item')),
                    ('supplier_number', models.CharField(max_length=64)),
                    ('number', models.CharField(max_length=64)),
                ],
                options={
                    'indexes': [models.Index(fields=['supplier_number', 'number'], name='item_name_lookup')],
                    'constraints': [models.UniqueConstraint(fields=('item', 'supplier_number', 'number'), name='item_name_per_supplier')],
                },
            ),
            migrations.CreateModel(
                name='ItemPack',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='packs', to='erp_connectors.item')),
                    ('unit', models.CharField(max_length=16)),
                    ('factor', models.DecimalField(decimal_places=6, max_digits=20)),
                    ('is_by_hand', models.BooleanField(default=False)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('item', 'unit'), name='pack_per_item'), models.CheckConstraint(condition=models.Q(('factor__gt', 0)), name='pack_factor_is_positive')],
                },
            ),
            migrations.CreateModel(
                name='KnownItem',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='known_items', to='erp_connectors.connection')),
                    ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='known_items', to='erp_connectors.supplier')),
                    ('scheme', models.CharField(choices=[('supplier', 'supplier'), ('gtin', 'gtin'), ('buyer', 'buyer'), ('manufacturer', 'manufacturer')], help_text='Whose number it is, as the document says.', max_length=16)),
                    ('number', models.CharField(max_length=64)),
                    ('item_number', models.CharField(max_length=64)),
                    ('made_by', models.CharField(max_length=200)),
                    ('made_at', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('connection', 'supplier', 'scheme', 'number'), name='known_item_once')],
                },
            ),
            migrations.CreateModel(
                name='LineMatch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='line_matches', to='erp_connectors.connection')),
                    ('kind', models.CharField(max_length=32)),
                    ('key', models.CharField(max_length=200)),
                    ('supplier', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='erp_connectors.supplier')),
                    ('line', models.PositiveIntegerField(blank=True, null=True)),
                    ('words', models.JSONField()),
                    ('order_number', models.CharField(max_length=64)),
                    ('line_number', models.CharField(blank=True, max_length=32)),
                    ('made_by', models.CharField(max_length=200)),
                    ('made_at', models.DateTimeField()),
                    ('reason', models.CharField(blank=True, max_length=500)),
                ],
                options={
                    'verbose_name_plural': 'line matches',
                    'constraints': [models.UniqueConstraint(fields=('connection', 'kind', 'key', 'supplier', 'line'), name='match_per_document_line', nulls_distinct=False)],
                },
            ),
            migrations.CreateModel(
                name='OrderLine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='erp_connectors.purchaseorder')),
                    ('number', models.CharField(max_length=32)),
                    ('item', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order_lines', to='erp_connectors.item')),
                    ('item_number', models.CharField(max_length=64)),
                    ('description', models.CharField(blank=True, max_length=300)),
                    ('warehouse', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='erp_connectors.warehouse')),
                    ('quantity', models.DecimalField(decimal_places=6, max_digits=20)),
                    ('unit', models.CharField(max_length=16)),
                    ('price', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('price_per', models.DecimalField(decimal_places=6, default=1, max_digits=20)),
                    ('requested_on', models.DateField(blank=True, null=True)),
                    ('cancelled', models.BooleanField(default=False)),
                    ('is_present', models.BooleanField(default=True)),
                    ('position', models.JSONField(default=dict)),
                    ('answered_at', models.DateTimeField(blank=True, help_text='First answer, in document time.', null=True)),
                    ('has_other_price', models.BooleanField(default=False, help_text='An answer may state another price than the order.')),
                    ('may_offer_less', models.BooleanField(default=False, help_text='An answer may offer less than is ordered.')),
                    ('price_gap', models.DecimalField(blank=True, decimal_places=6, help_text='How much more it costs as answered; empty: not so plain.', max_digits=20, null=True)),
                    ('received_quantity', models.DecimalField(decimal_places=6, default=0, max_digits=20)),
                ],
                options={
                    'indexes': [models.Index(fields=['item_number', 'warehouse'], name='line_item_warehouse'), models.Index(condition=models.Q(('may_offer_less', True)), fields=['order'], name='line_offers_less'), models.Index(condition=models.Q(('has_other_price', True)), fields=['order'], name='line_other_price')],
                    'constraints': [models.UniqueConstraint(fields=('order', 'number'), name='line_per_order')],
                },
            ),
            migrations.CreateModel(
                name='OutgoingFile',
                fields=[
                    ('due_at', models.DateTimeField(blank=True, help_text='When a worker should take it; empty: never.', null=True)),
                    ('attempts', models.PositiveIntegerField(default=0)),
                    ('lease_until', models.DateTimeField(blank=True, null=True)),
                    ('last_error', models.TextField(blank=True)),
                    ('id', models.UUIDField(default=erp_connectors.identifiers.uuid7, editable=False, primary_key=True, serialize=False)),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outgoing', to='erp_connectors.connection')),
                    ('interchange', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='acknowledgements', to='erp_connectors.interchange')),
                    ('kind', models.CharField(max_length=16)),
                    ('file_name', models.CharField(max_length=255)),
                    ('payload', models.BinaryField()),
                    ('status', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Sent'), ('dead', 'Given up')], default='waiting', max_length=16)),
                    ('created_at', models.DateTimeField()),
                    ('sent_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='outgoing_due')],
                },
            ),
            migrations.CreateModel(
                name='PartnerProfile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='partners', to='erp_connectors.connection')),
                    ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='partner_profiles', to='erp_connectors.supplier')),
                    ('name', models.CharField(max_length=200)),
                    ('their_qualifier', models.CharField(blank=True, help_text='ISA05 of what they send, or in EDIFACT the qualifier (0007) of UNB S002', max_length=4)),
                    ('their_id', models.CharField(help_text='ISA06 of what they send, or the sender of UNB', max_length=35)),
                    ('our_qualifier', models.CharField(blank=True, help_text='ISA07 of what they send, or in EDIFACT the qualifier (0007) of UNB S003', max_length=4)),
                    ('our_id', models.CharField(help_text='ISA08 of what they send, or the recipient of UNB', max_length=35)),
                    ('is_test', models.BooleanField(default=False, help_text='Expects test interchanges only (ISA15 = T, UNB 0035 = 1).')),
                    ('lenient_isa', models.BooleanField(default=False, help_text='Reads an ISA that is not padded to 106 characters, or a UNB without a syntax version.')),
                    ('time_zone', models.CharField(blank=True, help_text="Empty: the connection's.", max_length=64)),
                    ('acknowledge', models.BooleanField(default=True)),
                    ('overrides', models.JSONField(blank=True, default=dict)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('connection', 'their_qualifier', 'their_id', 'our_qualifier', 'our_id'), name='partner_once_per_connection')],
                },
            ),
            migrations.CreateModel(
                name='Quarantine',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('interchange', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='quarantine', to='erp_connectors.interchange')),
                    ('since', models.DateTimeField()),
                    ('is_whole', models.BooleanField(default=False)),
                ],
            ),
            migrations.CreateModel(
                name='ShipmentNumber',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='erp_connectors.connection')),
                    ('number', models.CharField(max_length=200)),
                    ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='shipment_numbers', to='erp_connectors.document')),
                ],
                options={
                    'indexes': [models.Index(fields=['connection', 'number'], name='shipment_number_lookup')],
                    'constraints': [models.UniqueConstraint(fields=('document', 'number'), name='shipment_number_once')],
                },
            ),
            migrations.CreateModel(
                name='StockLevel',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('item', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stock', to='erp_connectors.item')),
                    ('warehouse', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='stock', to='erp_connectors.warehouse')),
                    ('on_hand', models.DecimalField(decimal_places=6, max_digits=20)),
                    ('unit', models.CharField(max_length=16)),
                    ('demand_per_day', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('demand_sd', models.DecimalField(blank=True, decimal_places=6, max_digits=20, null=True)),
                    ('as_of', models.DateTimeField()),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('item', 'warehouse'), name='stock_per_item_and_warehouse')],
                },
            ),
            migrations.CreateModel(
                name='StreamState',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('connection', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='streams', to='erp_connectors.connection')),
                    ('stream', models.CharField(max_length=32)),
                    ('is_polled', models.BooleanField(default=True)),
                    ('cursor', models.JSONField(blank=True, default=dict)),
                    ('interval_seconds', models.PositiveIntegerField(default=60)),
                    ('due_at', models.DateTimeField(blank=True, null=True)),
                    ('lease_until', models.DateTimeField(blank=True, null=True)),
                    ('watermark', models.DateTimeField(blank=True, null=True)),
                    ('last_success_at', models.DateTimeField(blank=True, null=True)),
                    ('failures', models.PositiveIntegerField(default=0)),
                    ('last_error', models.TextField(blank=True)),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('connection', 'stream'), name='stream_once')],
                },
            ),
        ]),
        migrations.RunSQL(CLOCK, "DROP FUNCTION rightline_now()"),
    ]

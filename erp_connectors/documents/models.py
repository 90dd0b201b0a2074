"""The mirror: documents with every revision, master data, orders, and one position per order line.

Written only by `store.record`. Keys carry the ERP connection, so that two ERPs never mix.
"""

from typing import Any

from django.db import models

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.companies import Company, Connection, Warehouse
from erp_connectors.documents.identity import Group
from erp_connectors.identifiers import uuid7

QUANTITY: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}
MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}


class Supplier(models.Model):
    """A supplier as its ERP has it. What is ours about it lives in `suppliers.SupplierProfile`."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="suppliers")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="suppliers")
    number = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    tier = models.CharField(max_length=1, blank=True)
    country = models.CharField(max_length=2, blank=True)
    email = models.EmailField(blank=True)
    buyer = models.CharField(max_length=64, blank=True, help_text="The ERP's user name of its buyer.")

    class Meta:
        ordering = ["name", "number"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "number"], name="supplier_per_connection")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.number})"


class Item(models.Model):
    """An item as its ERP has it (`ItemRecord`). `as_of`: when the ERP last said so."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="items")
    number = models.CharField(max_length=64)
    description = models.CharField(max_length=300, blank=True)
    base_unit = models.CharField(max_length=16)
    category = models.CharField(max_length=64, blank=True)
    abc_class = models.CharField(max_length=1, blank=True)
    gtin = models.CharField(max_length=14, blank=True)
    unit_margin = models.DecimalField(**MONEY, null=True, blank=True)
    sales_price = models.DecimalField(**MONEY, null=True, blank=True)
    demand_per_day = models.DecimalField(**QUANTITY, null=True, blank=True)
    demand_sd = models.DecimalField(**QUANTITY, null=True, blank=True)
    lead_days = models.PositiveSmallIntegerField(null=True, blank=True)
    criticality = models.DecimalField(max_digits=8, decimal_places=6, null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "number"], name="item_per_connection")]

    def __str__(self) -> str:
        return f"{self.number} {self.description}"


class ItemPack(models.Model):
    """One `unit` of the item holds `factor` base units, as the ERP says, or a person while it does not."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="packs")
    unit = models.CharField(max_length=16)
    factor = models.DecimalField(**QUANTITY)
    is_by_hand = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "unit"], name="pack_per_item"),
            models.CheckConstraint(condition=models.Q(factor__gt=0), name="pack_factor_is_positive"),
        ]

    def __str__(self) -> str:
        return f"1 {self.unit} = {self.factor} {self.item.base_unit}"


class ItemName(models.Model):
    """What one supplier calls an item."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="names")
    supplier_number = models.CharField(max_length=64)
    number = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["item", "supplier_number", "number"], name="item_name_per_supplier"
            )
        ]
        indexes = [models.Index(fields=["supplier_number", "number"], name="item_name_lookup")]

    def __str__(self) -> str:
        return f"{self.supplier_number}: {self.number}"


class Document(models.Model):
    """One revision of one document, as said by one source. Never changed but for when it was last said.

    Newest = highest (said_at, revision, control_number). The same content said again later only moves
    `said_at` on; `first_said_at` stays. `key` groups the revisions of one document within `connection`
    (the ERP whose orders it is about).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in DocumentKind])
    company = models.ForeignKey(Company, on_delete=models.PROTECT)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="documents")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, blank=True)
    key = models.CharField(max_length=200)
    first_said_at = models.DateTimeField()
    said_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=0)
    control_number = models.CharField(max_length=100, blank=True)
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    transaction = models.ForeignKey(
        "erp_connectors.Transaction",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="documents",
    )
    orders: models.ManyToManyField = models.ManyToManyField(
        "erp_connectors.OrderReference", related_name="documents", blank=True
    )

    class Meta:
        indexes = [
            models.Index(
                fields=["connection", "kind", "key", "-said_at", "-revision", "-control_number"],
                name="document_newest",
            ),
            models.Index(fields=["recorded_at"], name="document_recorded"),
            models.Index(
                fields=["connection", "key"],
                name="confirmation_withdrawn",
                condition=models.Q(kind=DocumentKind.CONFIRMATION, content__purpose="cancel"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "key", "said_at", "revision", "control_number", "content_hash"],
                name="document_said_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def group(self) -> Group:
        """What all revisions of the document share; an order is one, whichever supplier they name."""
        is_order = self.kind == DocumentKind.PURCHASE_ORDER
        return (self.kind, self.key, None if is_order else self.supplier_id)


class DocumentHead(models.Model):
    """One document across its revisions, but for orders and what is around them: what the newest one says.

    `number` is the document's own; `orders` are the numbers of the orders it names, `first_said_at` is of its
    first revision. `loose`: the lines that fit no order, under the order they name (empty: none), each with
    `line` (its index; None: the document as a whole), `reason` and `candidates`. Kept by `heads.follow`.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="document_heads")
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="document_heads")
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=200)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, blank=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=200)
    is_credit = models.BooleanField(default=False)
    is_cancelled = models.BooleanField(default=False)
    first_said_at = models.DateTimeField()
    issued_on = models.DateField(null=True, blank=True)
    total = models.DecimalField(**MONEY, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    orders = models.JSONField(default=list)
    loose = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "key", "supplier"],
                nulls_distinct=False,
                name="head_per_document",
            )
        ]
        indexes = [
            models.Index(fields=["kind", "number"], name="head_number"),
            models.Index(fields=["connection"], name="head_loose", condition=~models.Q(loose={})),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def group(self) -> Group:
        """What all revisions of the document share."""
        return (self.kind, self.key, self.supplier_id)


class LineMatch(models.Model):
    """A person's word on which order line a document line is; the document itself stays as it was sent.

    `line`: its index in the document (None: the document as a whole, whose order is meant). `words`: what the
    line said then; it holds only while the newest revision says the same there.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="line_matches")
    kind = models.CharField(max_length=32)
    key = models.CharField(max_length=200)
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, null=True, blank=True)
    line = models.PositiveIntegerField(null=True, blank=True)
    words = models.JSONField()
    order_number = models.CharField(max_length=64)
    line_number = models.CharField(max_length=32, blank=True)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "line matches"
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "kind", "key", "supplier", "line"],
                nulls_distinct=False,
                name="match_per_document_line",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}, line {self.line}: {self.order_number} / {self.line_number}"


class KnownItem(models.Model):
    """What a number that one supplier writes means, as a person said once: our item."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="known_items")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="known_items")
    scheme = models.CharField(
        max_length=16,
        choices=[(each, each) for each in ("supplier", "gtin", "buyer", "manufacturer")],
        help_text="Whose number it is, as the document says.",
    )
    number = models.CharField(max_length=64)
    item_number = models.CharField(max_length=64)
    made_by = models.CharField(max_length=200)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "supplier", "scheme", "number"], name="known_item_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.supplier}: {self.number} is {self.item_number}"


class OrderReference(models.Model):
    """An order number of one supplier in one ERP, named by some document; the order itself may not be here.

    Rows are locked while the positions of the order are computed, so that two documents on it queue up.
    """

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    supplier_number = models.CharField(max_length=64)
    order_number = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "supplier_number", "order_number"], name="order_reference_once"
            )
        ]

    def __str__(self) -> str:
        return self.order_number


class ShipmentNumber(models.Model):
    """A number by which a ship notice or a carrier's status knows its shipment: so they find each other."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT)
    number = models.CharField(max_length=200)
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="shipment_numbers")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["document", "number"], name="shipment_number_once"),
        ]
        indexes = [models.Index(fields=["connection", "number"], name="shipment_number_lookup")]

    def __str__(self) -> str:
        return self.number


class PurchaseOrder(models.Model):
    """A purchase order as the newest revision of the ERP has it.

    `unmatched`: the lines of documents that name it and fit none of its lines, as JSON (`UnmatchedLine`).
    """

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="orders")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="orders")
    supplier = models.ForeignKey(Supplier, on_delete=models.PROTECT, related_name="orders")
    number = models.CharField(max_length=64)
    state = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)
    buyer = models.CharField(max_length=64, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    version_token = models.CharField(max_length=200, blank=True)
    unmatched = models.JSONField(default=list, blank=True)
    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "number"], name="order_per_connection")]
        indexes = [models.Index(fields=["number"], name="order_number")]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """A line of a purchase order with its position.

    `position` is a `LinePosition` as JSON; the columns beside it repeat what lists and KPIs ask for.
    A line the ERP no longer has is kept with `is_present` false.
    """

    order = models.ForeignKey(PurchaseOrder, on_delete=models.CASCADE, related_name="lines")
    number = models.CharField(max_length=32)
    item = models.ForeignKey(
        Item, on_delete=models.PROTECT, null=True, blank=True, related_name="order_lines"
    )
    item_number = models.CharField(max_length=64)
    description = models.CharField(max_length=300, blank=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True, blank=True)
    quantity = models.DecimalField(**QUANTITY)
    unit = models.CharField(max_length=16)
    price = models.DecimalField(**MONEY, null=True, blank=True)
    price_per = models.DecimalField(**QUANTITY, default=1)
    requested_on = models.DateField(null=True, blank=True)
    cancelled = models.BooleanField(default=False)
    is_present = models.BooleanField(default=True)
    position = models.JSONField(default=dict)
    answered_at = models.DateTimeField(null=True, blank=True, help_text="First answer, in document time.")
    has_other_price = models.BooleanField(
        default=False, help_text="An answer may state another price than the order."
    )
    may_offer_less = models.BooleanField(default=False, help_text="An answer may offer less than is ordered.")
    price_gap = models.DecimalField(
        **MONEY, null=True, blank=True, help_text="How much more it costs as answered; empty: not so plain."
    )
    received_quantity = models.DecimalField(**QUANTITY, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "number"], name="line_per_order")]
        indexes = [
            models.Index(fields=["item_number", "warehouse"], name="line_item_warehouse"),
            models.Index(fields=["order"], name="line_offers_less", condition=models.Q(may_offer_less=True)),
            models.Index(fields=["order"], name="line_other_price", condition=models.Q(has_other_price=True)),
        ]

    def __str__(self) -> str:
        return f"{self.order} / {self.number}"


class StockLevel(models.Model):
    """What is on hand of an item in a warehouse, by the newest word of the ERP.

    The demand of a day and its standard deviation are in `unit` too.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="stock")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="stock")
    on_hand = models.DecimalField(**QUANTITY)
    unit = models.CharField(max_length=16)
    demand_per_day = models.DecimalField(**QUANTITY, null=True, blank=True)
    demand_sd = models.DecimalField(**QUANTITY, null=True, blank=True)
    as_of = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "warehouse"], name="stock_per_item_and_warehouse")
        ]

    def __str__(self) -> str:
        return f"{self.item.number}: {self.on_hand} {self.unit}"


class CustomerDemand(models.Model):
    """An open line of a customer order, by the newest word of the ERP."""

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="demand")
    order_number = models.CharField(max_length=64)
    line_number = models.CharField(max_length=32)
    customer = models.CharField(max_length=200)
    customer_class = models.CharField(max_length=1)
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="demand")
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="demand")
    open_quantity = models.DecimalField(**QUANTITY)
    unit = models.CharField(max_length=16)
    due_on = models.DateField()
    penalty_per_day = models.DecimalField(**MONEY, null=True, blank=True)
    penalty_flat = models.DecimalField(**MONEY, null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "order_number", "line_number"], name="demand_line_once"
            )
        ]
        indexes = [models.Index(fields=["item", "warehouse", "due_on"], name="demand_by_item")]

    def __str__(self) -> str:
        return f"{self.order_number} / {self.line_number}"

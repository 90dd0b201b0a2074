"""Policy rows. Each names the release that last set it; a case names the row and the release that decided."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from erp_connectors.companies import Company, Warehouse
from erp_connectors.documents.models import Supplier
from exceptions_app.detection.inquiries import LABELS
from exceptions_app.policies.values import Direction, LimitState, ToleranceMode
from suppliers.profiles import Language

STATES = [(state.value, state.value) for state in LimitState]
INQUIRIES = [(inquiry.value, label) for inquiry, label in LABELS.items()]


class PolicyRelease(models.Model):
    """A numbered state of the policies. Every change of a policy row publishes a new one."""

    number = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=200)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True
    )

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"Release {self.number}"


class PolicyRow(models.Model):
    """What every policy row has."""

    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, editable=False, related_name="+")
    owner = models.CharField(max_length=100, blank=True, help_text="Who answers for this rule.")
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True, help_text="Last day it holds.")

    class Meta:
        abstract = True

    def validate_constraints(self, exclude: Collection[str] | None = None) -> None:
        """Raise ValidationError where the row alone cannot be a rule.

        Whether it can stand beside others shows once all of a draft is there (`clashes`).
        """
        for constraint in self._meta.constraints:
            if isinstance(constraint, models.CheckConstraint):
                constraint.validate(type(self), self, exclude=set(exclude or ()))


class Calendar(PolicyRow):
    """Opening hours and holidays. `hours`: weekday 0-6 to a list of [opening, closing] times as HH:MM."""

    code = models.SlugField(max_length=64)
    name = models.CharField(max_length=100)
    zone = models.CharField(max_length=64)
    hours = models.JSONField()
    country = models.CharField(max_length=2, blank=True, help_text="Public holidays of this country ...")
    subdivision = models.CharField(max_length=10, blank=True, help_text="... and this part of it.")
    closed_on = models.JSONField(default=list, blank=True, help_text="More days off, as YYYY-MM-DD.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["code"], name="calendar_code", deferrable=models.Deferrable.DEFERRED
            )
        ]

    def __str__(self) -> str:
        return self.name


class CompanyPolicy(PolicyRow):
    """The calendar a company works by, where cases go that no rule and no type finds a team for, and how many
    cases of one type and supplier, how close together, are suggested as one incident.
    """

    company = models.OneToOneField(Company, on_delete=models.CASCADE, related_name="policy")
    calendar = models.ForeignKey(Calendar, on_delete=models.PROTECT)
    fallback_team = models.ForeignKey("exceptions_app.Team", on_delete=models.PROTECT)
    incident_cases = models.PositiveSmallIntegerField(
        default=5, help_text="So many cases of one type and supplier are suggested as one incident ..."
    )
    incident_minutes = models.PositiveIntegerField(
        default=120, help_text="... when they were opened within so many minutes."
    )

    class Meta:
        verbose_name_plural = "company policies"

    def __str__(self) -> str:
        return str(self.company)


class ExchangeRate(PolicyRow):
    """One unit of `currency` is `rate` units of the company's currency; amounts are compared with limits."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="rates")
    currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=20, decimal_places=10)

    def __str__(self) -> str:
        return f"{self.currency} at {self.rate}"


class Scope(PolicyRow):
    """For which order lines a row holds; empty means any. The most specific row wins."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    item_number = models.CharField(max_length=64, blank=True)
    category = models.CharField(max_length=64, blank=True)
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )

    class Meta:
        abstract = True


class ToleranceRow(Scope):
    """How far a value may be off before a type opens a case."""

    type_code = models.SlugField(max_length=40)
    direction = models.CharField(
        max_length=8, choices=[(side.value, side.value) for side in Direction], default=Direction.UNDER.value
    )
    percent_state = models.CharField(max_length=16, choices=STATES, default=LimitState.UNCHECKED.value)
    percent = models.DecimalField(max_digits=9, decimal_places=4, null=True, blank=True)
    amount_state = models.CharField(max_length=16, choices=STATES, default=LimitState.UNCHECKED.value)
    amount = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    cap_state = models.CharField(max_length=16, choices=STATES, default=LimitState.UNCHECKED.value)
    cap = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    mode = models.CharField(
        max_length=8, choices=[(mode.value, mode.value) for mode in ToleranceMode], default="either"
    )

    class Meta:
        verbose_name = "tolerance"
        # Without a value a comparison is neither true nor false, and the database lets such a row in.
        constraints = [
            models.CheckConstraint(
                condition=(
                    models.Q(percent_state="value", percent__isnull=False, percent__gt=0)
                    | (~models.Q(percent_state="value") & models.Q(percent__isnull=True))
                ),
                name="tolerance_percent_has_its_value",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(amount_state="value", amount__isnull=False, amount__gt=0)
                    | (~models.Q(amount_state="value") & models.Q(amount__isnull=True))
                ),
                name="tolerance_amount_has_its_value",
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(cap_state="value", cap__isnull=False, cap__gt=0)
                    | (~models.Q(cap_state="value") & models.Q(cap__isnull=True))
                ),
                name="tolerance_cap_has_its_value",
            ),
        ]

    def __str__(self) -> str:
        return f"Tolerance for {self.type_code}"


class TermRow(Scope):
    """What a supplier owes by when, in business days; empty: the default stands."""

    confirm_days = models.PositiveSmallIntegerField(null=True, blank=True)
    transit_days = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = "supplier term"

    def __str__(self) -> str:
        return f"Terms of {self.supplier or 'all suppliers'}"


PERCENT: dict[str, Any] = {
    "max_digits": 7,
    "decimal_places": 2,
    "null": True,
    "blank": True,
    "validators": [MinValueValidator(0), MaxValueValidator(100)],
}
SHARE: dict[str, Any] = PERCENT | {"validators": [MinValueValidator(0)]}
COST: dict[str, Any] = {
    "max_digits": 20,
    "decimal_places": 2,
    "null": True,
    "blank": True,
    "validators": [MinValueValidator(0)],
}
DAYS: dict[str, Any] = {"null": True, "blank": True, "validators": [MaxValueValidator(999)]}


class ImpactDefaults(Scope):
    """What the expected loss is calculated with where no source says it; empty: a wider row, or the standard.

    Money is in the company's currency. The names of the figures are those of `values.STANDARD_FIGURES`.
    """

    margin_percent = models.DecimalField(
        **SHARE, help_text="Where the ERP names no margin of an item: in percent of the order's price."
    )
    cover_days = models.PositiveSmallIntegerField(
        **DAYS, help_text="Where it names no demand: for how many days an ordered quantity usually lasts."
    )
    demand_sd_percent = models.DecimalField(
        **SHARE,
        help_text="Where it does not say how demand varies: its standard deviation in percent of a day's.",
    )
    recovery_days = models.PositiveSmallIntegerField(
        **DAYS, help_text="Where there is no new date and no lead time: days until goods come after all."
    )
    penalty_per_day = models.DecimalField(
        **COST, help_text="Where a customer order names no penalty: for each day it is late."
    )
    penalty_flat = models.DecimalField(**COST, help_text="... and once.")
    lost_sale_percent = models.DecimalField(**PERCENT, help_text="How likely a sale is lost without stock.")
    expedite_percent = models.DecimalField(
        **PERCENT, help_text="How likely goods are expedited when stock runs out."
    )
    expedite_cost = models.DecimalField(**COST, help_text="What expediting costs.")
    likelihood_percent = models.DecimalField(
        **PERCENT, help_text="How likely goods nobody confirmed or announced are short or late."
    )
    wacc_percent = models.DecimalField(**PERCENT, help_text="What tied-up capital costs in a year.")
    hold_days = models.PositiveSmallIntegerField(
        **DAYS, help_text="For how many days an invoice with a case, or goods too many, tie up capital."
    )
    discount_percent = models.DecimalField(
        **PERCENT, help_text="The discount a held invoice loses, where it does not say so itself."
    )
    handling_cost = models.DecimalField(**COST, help_text="What the work on one case costs.")
    blinded_cost = models.DecimalField(
        **COST, help_text="What each order costs that cannot be judged while a stream is silent."
    )
    criticality = models.DecimalField(
        max_digits=4,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(Decimal("1.5"))],
        help_text="1 (as any other) to 1.5; the whole loss is multiplied by it.",
    )

    class Meta:
        verbose_name = verbose_name_plural = "impact defaults"

    def __str__(self) -> str:
        of = [self.supplier, self.item_number, self.category, self.warehouse]
        return f"Impact of {', '.join(str(each) for each in of if each) or 'all lines'}"


class SeverityBands(PolicyRow):
    """From which expected loss on a case is medium, high or critical, in the company's currency."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True)
    medium = models.DecimalField(max_digits=20, decimal_places=2)
    high = models.DecimalField(max_digits=20, decimal_places=2)
    critical = models.DecimalField(max_digits=20, decimal_places=2)

    class Meta:
        verbose_name = verbose_name_plural = "severity bands"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(medium__gt=0, high__gt=models.F("medium"), critical__gt=models.F("high")),
                name="severity_bands_rise",
            )
        ]

    def __str__(self) -> str:
        return f"Bands of {self.company or 'all companies'}"


class TypeMode(models.TextChoices):
    """Whether a type opens cases. SHADOW: it is looked for, and only noted what would have opened."""

    ON = "on", "On"
    OFF = "off", "Off"
    SHADOW = "shadow", "Shadow"


class TypeSetting(Scope):
    """Says for a scope whether a live exception type is on, off or in shadow; else the type itself says."""

    type_code = models.SlugField(max_length=40)
    mode = models.CharField(max_length=8, choices=TypeMode.choices)

    def __str__(self) -> str:
        return f"{self.type_code}: {self.mode}"


class RoutingRule(PolicyRow):
    """Sends a case to a team. Rules are tried by `position`; the first whose condition holds takes it.

    `condition` is a typed tree of whitelisted facts and operators (`conditions`); empty always holds.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True)
    position = models.PositiveIntegerField()
    name = models.CharField(max_length=200)
    condition = models.JSONField(default=dict, blank=True)
    team = models.ForeignKey("exceptions_app.Team", on_delete=models.PROTECT)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Responsibility(Scope):
    """Who in a team looks after a supplier, a category, an item or a site: cases there go to them first."""

    team = models.ForeignKey("exceptions_app.Team", on_delete=models.CASCADE, related_name="responsibilities")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="responsibilities"
    )

    class Meta:
        verbose_name_plural = "responsibilities"

    def __str__(self) -> str:
        return f"{self.person} in {self.team}"


class ServiceLevelRow(PolicyRow):
    """Business hours to respond and resolve for a type at severity high; other severities scale it."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True)
    type_code = models.SlugField(max_length=40)
    respond_hours = models.DecimalField(max_digits=6, decimal_places=2)
    resolve_hours = models.DecimalField(max_digits=6, decimal_places=2)

    class Meta:
        verbose_name = "service level"

    def __str__(self) -> str:
        return f"Service level of {self.type_code}"


class Side(models.TextChoices):
    """Whose promise a clock measures."""

    OURS = "ours", "Our clocks"
    SUPPLIER = "supplier", "The supplier's clock"


class SupplierTimeRow(PolicyRow):
    """How long a supplier may take to answer a question, and when it is reminded; the most specific row wins.

    Hours are business hours on the supplier's calendar; how grave a case is for us changes none of them.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    tier = models.CharField(max_length=1, blank=True, help_text="Suppliers of this tier; empty: of any.")
    type_code = models.SlugField(max_length=40, blank=True)
    answer_hours = models.DecimalField(max_digits=6, decimal_places=2)
    remind_every_hours = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="After so many hours, and again after as many; empty: never.",
    )
    reminders = models.PositiveSmallIntegerField(default=2, help_text="How many at most.")

    class Meta:
        verbose_name = "supplier's time"
        verbose_name_plural = "suppliers' times"

    def __str__(self) -> str:
        return f"Time of {self.supplier or (f'tier {self.tier}' if self.tier else 'all suppliers')}"


class ClockWarning(PolicyRow):
    """When the owner of a case is warned that its time runs out; a row of the team wins over one of all.

    Either once `percent` of the time are used, or `minutes_before` it is up; neither: nobody is warned.
    """

    team = models.ForeignKey(
        "exceptions_app.Team", on_delete=models.CASCADE, null=True, blank=True, related_name="warnings"
    )
    side = models.CharField(max_length=8, choices=Side.choices, default=Side.OURS)
    percent = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Of the time, used.")
    minutes_before = models.PositiveIntegerField(null=True, blank=True, help_text="Of business time.")

    class Meta:
        verbose_name = "warning before time is up"
        verbose_name_plural = "warnings before time is up"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(percent=None) | models.Q(minutes_before=None),
                name="warning_by_percent_or_by_minutes",
            )
        ]

    def __str__(self) -> str:
        return f"Warning for {self.team or 'all teams'}: {self.get_side_display()}"


class EscalationStep(PolicyRow):
    """After a breach and `after_minutes` of business time more, tell a role of the clock's team."""

    team = models.ForeignKey("exceptions_app.Team", on_delete=models.CASCADE, related_name="ladder")
    side = models.CharField(max_length=8, choices=Side.choices, default=Side.OURS)
    level = models.PositiveSmallIntegerField()
    after_minutes = models.PositiveIntegerField(default=0)
    role = models.CharField(max_length=16, default="lead")

    class Meta:
        ordering = ["team", "side", "level"]
        constraints = [
            # Looked at when everything is written: two steps may change places.
            models.UniqueConstraint(
                fields=["team", "side", "level"],
                name="ladder_level_per_team_and_side",
                deferrable=models.Deferrable.DEFERRED,
            )
        ]

    def __str__(self) -> str:
        return f"{self.team}, {self.get_side_display().lower()}: level {self.level}"


class CustomerClass(models.TextChoices):
    """From which class on customer orders matter to a rule."""

    A = "A", "of class A"
    B = "B", "of class A or B"


class ApprovalRule(PolicyRow):
    """Names whom a decision needs besides the amount limit, and in which steps (`matrix.Rule`).

    Holds where everything it names holds; what is empty may be anything. Amounts are in the company's
    currency, days are business days. `steps`: plain JSON of `matrix.Step`, asked in their order.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True)
    name = models.CharField(max_length=200)
    type_code = models.SlugField(max_length=40, blank=True)
    resolutions = models.JSONField(default=list, blank=True)
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    category = models.CharField(max_length=64, blank=True, help_text="Of an item it is about.")
    uncovered_class = models.CharField(
        max_length=1,
        choices=CustomerClass.choices,
        blank=True,
        verbose_name="customer orders left uncovered",
    )
    amount_above = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    percent_above = models.DecimalField(
        max_digits=7, decimal_places=4, null=True, blank=True, help_text="Percent of the ordered quantity."
    )
    days_above = models.PositiveSmallIntegerField(
        null=True, blank=True, verbose_name="days later above", help_text="Business days."
    )
    charge_above = models.DecimalField(
        max_digits=20, decimal_places=2, null=True, blank=True, help_text="A charge that was not ordered."
    )
    steps = models.JSONField(default=list, verbose_name="asks")

    def __str__(self) -> str:
        return self.name


class TellingKind(models.TextChoices):
    """What a told team gets. COVER: a task while orders of class A or B are uncovered, with their names."""

    ALERT = "alert", "Alert"
    TASK = "task", "Task"
    COVER = "cover", "Task while customer orders are uncovered"


class TaskTemplate(PolicyRow):
    """What a team told about a type gets, and in which words; `{...}` are named facts of the case."""

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    type_code = models.SlugField(max_length=40)
    team_code = models.CharField(max_length=3)
    kind = models.CharField(max_length=8, choices=TellingKind.choices, default=TellingKind.ALERT)
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    due_hours = models.DecimalField(max_digits=6, decimal_places=2, default=8)

    def __str__(self) -> str:
        return f"{self.type_code} for {self.team_code}: {self.title}"


class MessageTemplate(PolicyRow):
    """The words of a mail to a supplier about something, in one language; `{...}` are named facts.

    `line` is written once for every line the mail is about, where the body says `{lines}`. A row for the type
    goes before one for all types, a company's before one for all, the later start before the earlier.
    """

    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    inquiry = models.CharField(
        max_length=32, choices=INQUIRIES, help_text="What the mail is about.", verbose_name="about"
    )
    type_code = models.SlugField(max_length=40, blank=True, help_text="Empty: cases of every type.")
    language = models.CharField(max_length=8, choices=Language.choices)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    line = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["inquiry", "language"], name="message_template_lookup")]

    def __str__(self) -> str:
        about = f"{self.get_inquiry_display()} ({self.language})"
        return f"{about}, {self.type_code}" if self.type_code else about


class PolicyStamp(models.Model):
    """One row, with another stamp after every change of a table that policies are read from.

    Triggers keep it (migration 0003), so that a change made by whatever means is seen.
    """

    stamp = models.UUIDField()

    def __str__(self) -> str:
        return str(self.stamp)

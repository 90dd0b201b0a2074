"""People, teams and API tokens."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AbstractUser
from django.db import models

from erp_connectors.companies import Company

if TYPE_CHECKING:
    from exceptions_app.people.standing_in import StandIn


class User(AbstractUser):
    """A person who signs in. What they may do follows from their memberships (`permissions`)."""

    time_zone = models.CharField(max_length=64, default="Europe/Berlin")
    erp_user = models.CharField(
        max_length=64,
        blank=True,
        help_text="Their user name in the ERP, which says who buys, and who entered an invoice or a receipt.",
    )
    theme = models.CharField(
        max_length=8,
        default="auto",
        choices=[("auto", "As the system"), ("light", "Light"), ("dark", "Dark")],
    )
    language = models.CharField(
        max_length=8, blank=True, help_text="In which they are written to; empty: in that of the house."
    )

    #: Filled for the person of a request, whose standing is read once (`permissions.remember_memberships`).
    memberships_read: "tuple[Membership, ...] | None" = None
    stand_ins_read: "tuple[StandIn, ...] | None" = None

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        """Two letters for a narrow column."""
        letters = (self.first_name[:1] + self.last_name[:1]) or self.username[:2]
        return letters.upper()


class Team(models.Model):
    """One of the teams of the taxonomy, within one company. Its calendar decides when its clocks run."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="teams")
    code = models.CharField(max_length=3, help_text="PRO, PLN, WHS, FIN, CSR, SUP or EDI")
    name = models.CharField(max_length=100)
    calendar = models.ForeignKey("exceptions_app.Calendar", on_delete=models.PROTECT, related_name="teams")

    class Meta:
        ordering = ["company", "name"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="team_per_company")]

    def __str__(self) -> str:
        return f"{self.name}, {self.company}"


class Role(models.TextChoices):
    """What a person is in a team. Limits are amounts; the ladder escalates by role."""

    MEMBER = "member", "Member"
    LEAD = "lead", "Lead"
    MANAGER = "manager", "Manager"
    AUDITOR = "auditor", "Auditor (reads only)"


class Membership(models.Model):
    """A person in a team, with a role and, for decisions, a limit in the company's currency.

    `limit` empty: may propose, never authorise alone.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    limit = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    is_from_directory = models.BooleanField(
        default=False, help_text="Follows the groups of the company's directory at each sign-in."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()} of {self.team}"


class Absence(models.Model):
    """Days on which a person is away: no new case goes to them."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["first_day"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")), name="absence_ends_after_it_begins"
            )
        ]
        indexes = [models.Index(fields=["person", "last_day"], name="absence_of_person")]

    def __str__(self) -> str:
        return f"{self.person} away from {self.first_day} to {self.last_day}"


class Delegation(models.Model):
    """Days on which `delegate` may approve in the place of `person`, within both their limits.

    `limit`: up to which amount, in the company's currency (empty: the limit of `person`); `teams`: of which
    of the person's teams (none: of all). It passes on what `person` has, never what was passed to them.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations")
    delegate = models.ForeignKey(User, on_delete=models.CASCADE, related_name="delegations_to")
    teams: models.ManyToManyField = models.ManyToManyField(Team, blank=True, related_name="+")
    limit = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["first_day", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="delegation_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=~models.Q(person=models.F("delegate")), name="delegation_to_somebody_else"
            ),
        ]
        indexes = [
            models.Index(
                fields=["delegate", "last_day"],
                name="delegation_to",
                condition=models.Q(ended_at__isnull=True),
            ),
            models.Index(
                fields=["person", "last_day"],
                name="delegation_of",
                condition=models.Q(ended_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.person} from {self.first_day} to {self.last_day}"


class ApiToken(models.Model):
    """A bearer token of an integration: hashed, scoped, for one company, expiring.

    `scopes` are words like inbound:write, cases:read, cases:write, orders:read, kpis:read.
    """

    name = models.CharField(max_length=100)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="api_tokens")
    prefix = models.CharField(max_length=12, unique=True)
    hashed = models.CharField(max_length=64, help_text="SHA-256 of the token, in hexadecimal.")
    scopes = models.JSONField(default=list)
    acts_as = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """A queue with its filters, kept under a name; the filters are the URL's query."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=80)
    path = models.CharField(max_length=200)
    query = models.CharField(max_length=1000, blank=True)
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_view_name_once")]

    def __str__(self) -> str:
        return self.name

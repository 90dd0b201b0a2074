"""Sessions of browsers, and what the company's directory knows of people."""

from uuid import uuid4

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from exceptions_app.people.models import Role, Team


class BrowserSession(AbstractBaseSession):
    """A session as Django keeps it, and what its person is shown of it.

    `public_id` names it on pages: the key itself would let in whoever reads it. Removing the row ends the
    session with the next request.
    """

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="browser_sessions"
    )
    since = models.DateTimeField(null=True)
    last_seen_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True)
    device = models.CharField(max_length=300, blank=True, help_text="How the browser names itself.")

    class Meta:
        indexes = [models.Index(fields=["person", "expire_date"], name="session_of_person")]

    def __str__(self) -> str:
        return f"{self.person} from {self.address}"


class DirectoryIdentity(models.Model):
    """Who somebody is to the company's identity provider: its own name for them, which never changes."""

    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="directory_identities"
    )

    class Meta:
        verbose_name_plural = "directory identities"
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="directory_identity_once")]

    def __str__(self) -> str:
        return f"{self.person} at {self.issuer}"


class DirectoryGroup(models.Model):
    """A group of the company's directory, and the team and role it stands for."""

    group = models.CharField(max_length=200, help_text="As the groups claim names it.")
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="directory_groups")
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.MEMBER)
    limit = models.DecimalField(
        max_digits=20,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Empty: may propose, never authorise alone.",
    )

    class Meta:
        ordering = ["group", "team"]
        constraints = [models.UniqueConstraint(fields=["group", "team"], name="directory_group_once")]

    def __str__(self) -> str:
        return f"{self.group}: {self.get_role_display()} of {self.team}"


class SignInTry(models.Model):
    """One try to sign in with a password that was not right, or is being looked at just now.

    `name` is a keyed hash of the user name as it was typed: people type passwords there. `device` names the
    known browser it came from, if it did; such tries count for that browser alone (`pace`).
    """

    name = models.CharField(max_length=64)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="sign_in_tries"
    )
    address = models.CharField(max_length=45)
    device = models.CharField(max_length=32, blank=True)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "sign-in tries"
        ordering = ["-at"]
        indexes = [
            models.Index(fields=["name", "at"], name="sign_in_try_of_name"),
            models.Index(fields=["address", "at"], name="sign_in_try_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.person or 'A name that nobody has'} from {self.address}"

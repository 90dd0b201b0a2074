"""Who needs a second factor, who has one, and whether a session was opened with it."""

from enum import StrEnum
from hmac import compare_digest

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from erp_connectors import clock
from exceptions_app.people.models import Role, User
from exceptions_app.people.permissions import LEADERS, WORKERS, memberships_of, standing_in
from exceptions_app.policies.lookup import approval_rules


class Asked(StrEnum):
    """Of whom a second factor is asked (RIGHTLINE_MFA); whoever has set one up is always asked for it."""

    EVERYBODY = "required"
    APPROVERS = "approvers"
    NOBODY = "optional"


#: A recovery code stands in for these; alone it is no factor.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required_of(person: User) -> bool:
    """Say whether the person must have a second factor."""
    asked = Asked(settings.SECOND_FACTOR)
    if asked is Asked.APPROVERS:
        return person.is_superuser or may_approve(person)
    return asked is Asked.EVERYBODY


def may_approve(person: User) -> bool:
    """Say whether anything may wait for the person's consent: by limit, as lead or manager, or by a rule.

    For whom they stand in counts like themselves.
    """
    memberships = [*memberships_of(person), *(each.membership for each in standing_in(person))]
    working = [each for each in memberships if each.role in WORKERS]
    if any(each.limit is not None or Role(each.role) in LEADERS for each in working):
        return True
    return bool(working) and not teams_that_rules_ask().isdisjoint(each.team.code for each in working)


def teams_that_rules_ask() -> frozenset[str]:
    """Return the codes of the teams that today's approval rules name."""
    rules = approval_rules(clock.now().date())
    return frozenset(approver.team for rule in rules for step in rule.steps for approver in step.approvers)


def has_factor(person: User) -> bool:
    """Say whether the person has set up a second factor."""
    return bool(Authenticator.objects.filter(user=person, type__in=FACTORS).exists())


def confirming_address(person: User) -> str:
    """Return where the person shows the factor they have."""
    has_app = Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).exists()
    return reverse("mfa_reauthenticate" if has_app else "mfa_reauthenticate_webauthn")


def has_shown_factor(request: HttpRequest, person: User) -> bool:
    """Say whether a second factor was shown in this session, or vouched for by the company's directory."""
    records = get_authentication_records(request, person)
    return any(record["method"] == "mfa" or record.get("second_factor") for record in records)


def note_factor_set_up(request: HttpRequest, authenticator: Authenticator) -> None:
    """Take a factor that was set up just now, and worked, as shown in this session."""
    record_authentication(
        request, authenticator.user, "mfa", id=authenticator.pk, type=str(authenticator.type)
    )


def forget_factors(person: User) -> int:
    """Remove every second factor and recovery code of the person; return how many there were."""
    removed: int = Authenticator.objects.filter(user=person).delete()[0]
    return removed


def has_recovery_code(person: User, code: str) -> bool:
    """Say whether the code is one of the person's that was not used yet; using it is another step."""
    kept = _recovery_codes_of(person)
    return kept is not None and any(compare_digest(code, each) for each in kept.get_unused_codes())


def use_recovery_code(request: HttpRequest, person: User, code: str) -> bool:
    """Use up a recovery code, and take it as the factor shown in this session; False when it is none."""
    kept = _recovery_codes_of(person)
    if kept is None or not kept.validate_code(code):
        return False
    record_authentication(
        request, person, "mfa", id=kept.instance.pk, type=str(Authenticator.Type.RECOVERY_CODES)
    )
    request.came_with_recovery_code = True  # type: ignore[attr-defined]
    return True


def _recovery_codes_of(person: User) -> RecoveryCodes | None:
    row = Authenticator.objects.filter(user=person, type=Authenticator.Type.RECOVERY_CODES).first()
    return RecoveryCodes(row) if row else None

"""Every screen of the administration as everybody: nobody gives themselves rights, and history stays."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client, RequestFactory
from django.urls import get_resolver, reverse

from exceptions_app.audit.models import Event
from exceptions_app.audit.record import record
from exceptions_app.people.models import User
from tests.builders import factories as make
from tests.builders.factories import TUESDAY_TEN
from tests.exceptions_app.reach.addresses import ADMINISTRATION
from tests.exceptions_app.reach.test_pages import names
from tests.exceptions_app.web.scenes import browser_of

pytestmark = pytest.mark.django_db

#: What may be done in the screen of a model: by staff with every right there is, and by a superuser.
EDITED = ("view add change delete", "view add change delete")
KEPT = ("view change", "view change")
READ = ("view", "view")
#: Bundles of rights: whoever changes them could give them to themselves.
RIGHTS = ("view", "view add change delete")
#: It lets somebody approve; approvals name it for ever.
DELEGATIONS = ("view", "view add change")
#: Made elsewhere, where its secret is shown once.
TOKENS = ("view change delete", "view change delete")
#: Taking such a row away unlocks a name.
LOCKS = ("view delete", "view delete")

#: One line for each screen: its model, and which of these it is.
SCREENS: dict[str, tuple[str, str]] = {
    "auth.group": RIGHTS,
    "axes.accessattempt": LOCKS,
    "axes.accessfailurelog": READ,
    "axes.accesslog": READ,
    "erp_connectors.company": EDITED,
    "erp_connectors.connection": EDITED,
    "erp_connectors.partnerprofile": EDITED,
    "erp_connectors.streamstate": KEPT,
    "erp_connectors.supplier": READ,
    "exceptions_app.apitoken": TOKENS,
    "exceptions_app.approvalrule": EDITED,
    "exceptions_app.calendar": EDITED,
    "exceptions_app.clockfinding": READ,
    "exceptions_app.clockwarning": EDITED,
    "exceptions_app.companypolicy": EDITED,
    "exceptions_app.delegation": DELEGATIONS,
    "exceptions_app.directorygroup": RIGHTS,
    "exceptions_app.signintry": LOCKS,
    "exceptions_app.directoryidentity": ("view", "view delete"),
    "exceptions_app.escalationstep": EDITED,
    "exceptions_app.event": READ,
    "exceptions_app.exchangerate": EDITED,
    "exceptions_app.impactdefaults": EDITED,
    "exceptions_app.messagetemplate": EDITED,
    "exceptions_app.policyrelease": READ,
    "exceptions_app.responsibility": EDITED,
    "exceptions_app.routingrule": EDITED,
    "exceptions_app.servicelevelrow": EDITED,
    "exceptions_app.severitybands": EDITED,
    "exceptions_app.suppliertimerow": EDITED,
    "exceptions_app.tasktemplate": EDITED,
    "exceptions_app.team": EDITED,
    "exceptions_app.termrow": EDITED,
    "exceptions_app.tolerancerow": EDITED,
    "exceptions_app.typesetting": EDITED,
    "exceptions_app.user": EDITED,
    "suppliers.contact": EDITED,
    "suppliers.supplierprofile": EDITED,
}
VERBS = ("view", "add", "change", "delete")


def every_screen() -> Iterator[str]:
    for model in admin.site._registry:
        yield f"{model._meta.app_label}.{model._meta.model_name}"


def test_every_screen_has_its_row() -> None:
    missing = set(every_screen()) - set(SCREENS)
    assert not missing, (
        f"{', '.join(sorted(missing))}: say what may be done there with one line in SCREENS, in {__file__},"
        ' for example "exceptions_app.thing": EDITED.'
    )


def everybody() -> dict[str, User]:
    """Make staff with every right, staff with none, a superuser, and somebody who is no staff."""
    clerk = make.UserFactory.create(username="clerk", is_staff=True)
    clerk.user_permissions.set(Permission.objects.all())
    return {
        "clerk": clerk,
        "ada": make.UserFactory.create(username="ada", is_staff=True, is_superuser=True),
        "new": make.UserFactory.create(username="new", is_staff=True),
        "bea": make.UserFactory.create(username="bea"),
    }


SCENE = everybody


def rights_of(person: User, screen: admin.ModelAdmin) -> str:
    request = RequestFactory().get("/")
    request.user = person
    return " ".join(verb for verb in VERBS if getattr(screen, f"has_{verb}_permission")(request))


def test_staff_and_superusers_may_do_in_each_screen_what_its_row_says(scene: dict[str, User]) -> None:
    wrong = []
    for model, screen in admin.site._registry.items():
        label = model._meta.label_lower
        found = (rights_of(scene["clerk"], screen), rights_of(scene["ada"], screen))
        if found != SCREENS[label] or rights_of(scene["new"], screen):
            wrong.append(f"{label}: {found}, should be {SCREENS[label]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("name", "status"), [("new", 403), ("bea", 302), ("", 302)])
def test_no_screen_opens_for_others(name: str, status: int, scene: dict[str, User]) -> None:
    browser, wrong = browser_of(scene[name]) if name else Client(), []
    for model in admin.site._registry:
        place = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        for page in ("changelist", "change", "delete", "history"):
            key = [] if page == "changelist" else [1]
            answer = browser.get(reverse(f"{place}_{page}", args=key))
            # Of a row that is not there, Django leads back to the start, where it says so.
            if answer.status_code != status and not (key and answer.status_code == 302):
                wrong.append(f"{place}_{page}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def test_every_address_of_the_administration_is_a_screen_or_known() -> None:
    screens = {
        f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in admin.site._registry
        for page in ("changelist", "add", "history", "delete", "change")
    }
    found = {name for name in names(get_resolver().url_patterns) if name.startswith("admin:")}
    assert found - screens <= ADMINISTRATION, f"{found - screens - ADMINISTRATION}: see {ADMINISTRATION=}"


def test_decisions_and_their_approvals_have_no_screen_at_all() -> None:
    """What was decided is written where it is decided, and nowhere else."""
    closed = {"proposal", "proposalline", "approval", "approvalneed", "bundle", "case", "caseline", "command"}
    assert closed.isdisjoint(label.split(".")[1] for label in every_screen())


def test_staff_with_every_right_cannot_change_or_remove_what_happened(scene: dict[str, User]) -> None:
    event = record("case.noted", at=TUESDAY_TEN, summary="It was so", subject=("case", "EX-1"))
    for name in ("clerk", "ada"):
        browser = browser_of(scene[name])
        for page in ("change", "delete"):
            place = reverse(f"admin:exceptions_app_event_{page}", args=[event.pk])
            assert browser.post(place, {"summary": "It was not", "post": "yes"}).status_code == 403
        action = {"action": "delete_selected", "_selected_action": event.pk, "post": "yes"}
        browser.post(reverse("admin:exceptions_app_event_changelist"), action)
    assert Event.objects.get(pk=event.pk).summary == "It was so"


def test_staff_with_every_right_makes_no_superuser_and_none_of_itself(scene: dict[str, User]) -> None:
    browser, clerk = browser_of(scene["clerk"]), scene["clerk"]
    rights = {"is_superuser": "on", "is_staff": "on", "is_active": "on"}
    own = reverse("admin:exceptions_app_user_change", args=[clerk.pk])
    assert browser.post(own, {"username": "clerk", **rights}).status_code == 403
    made = {"username": "second", "password1": "gf7-Kq2-p0x", "password2": "gf7-Kq2-p0x", **rights}
    browser.post(reverse("admin:exceptions_app_user_add"), made | {"usable_password": "true"})
    assert not User.objects.filter(is_superuser=True).exclude(username="ada").exists()
    assert not User.objects.filter(username="second", is_staff=True).exists()

"""Publishing a release numbers the policies and has every order looked at under them."""

import pytest

from erp_connectors.errors import ConfigurationError
from exceptions_app.audit.models import Event
from exceptions_app.audit.record import Actor
from exceptions_app.detection import watch
from exceptions_app.policies import lookup
from exceptions_app.policies.release import publish
from tests.builders.factories import TUESDAY_TEN, CompanyFactory, ReleaseFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_the_first_release_is_number_one_and_the_next_one_follows() -> None:
    first = publish("First policies", by=Actor(), at=TUESDAY_TEN)
    second = publish("Wider tolerance for seals", by=Actor(), at=TUESDAY_TEN)
    assert (first.number, second.number) == (1, 2)
    assert lookup.current_release() == second


def test_it_follows_the_highest_number_there_is() -> None:
    ReleaseFactory.create(number=41)
    assert publish("More", by=Actor(), at=TUESDAY_TEN).number == 42


def test_the_history_says_who_published_what() -> None:
    mona = UserFactory.create(username="mona")
    release = publish("Wider tolerance for seals", by=Actor(mona, "admin"), at=TUESDAY_TEN)
    event = Event.objects.get()
    assert (event.kind, event.actor, event.release) == ("policy.published", mona, release)
    assert event.summary == f"Release {release.number}: Wider tolerance for seals"


def test_everything_that_is_watched_is_looked_at_again() -> None:
    for kind in ("invoice", "order"):
        look = watch.begin(kind, [1])[1]
        watch.finish(kind, [watch.Finished(look)], as_of=TUESDAY_TEN)
    assert watch.claim(["invoice", "order"], 10) == []
    publish("Other terms", by=Actor(), at=TUESDAY_TEN)
    assert set(watch.claim(["invoice", "order"], 10)) == {("invoice", 1), ("order", 1)}


def test_a_company_without_policy_and_an_installation_without_release_say_so() -> None:
    company = CompanyFactory.create()
    with pytest.raises(ConfigurationError, match="release"):
        lookup.load([company.pk], TUESDAY_TEN)
    ReleaseFactory.create()
    with pytest.raises(ConfigurationError, match="company policy"):
        lookup.load([company.pk], TUESDAY_TEN).of(company.pk)

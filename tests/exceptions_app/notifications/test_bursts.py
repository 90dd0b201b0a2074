"""What arrives at once is one entry, counts once, and is read at once."""

from datetime import timedelta
from typing import Any

import pytest

from exceptions_app.notifications import bursts
from exceptions_app.notifications.bursts import BurstKey
from exceptions_app.notifications.models import Notification, NotificationKind
from exceptions_app.people.models import User
from tests.builders.factories import TUESDAY_TEN, CaseFactory, Ground, NotificationFactory, ground

pytestmark = pytest.mark.django_db
SCENE = ground
NOW = TUESDAY_TEN + timedelta(hours=1)


@pytest.fixture
def world(scene: Ground) -> Ground:
    return scene


@pytest.fixture
def pia(world: Ground) -> User:
    return world.people["pia"]


def told(world: Ground, count: int, *, minutes: float = 0, team: str = "PLN", **values: Any) -> None:
    case = CaseFactory.create(team=world.teams["PRO"])
    for n in range(count):
        NotificationFactory.create(
            **{
                "case": case,
                "team": None if "person" in values else world.teams[team],
                "title": f"{team} {n}",
                "created_at": TUESDAY_TEN + timedelta(minutes=minutes, seconds=n),
                **values,
            }
        )


def entries(world: Ground, person: User) -> list[str]:
    teams = [world.teams["PLN"]]
    return [each.title for each in bursts.gathered(bursts.news_for(person, teams, now=NOW))]


def unread(world: Ground, person: User) -> int:
    return bursts.unread_count(person, [world.teams["PLN"]], now=NOW)


def test_many_of_one_kind_at_once_are_one_entry(world: Ground, pia: User) -> None:
    told(world, 14)
    assert entries(world, pia) == ["14 new cases"]
    assert unread(world, pia) == 1


def test_a_few_stand_for_themselves_newest_first(world: Ground, pia: User) -> None:
    told(world, 3)
    assert entries(world, pia) == ["PLN 2", "PLN 1", "PLN 0"]
    assert unread(world, pia) == 3


def test_other_kinds_other_times_and_what_is_for_the_person_stay_apart(world: Ground, pia: User) -> None:
    told(world, 4)
    told(world, 4, kind=NotificationKind.TASK)
    told(world, 2, minutes=10)
    told(world, 4, person=pia)
    assert sorted(entries(world, pia)) == ["4 new cases", "4 new cases", "4 new tasks", "PLN 0", "PLN 1"]
    assert unread(world, pia) == 5


def test_what_other_teams_are_told_is_no_news(world: Ground, pia: User) -> None:
    told(world, 5, team="WHS")
    assert (entries(world, pia), unread(world, pia)) == ([], 0)


def test_what_one_is_told_elsewhere_is_left_out(world: Ground, pia: User) -> None:
    told(world, 1)
    Notification.objects.get().not_for.add(pia)
    assert (entries(world, pia), unread(world, pia)) == ([], 0)
    assert entries(world, world.people["cora"]) == ["PLN 0"]


def test_reading_a_burst_reads_all_of_it_and_nothing_else(world: Ground, pia: User) -> None:
    told(world, 5)
    told(world, 1, minutes=10)
    key = BurstKey.of(Notification.objects.order_by("created_at")[0])
    rows = bursts.unread_news_for(pia, [world.teams["PLN"]], now=NOW)
    bursts.all_read_by(pia, rows.filter(key.condition()))
    bursts.all_read_by(pia, rows.filter(key.condition()))
    assert unread(world, pia) == 1
    assert unread(world, world.people["wade"]) == 2


@pytest.mark.parametrize("kind", [kind.value for kind in NotificationKind])
def test_every_kind_has_words_for_many(kind: str) -> None:
    assert bursts.many(kind, 14).startswith("14 ")


def test_a_key_is_read_as_it_was_written(world: Ground) -> None:
    told(world, 1)
    key = BurstKey.of(Notification.objects.get())
    assert BurstKey.read(str(key)) == key
    assert BurstKey.read("news~~2939760") == BurstKey("news", None, 2939760)


@pytest.mark.parametrize("text", ["", "alert", "alert~1", "alert~x~1", "alert~1~x", "alert~1~" + "9" * 30])
def test_what_is_no_key_is_none(text: str) -> None:
    assert BurstKey.read(text) is None

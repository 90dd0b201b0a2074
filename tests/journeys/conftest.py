"""The ground of every journey: a real worker and the metronome on the test's database, and the company."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import django
import pytest
from django.conf import settings

# Named on the command line, this file is read before pytest-django has set Django up.
django.setup()

from erp_connectors import clock  # noqa: E402
from tests.builders.factories import TUESDAY_TEN  # noqa: E402
from tests.journeys import house as houses  # noqa: E402
from tests.journeys.house import House  # noqa: E402
from tests.journeys.programs import Programs  # noqa: E402
from tests.journeys.quiet import what_is_left  # noqa: E402

OpenHouse = Callable[..., House]


@pytest.fixture(scope="package")
def one_worker(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programs]:
    """A worker and the metronome, as `make run` starts them: one for all journeys, for a start is slow."""
    with Programs(settings.RIGHTLINE_HOME, tmp_path_factory.mktemp("programs") / "log") as started:
        worker = started.start_worker(wait=False)
        started.start_beat()
        started.await_worker(worker)
        started.pause()
        yield started


@pytest.fixture
def programs(one_worker: Programs, transactional_db: None) -> Iterator[Programs]:
    """The worker at work on this test's rows; it rests when they are emptied."""
    one_worker.go_on()
    yield one_worker
    one_worker.pause()


@pytest.fixture
def open_house(programs: Programs, tmp_path: Path) -> OpenHouse:
    """Opens a company by its code; the ERP has told of Nordmann and the seal kit."""

    def open_one(code: str = "weserland", *, at: datetime = TUESDAY_TEN) -> House:
        clock.set_now(at)
        house = houses.build(tmp_path, code)
        house.tell_master_data()
        programs.wait_until(house.knows_its_supplier, "Nordmann is known")
        house.agree_with_partner()
        return house

    return open_one


@pytest.fixture
def settled(programs: Programs) -> Callable[[], None]:
    """Waits until everything that came in is read and looked at."""

    def wait() -> None:
        programs.wait_until(lambda: not what_is_left(), "everything is done")

    return wait

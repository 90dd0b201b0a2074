"""The ground of every fault: programs with a broker of their own, to be killed, flushed and taken away."""

from collections.abc import Iterator
from pathlib import Path

import django
import pytest

# Named on the command line, this file is read before pytest-django has set Django up.
django.setup()

from erp_connectors import clock  # noqa: E402
from erp_connectors import tasks as exchange  # noqa: E402
from exceptions_app import tasks as decisions  # noqa: E402
from tests.builders.factories import TUESDAY_TEN  # noqa: E402
from tests.faults.broker import Broker  # noqa: E402
from tests.journeys import house as houses  # noqa: E402
from tests.journeys.house import House  # noqa: E402
from tests.journeys.programs import Programs  # noqa: E402


@pytest.fixture
def programs(tmp_path: Path, transactional_db: None) -> Iterator[Programs]:
    """No program yet; those that start have the embedded broker of this test alone."""
    home = tmp_path / "home"
    home.mkdir()
    with Programs(home, tmp_path / "programs.log", own_broker=True) as started:
        yield started
        started.kill_all()


@pytest.fixture
def broker(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """The broker of those programs, running; this process has the same."""
    monkeypatch.delenv("REDIS_URL", raising=False)
    broker = Broker(programs)
    broker.start()
    return broker


@pytest.fixture
def house(transactional_db: None, tmp_path: Path) -> Iterator[House]:
    """The company; its ERP has told of Nordmann and the seal kit. It is ten on a Tuesday."""
    clock.set_now(TUESDAY_TEN)
    house = houses.build(tmp_path)
    house.tell_master_data()
    read_everything()
    house.agree_with_partner()
    yield house
    clock.reset()


def read_everything() -> None:
    """Do, in this process, what a worker would with what lies in the folders."""
    exchange.pick_up_folders()
    exchange.process_inbound()
    exchange.poll_connections()
    decisions.evaluate_due()

"""The tasks of the beat exist under the names it calls, and each runs on an empty house."""

import pytest

from config.celery import SWEEPS, app
from erp_connectors import tasks

OURS = [name for name in SWEEPS if name.startswith("erp_connectors.")]


def test_every_sweep_of_ours_is_a_task() -> None:
    assert tasks.__name__ == "erp_connectors.tasks"
    assert set(OURS) <= set(app.tasks)


@pytest.mark.django_db
@pytest.mark.parametrize("name", [name.rsplit(".", 1)[1] for name in OURS])
def test_a_task_with_nothing_to_do_does_nothing(name: str) -> None:
    assert getattr(tasks, name)() is None

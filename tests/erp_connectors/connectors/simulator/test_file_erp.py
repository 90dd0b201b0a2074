"""The ERP at the other end behaves as its side must."""

import json
from pathlib import Path

import pytest

from erp_connectors.connectors.base import Outcome, Sending
from erp_connectors.connectors.file_drop.commands import write_command
from erp_connectors.connectors.simulator.file_erp import FileErp
from tests.builders.factories import TUESDAY_TEN
from tests.builders.file_world import an_order, split, with_price


@pytest.fixture
def erp(tmp_path: Path) -> FileErp:
    (tmp_path / "outgoing").mkdir()
    erp = FileErp(tmp_path)
    erp.keep([an_order()], at=TUESDAY_TEN)
    return erp


def send(erp: FileErp, key: str = "k-1", number: str = "4500010001") -> None:
    sending = Sending(key=key, command=split(an_order(number)), sent_at=TUESDAY_TEN)
    write_command(erp.folder / "outgoing" / "commands", sending)


def answer_to(erp: FileErp, key: str = "k-1") -> dict[str, str]:
    path = erp.folder / "incoming" / "answers" / f"{key}.json"
    answer: dict[str, str] = json.loads(path.read_text())
    path.unlink()
    return answer


def test_a_command_changes_the_order_and_is_answered(erp: FileErp) -> None:
    send(erp)
    assert erp.work(at=TUESDAY_TEN) == 1
    order = erp.orders["4500010001"]
    assert [str(part.quantity.value) for part in order.lines[0].schedule] == ["82", "18"]
    assert (order.version_token, order.version.revision) == ("2", 2)
    assert answer_to(erp) == {"command": "k-1", "outcome": "applied", "words": ""}
    assert erp.work(at=TUESDAY_TEN) == 0


def test_the_same_command_again_is_answered_again_without_a_second_effect(erp: FileErp) -> None:
    for _ in range(2):
        send(erp)
        erp.work(at=TUESDAY_TEN)
        assert answer_to(erp)["outcome"] == Outcome.APPLIED
    assert erp.effects == ["k-1"]
    assert erp.orders["4500010001"].version_token == "2"


def test_values_that_moved_are_a_conflict_and_the_order_stays(erp: FileErp) -> None:
    erp.keep([with_price(an_order(), "190.00")], at=TUESDAY_TEN)
    kept = erp.orders["4500010001"]
    send(erp)
    erp.work(at=TUESDAY_TEN)
    answer = answer_to(erp)
    assert answer["outcome"] == Outcome.CONFLICT
    assert "190 EUR" in answer["words"]
    assert erp.orders["4500010001"] == kept


def test_a_refusal_comes_in_words(erp: FileErp) -> None:
    erp.refusals["4500010001"] = "The period is closed."
    send(erp)
    erp.work(at=TUESDAY_TEN)
    assert answer_to(erp) == {"command": "k-1", "outcome": "refused", "words": "The period is closed."}
    assert erp.effects == []


def test_an_order_it_does_not_have_is_refused(erp: FileErp) -> None:
    send(erp, number="2")
    erp.work(at=TUESDAY_TEN)
    assert answer_to(erp)["words"] == "There is no order 2."


def test_it_can_lose_its_answers(erp: FileErp) -> None:
    erp.loses_answers = True
    send(erp)
    erp.work(at=TUESDAY_TEN)
    assert erp.effects == ["k-1"]
    assert not (erp.folder / "incoming" / "answers").exists()

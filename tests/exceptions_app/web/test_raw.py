"""The bytes of an interchange as lines: a segment each, whatever ends one."""

import pytest

from exceptions_app.web.raw import read_raw
from tests.builders.factories import InterchangeFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("payload", "lines"),
    [
        (b"UNA:+.? 'UNB+1'\r\nUNH+2'", ["UNA:+.? '", "UNB+1'", "UNH+2'"]),
        (b"UNA=*.? ~UNB*it's~UNH*2~", ["UNA=*.? ~", "UNB*it's~", "UNH*2~"]),
        (b"UNB+1'UNH+2'", ["UNB+1'", "UNH+2'"]),
        (b"UNA", ["UNA"]),
        (b"a;b\n1;2\n", ["a;b", "1;2"]),
    ],
)
def test_each_segment_or_row_is_a_line(payload: bytes, lines: list[str]) -> None:
    interchange = InterchangeFactory.create(payload=payload, size=len(payload))

    assert [line.text for line in read_raw(interchange).lines] == lines

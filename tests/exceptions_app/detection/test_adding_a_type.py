"""The exception type on the page that shows how to add one is complete, and works."""

import re
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

from exceptions_app.detection import registry
from exceptions_app.detection.detect import detect
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.reconcile import OpenLine, reconcile
from exceptions_app.detection.types.base import ExceptionType

PAGE = Path(settings.BASE_DIR) / "docs" / "adding-an-exception-type.md"


@pytest.fixture
def kind() -> ExceptionType:
    """The class of the page, found as the registry finds one in a file."""
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    module = ModuleType("price_unset")
    exec(compile(code, str(PAGE), "exec"), module.__dict__)
    found: ExceptionType = module.PriceUnset()
    return found


def test_it_says_of_its_examples_what_they_say(kind: ExceptionType) -> None:
    for example in kind.examples():
        detection = detect(example.snapshot, example.agreements, example.as_of, [kind])
        said = [
            {name: getattr(deviation, name) for name in wanted}
            for deviation, wanted in zip(detection.deviations, example.deviations, strict=True)
        ]
        assert said == list(example.deviations), example.title
        assert [kind.headline(deviation) for deviation in detection.deviations] == [
            "100 EA ordered without a price"
        ] * len(said)


def test_it_heals_when_the_erp_has_a_price(kind: ExceptionType) -> None:
    priced, unpriced = (example.snapshot for example in kind.examples())
    as_of = kind.examples()[0].as_of
    (deviation,) = detect(unpriced, [], as_of, [kind]).deviations
    open_line = OpenLine(
        key=deviation.key,
        type_code=kind.code,
        line_number=deviation.line_number,
        expected=deviation.expected,
        actual=deviation.actual,
        evidence=deviation.evidence,
    )
    changes = reconcile([open_line], detect(priced, [], as_of, [kind]))
    assert [cleared.reason for cleared in changes.to_clear] == [Healing.ERP_CHANGED]


def test_every_name_the_page_explains_is_one_a_type_has(kind: ExceptionType) -> None:
    explained = re.findall(r"^\| `([a-z_]+)` \|", PAGE.read_text(), re.MULTILINE)
    assert len(explained) == len(set(explained)) > 10
    for name in explained:
        assert all(hasattr(each, name) for each in (kind, *registry.all_types())), name

"""There are standard words for every inquiry in every language, and they name only facts there are."""

import itertools

import pytest

from exceptions_app.asking.facts import OF_LINE, OF_MAIL, OF_REMINDER
from exceptions_app.asking.standard import STANDARD
from exceptions_app.detection.inquiries import LABELS, Inquiry
from exceptions_app.detection.registry import all_types
from exceptions_app.policies.texts import fill, names_in
from suppliers.profiles import Language


def test_every_inquiry_has_words_in_every_language() -> None:
    assert set(STANDARD) == set(itertools.product(Inquiry, Language))
    assert set(LABELS) == set(Inquiry)


@pytest.mark.parametrize(("inquiry", "language"), STANDARD)
def test_the_standard_words_name_only_facts_there_are(inquiry: Inquiry, language: Language) -> None:
    words = STANDARD[inquiry, language]
    of_mail = {*OF_MAIL, *(OF_REMINDER if inquiry is Inquiry.REMINDER else ())}
    assert {*names_in(words.subject), *names_in(words.body)} <= of_mail
    assert "lines" not in names_in(words.subject)
    assert set(names_in(words.line)) <= set(OF_LINE)
    assert "case" in names_in(words.body), "whoever answers can say what about"


@pytest.mark.parametrize("kind", all_types(), ids=lambda kind: kind.code)
def test_every_type_says_what_its_supplier_is_asked_about(kind: object) -> None:
    asked = kind.asks()  # type: ignore[attr-defined]
    assert asked[-1] is Inquiry.OTHER
    assert Inquiry.REMINDER not in asked, "it comes by itself"
    assert len(set(asked)) == len(asked)


def test_what_a_fact_says_is_never_read_as_a_template() -> None:
    assert fill("{a} {b} {c}", {"a": "{b}", "b": "two"}) == "{b} two {c}"
    assert names_in("{a} {b} {a} {} { c }") == ("a", "b")

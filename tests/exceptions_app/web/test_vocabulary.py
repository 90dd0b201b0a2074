"""Every word of a module that knows no translations is known to the translators."""

import re
from collections.abc import Iterator
from gettext import GNUTranslations
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import gettext, override

from erp_connectors.documents import candidates
from exceptions_app.cases.actions import VERBS
from exceptions_app.detection.inquiries import LABELS
from exceptions_app.detection.registry import all_types
from exceptions_app.people.models import Role
from exceptions_app.playbook.registry import RESOLUTIONS
from exceptions_app.policies.conditions import OPERATORS
from exceptions_app.web import vocabulary
from tests.exceptions_app.web.scenes import Scene, set_scene


def test_every_word_of_the_pure_modules_is_in_the_vocabulary() -> None:
    assert {kind.label for kind in all_types()} <= set(vocabulary.TYPES)
    assert {verb.label for verb, _states in VERBS} <= set(vocabulary.VERBS)
    assert set(LABELS.values()) <= set(vocabulary.INQUIRIES)
    assert {Role(role).label for role in Role} <= set(vocabulary.ROLES)
    operators = {operator.words for by_name in OPERATORS.values() for operator in by_name.values()}
    assert operators <= set(vocabulary.CONDITIONS)
    said = {word for each in RESOLUTIONS.values() for word in (each.label, each.description)}
    assert said <= set(vocabulary.RESOLUTIONS)
    likenesses = re.findall(r'reasons\.append\(\("(.+?)",', Path(candidates.__file__).read_text())
    assert set(likenesses) == set(vocabulary.LIKENESSES)


def test_german_readers_find_every_word_translated() -> None:
    words = vocabulary.TYPES + vocabulary.VERBS + vocabulary.RESOLUTIONS + vocabulary.INPUTS
    words += vocabulary.LIKENESSES
    with override("de"):
        left = [word for word in words if gettext(word) == word]

    assert left == []


def test_the_compiled_catalogue_holds_what_is_written() -> None:
    written = Path(settings.BASE_DIR) / "locale/de/LC_MESSAGES/django.po"
    with written.with_suffix(".mo").open("rb") as compiled:
        catalogue = GNUTranslations(compiled)._catalog  # type: ignore[attr-defined]
    singular = re.findall(r'^msgstr "(.+)"$', written.read_text(), re.MULTILINE)

    assert len(singular) > 300
    assert {text for text in singular if "\\" not in text} <= set(catalogue.values())


SCENE = set_scene


@pytest.fixture
def scene(scene: Scene) -> Iterator[Scene]:
    # A request leaves its language behind in the thread.
    with override("en"):
        yield scene


def test_a_german_reader_gets_a_german_page(scene: Scene) -> None:
    scene.shortage()
    bea: Client = scene.browser("bea")
    bea.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    page = bea.get("/queues/weserland/PRO/?case=EX-1").content.decode()

    assert '<html lang="de"' in page
    for words in ("Menge zu gering", "Übernehmen", "Was sich geändert hat", "3.283", "2. Dez"):
        assert words in page

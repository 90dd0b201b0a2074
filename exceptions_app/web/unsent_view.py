"""What somebody typed into a form that could not be used, so that nothing is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

from exceptions_app.cases.actions import AllowedAction
from exceptions_app.playbook.registry import RESOLUTIONS
from exceptions_app.web.forms import TEXTS, VerbForm
from exceptions_app.web.resolution_view import Entered, ResolutionCard


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenForm:
    """A form that was sent and could not be used: shown again, open, with what was typed."""

    code: str
    entered: dict[str, Any]
    form: VerbForm | None


def typed_words(entered: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what somebody wrote into a form in their own words, with the labels."""
    labels_of = {name: gettext(label) for name, (label, _hint) in TEXTS.items()}
    labels_of["outcome"] = gettext("What came of it")
    labels_of |= {"subject": gettext("Subject"), "body": gettext("Text")}
    return [(label, entered[name]) for name, label in labels_of.items() if entered.get(name)]


def unsent(form: OpenForm | None, verbs: Iterable[AllowedAction]) -> list[tuple[str, str]]:
    """Return what was typed for a verb that cannot be used any more: there is no form to show it in."""
    if form is None or any(verb.code == form.code for verb in verbs):
        return []
    return typed_words(form.entered)


def undecided(entered: Entered | None, shown: Iterable[ResolutionCard]) -> list[tuple[str, str]]:
    """Return what was typed for a resolution that cannot be proposed any more: another was faster."""
    if entered is None or any(card.code == entered.code for card in shown):
        return []
    about = (gettext(RESOLUTIONS[entered.code].label), ", ".join(entered.inputs))
    return [each for each in (about, *typed_words(entered.values)) if each[1]]

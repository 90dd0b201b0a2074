"""The ways out of a case, each with its form, and what proposing it would do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from exceptions_app.cases.lifecycle import SETTLED
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.registry import exception_type
from exceptions_app.people.models import User
from exceptions_app.people.permissions import may
from exceptions_app.playbook import registry
from exceptions_app.playbook.inputs import LINES, FieldKind, InputField, Problem, field_name
from exceptions_app.playbook.load import free_lines, situation_of
from exceptions_app.playbook.situation import LineFacts
from exceptions_app.proposals.actions import Preview
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import formats
from exceptions_app.web.approvers_view import who_in_words
from exceptions_app.web.values_view import ValuesLine, amount_words, values_lines

#: What the form of a resolution sends besides its inputs.
NOT_INPUTS = ("csrfmiddlewaretoken", "version", "reason", "next")


def resolution_label(code: str) -> str:
    """Return a resolution's name in the reader's language; a code no longer known stays as it is."""
    known = registry.RESOLUTIONS.get(code)
    return gettext(known.label) if known else code.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class NeedPreview:
    """Who would have to agree, and who of them is there to do so."""

    label: str
    people: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewWords:
    """What proposing would do, in words; with `problems` it is not clear yet."""

    problems: list[str] = field(default_factory=list)
    lines: list[ValuesLine] = field(default_factory=list)
    amount: str = ""
    percent: str = ""
    needs: list[NeedPreview] = field(default_factory=list)
    writes_to_erp: bool = False


def preview_words(found: Preview) -> PreviewWords:
    """Return a preview as one reads it; with problems there are no values to show yet."""
    if found.problems:
        return PreviewWords(problems=[problem.message for problem in found.problems])
    return PreviewWords(
        lines=values_lines(found.lines),
        amount=amount_words(found.amount, found.currency),
        percent=formats.percent(found.percent) if found.percent else "",
        needs=[NeedPreview(in_words(need.label), who_in_words(need.who)) for need in found.needs],
        writes_to_erp=found.writes_to_erp,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWords:
    """One field of a resolution for one line."""

    id: str
    name: str
    label: str
    type: str
    is_number: bool
    is_words: bool
    value: str
    unit: str
    help: str
    errors: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineForm:
    """The fields for one line; lines of several can be left out."""

    number: str
    description: str
    is_chosen: bool
    fields: list[FieldWords]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionCard:
    """A way out, with its form; `is_open` when it was sent and could not be used.

    `came_to`: what became of an earlier decision that is made anew.
    """

    code: str
    label: str
    description: str
    icon: str
    lines: list[LineForm]
    is_open: bool = False
    problems: list[str] = field(default_factory=list)
    reason: str = ""
    preview: PreviewWords | None = None
    came_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """A resolution's form as it was sent; `came_to`: what became of it, where it was sent before."""

    code: str
    values: Mapping[str, Any]
    problems: Sequence[Problem] = ()
    preview: Preview | None = None
    came_to: str = ""

    @property
    def inputs(self) -> list[str]:
        """What was entered for the resolution, without the reason."""
        return [str(value) for name, value in self.values.items() if value and name not in NOT_INPUTS]


def resolution_cards(
    case: Case, person: User, *, now: datetime, entered: Entered | None = None
) -> list[ResolutionCard]:
    """Return the resolutions this person may propose now, each with a form for the lines still undecided."""
    if case.state in SETTLED or not may(person, "propose", case):
        return []
    lines = free_lines(case)
    if not lines:
        return []
    facts = situation_of(case, as_of=now, person=str(person), lines=lines).lines
    descriptions = descriptions_of(lines)
    return [
        resolution_card(code, facts, descriptions, entered if entered and entered.code == code else None)
        for code in resolutions_of(case)
    ]


def resolutions_of(case: Case) -> list[str]:
    """Return the codes of what resolves a case, the most usual first."""
    return [code for code in exception_type(case.type_code).resolutions if code in registry.RESOLUTIONS]


def descriptions_of(lines: Iterable[CaseLine]) -> dict[str, str]:
    """Return what the order calls the lines of a case, by their numbers."""
    return {line.line_number: line.order_line.description for line in lines if line.order_line}


def resolution_card(
    code: str,
    facts: Sequence[LineFacts],
    descriptions: Mapping[str, str],
    entered: Entered | None,
    *,
    prefix: str = "",
) -> ResolutionCard:
    """Return a resolution with its form for these lines, with what was entered.

    `prefix` goes before the name of every field, where one form holds those of several cases.
    """
    found = registry.get(code)
    values: Mapping[str, Any] = entered.values if entered else {}
    problems = entered.problems if entered else ()
    chosen = values.get(LINES) or [line.number for line in facts]
    forms = [
        LineForm(
            number=line.number,
            description=descriptions.get(line.number, ""),
            is_chosen=line.number in chosen,
            fields=[_field(code, line, each, values, problems, prefix) for each in found.fields(line)],
        )
        for line in facts
    ]
    own = {each.name.removeprefix(prefix) for form in forms for each in form.fields}
    return ResolutionCard(
        code=code,
        label=gettext(found.label),
        description=gettext(found.description),
        icon=found.icon,
        lines=forms,
        is_open=entered is not None,
        problems=[problem.message for problem in problems if problem.field not in own],
        reason=str(values.get("reason", "")),
        preview=preview_words(entered.preview) if entered and entered.preview else None,
        came_to=entered.came_to if entered else "",
    )


def _field(
    code: str,
    line: LineFacts,
    wanted: InputField,
    values: Mapping[str, Any],
    problems: Sequence[Problem],
    prefix: str,
) -> FieldWords:
    name = field_name(wanted.name, line.number)
    return FieldWords(
        id=f"{prefix}{code}-{name}".replace(":", "-").replace(".", "-"),
        name=f"{prefix}{name}",
        label=gettext(wanted.label),
        type="date" if wanted.kind is FieldKind.DAY else "text",
        is_number=wanted.kind in (FieldKind.QUANTITY, FieldKind.MONEY),
        is_words=wanted.kind is FieldKind.WORDS,
        value=str(values.get(name, wanted.initial)),
        unit=formats.unit_label(wanted.unit) if wanted.unit else "",
        help=gettext(wanted.help) if wanted.help else "",
        errors=[problem.message for problem in problems if problem.field == name],
    )

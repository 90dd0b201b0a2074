"""How proposals look: values before and after, who has to agree and who has, and the forms to make one."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.canonical.commands import LineValues, NewLine
from erp_connectors.exchange.models import Command, CommandState
from exceptions_app.cases.lifecycle import SETTLED
from exceptions_app.cases.models import Case, CaseLine
from exceptions_app.detection.registry import exception_type
from exceptions_app.people.models import User
from exceptions_app.people.permissions import may, those_allowed
from exceptions_app.playbook import registry
from exceptions_app.playbook.inputs import LINES, FieldKind, InputField, Problem, field_name
from exceptions_app.playbook.load import free_lines, situation_of
from exceptions_app.playbook.situation import LineFacts, LinePlan
from exceptions_app.proposals import approvals
from exceptions_app.proposals.actions import Preview
from exceptions_app.proposals.candidates import Candidates, candidates_of
from exceptions_app.proposals.fingerprint import values_hash
from exceptions_app.proposals.lifecycle import OPEN
from exceptions_app.proposals.models import (
    Approval,
    ApprovalNeed,
    Decision,
    Proposal,
    ProposalLine,
    ProposalState,
)
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import formats, labels
from exceptions_app.web.labels import Chip, Text

#: What the form of a resolution sends besides its inputs.
NOT_INPUTS = ("csrfmiddlewaretoken", "version", "reason", "next")


# --- values before and after --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ValuesLine:
    """One order line before and after, in words; `gone` is what is no longer there."""

    number: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    gone: tuple[str, ...]


def values_line(number: str, before: LineValues, after: LineValues) -> ValuesLine:
    """Return the two sides of a change; the price stands there only if it changes."""
    with_price = before.price != after.price
    was, becomes = _words(before, with_price), _words(after, with_price)
    gone = tuple(text for text in was if text not in becomes) if len(becomes) < len(was) else ()
    return ValuesLine(number, was, becomes, gone)


def values_lines(lines: Iterable[LinePlan]) -> list[ValuesLine]:
    """Return what a plan changes line by line, and after it the lines it adds."""
    known = list(lines)
    changed = [values_line(line.number, line.before, line.after) for line in known if line.is_ordered]
    return changed + [new_line(line.added) for line in known if line.added is not None]


def new_line(new: NewLine) -> ValuesLine:
    """Return a line that is added: nothing before, and all there is of it after."""
    item = f"{new.item} {new.description}".strip()
    words = (item, *_words(new.values, with_price=True))
    return ValuesLine(new.line_number, (gettext("not on the order"),), words, ())


def _words(values: LineValues, with_price: bool) -> tuple[str, ...]:
    if values.cancelled:
        return (gettext("cancelled"),)
    words = [
        gettext("%(quantity)s on %(day)s")
        % {
            "quantity": formats.quantity(part.quantity.value, part.quantity.unit),
            "day": formats.day(part.date),
        }
        for part in values.schedule
    ]
    if with_price and values.price is not None:
        price = values.price
        words.append(formats.price(price.amount, price.currency or "", price.per, price.per_unit or ""))
    return tuple(words) or (formats.quantity(values.quantity.value, values.quantity.unit),)


# --- a proposal ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """What one approver said, and what was said to it."""

    text: str
    comment: str
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NeedWords:
    """One approver a proposal needs, what was said, and who can say it while it is their turn.

    `joint` stands before it: it is an alternative to the one before.
    """

    label: str
    icon: str
    tone: str
    words: list[Word]
    who: str = ""
    joint: str = ""


@dataclass(frozen=True, slots=True)
class StepWords:
    """The approvers who are asked at one time; `title` is empty where there is only one step."""

    title: str
    needs: list[NeedWords]


@dataclass(frozen=True, slots=True)
class CommandWords:
    """What became of the write to the ERP."""

    text: str
    icon: str
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A decision that could not be taken, with what the person had typed."""

    problem: str = ""
    conflict: str = ""
    comment: str = ""
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalCard:
    """A proposal as a card, with what this person may do with it."""

    id: Any
    resolution: str
    label: str
    summary: str
    chip: Chip
    tone: str
    lines: list[ValuesLine]
    amount: str
    percent: str
    by: str
    created_at: datetime
    edited_by: str
    reason: str
    steps: list[StepWords]
    commands: list[CommandWords]
    authorised_by: str
    end_reason: str
    values_hash: str
    may_decide: bool
    may_withdraw: bool
    may_edit: bool
    is_asked: bool
    may_decide_again: bool
    decided_again: str
    case_number: str
    case_headline: str
    bundle_id: UUID | None = None
    waits_for_parts: bool = False
    problem: str = ""
    conflict: str = ""
    comment: str = ""
    seen: str = ""

    @property
    def values_text(self) -> str:
        """The values in one line, to be shown beside newer ones if they move."""
        lines = "; ".join(f"{line.number}: {', '.join(line.after)}" for line in self.lines)
        return f"{self.amount}; {lines}"


def proposal_cards(
    proposals: Sequence[Proposal],
    commands: Iterable[Command],
    person: User,
    refusals: Mapping[Any, Refusal] | None = None,
) -> list[ProposalCard]:
    """Return the proposals as this person sees them. Their lines, needs and approvals must be loaded."""
    by_proposal: dict[Any, list[Command]] = {}
    for command in commands:
        by_proposal.setdefault(command.proposal_id, []).append(command)
    waiting = [proposal.pk for proposal in proposals if proposal.state == ProposalState.PENDING]
    mine = set(approvals.open_approvals(person).filter(pk__in=waiting).values_list("pk", flat=True))
    takes_back = _to_take_back(proposals, person)
    works = {case.pk for case in those_allowed(person, "propose", [each.case for each in proposals])}
    candidates = _candidates(proposals)
    came_to_nothing = came_to_nothing_on({proposal.case_id for proposal in proposals})
    lines_decided = _lines_decided(proposals)
    return [
        _card(
            proposal,
            by_proposal.get(proposal.pk, []),
            may_decide=proposal.pk in mine,
            may_withdraw=proposal.pk in takes_back and proposal.pk not in mine,
            may_edit=proposal.state == ProposalState.PENDING and proposal.case_id in works,
            may_decide_again=proposal.case_id in works and _is_to_decide_again(proposal, lines_decided),
            decided_again=_before(proposal, came_to_nothing.get(proposal.case_id, ())),
            candidates=candidates,
            refusal=(refusals or {}).get(proposal.pk, Refusal()),
        )
        for proposal in proposals
    ]


def _card(
    proposal: Proposal,
    commands: list[Command],
    *,
    may_decide: bool,
    may_withdraw: bool,
    may_edit: bool,
    may_decide_again: bool,
    decided_again: str,
    candidates: Mapping[int, Candidates],
    refusal: Refusal,
) -> ProposalCard:
    case = proposal.case
    fingerprint = values_hash(proposal) if proposal.state == ProposalState.PENDING else ""
    return ProposalCard(
        id=proposal.pk,
        resolution=proposal.resolution,
        label=resolution_label(proposal.resolution),
        summary=in_words(proposal.summary),
        chip=labels.PROPOSAL_STATES[proposal.state],
        tone="over" if proposal.state in (ProposalState.VOID, ProposalState.REJECTED) else "",
        lines=_stored_lines(proposal.lines.all()),
        amount=amount_words(proposal.amount, case.company.currency),
        percent=formats.percent(proposal.percent) if proposal.percent else "",
        by=str(proposal.proposed_by),
        created_at=proposal.created_at,
        edited_by=formats.listed([str(editor) for editor in proposal.edited_by.all()]),
        reason=proposal.reason,
        steps=_steps(proposal, fingerprint, candidates),
        commands=[_command(command) for command in commands],
        authorised_by=_authorised_by(proposal),
        end_reason=proposal.end_reason,
        values_hash=fingerprint,
        may_decide=may_decide,
        may_withdraw=may_withdraw,
        may_edit=may_edit,
        is_asked=may_edit and not may_decide and _is_asked(proposal),
        may_decide_again=may_decide_again,
        decided_again=decided_again,
        case_number=case.number,
        case_headline=case.headline,
        bundle_id=proposal.bundle_id,
        waits_for_parts=proposal.state == ProposalState.APPROVED,
        problem=refusal.problem,
        conflict=refusal.conflict,
        comment=refusal.comment,
        seen=refusal.seen,
    )


def came_to_nothing_on(cases: Collection[int]) -> dict[int, list[Proposal]]:
    """Return the decisions that the ERP refused, or did otherwise, by the case's key, the newest first."""
    found = Proposal.objects.filter(case__in=cases).exclude(end_reason="").exclude(authorisation={})
    found = found.filter(state__in=(ProposalState.REJECTED, ProposalState.SETTLED))
    by_case: dict[int, list[Proposal]] = {}
    for proposal in found.prefetch_related("lines").order_by("-created_at"):
        by_case.setdefault(proposal.case_id, []).append(proposal)
    return by_case


def _before(proposal: Proposal, came_to_nothing: Iterable[Proposal]) -> str:
    """Return what became of the decision before this one on the same lines; empty where there was none."""
    lines = {line.case_line_id for line in proposal.lines.all()}
    for earlier in came_to_nothing:
        is_same = not lines.isdisjoint(line.case_line_id for line in earlier.lines.all())
        if is_same and earlier != proposal and earlier.created_at <= proposal.created_at:
            return earlier.end_reason
    return ""


def _lines_decided(proposals: Iterable[Proposal]) -> set[int]:
    """Return the lines of cases that are decided, gone, or in a proposal under way."""
    cases = {proposal.case_id for proposal in proposals if _came_to_nothing(proposal)}
    if not cases:
        return set()
    lines = CaseLine.objects.filter(case__in=cases)
    over = lines.filter(
        ~Q(settled_at=None) | ~Q(cleared_at=None) | Q(proposal_lines__proposal__state__in=OPEN)
    )
    return set(over.values_list("pk", flat=True))


def _came_to_nothing(proposal: Proposal) -> bool:
    """Say whether it was authorised, and the ERP refused it or did otherwise."""
    is_over = proposal.state in (ProposalState.REJECTED, ProposalState.SETTLED)
    return is_over and bool(proposal.end_reason) and bool(proposal.authorisation)


def _is_to_decide_again(proposal: Proposal, lines_decided: Collection[int]) -> bool:
    if not _came_to_nothing(proposal) or proposal.case.state in SETTLED:
        return False
    return any(line.case_line_id not in lines_decided for line in proposal.lines.all())


def _stored_lines(lines: Iterable[ProposalLine]) -> list[ValuesLine]:
    known = list(lines)
    changed = [
        values_line(
            line.order_line.number,
            from_builtins(line.before, LineValues),
            from_builtins(line.after, LineValues),
        )
        for line in known
        if line.order_line is not None
    ]
    return changed + [new_line(new) for line in known if (new := line.new_line()) is not None]


def resolution_label(code: str) -> str:
    """Return a resolution's name in the reader's language; a code no longer known stays as it is."""
    known = registry.RESOLUTIONS.get(code)
    return gettext(known.label) if known else code.replace("_", " ").capitalize()


def amount_words(amount: Decimal | None, currency: str) -> str:
    """Return an amount, or that nobody can compute it."""
    return gettext("unknown") if amount is None else formats.money(amount, currency)


def _to_take_back(proposals: Iterable[Proposal], person: User) -> set[Any]:
    """Return the keys of the proposals the person may withdraw, in a number of queries that does not grow."""
    live = [each for each in proposals if each.state in OPEN and each.state != ProposalState.EXECUTING]
    if not live:
        return set()
    leads = set(those_allowed(person, "assign", [each.case for each in live]))
    works = set(those_allowed(person, "propose", [each.case for each in live]))
    return {
        each.pk for each in live if each.case in leads or (each.proposed_by == person and each.case in works)
    }


def _authorised_by(proposal: Proposal) -> str:
    if proposal.authorisation.get("kind") == "free":
        return gettext("It costs nothing and changes nothing in the ERP.")
    if proposal.authorisation.get("kind") != "within_limit":
        return ""
    return gettext("Within the limit of %(who)s.") % {"who": proposal.proposed_by}


def _candidates(proposals: Iterable[Proposal]) -> dict[int, Candidates]:
    """Return who may fill the needs of proposals that wait, by the need's primary key."""
    asked = [
        (need, barred)
        for proposal in proposals
        if proposal.state == ProposalState.PENDING
        for barred in [_barred(proposal)]
        for need in proposal.needs.all()
    ]
    if not asked:
        return {}
    found = candidates_of(asked)
    return {need.pk: who for (need, _), who in zip(asked, found, strict=True)}


def _barred(proposal: Proposal) -> set[int]:
    """Return who may not agree to a proposal, from what is loaded of it."""
    edited = {editor.pk for editor in proposal.edited_by.all()}
    return {proposal.proposed_by_id} | edited | {apart.person_id for apart in proposal.kept_apart.all()}


def _steps(proposal: Proposal, fingerprint: str, candidates: Mapping[int, Candidates]) -> list[StepWords]:
    """Return whom a proposal needs, step by step: what was said, whose turn it is, and who comes later."""
    needs = sorted(proposal.needs.all(), key=lambda need: (need.step, need.place, need.pk))
    filled = {need.place for need in needs for word in need.approvals.all() if _counts(word, fingerprint)}
    numbers = sorted({need.step for need in needs})
    present = next((need.step for need in needs if need.place not in filled), None)
    waits = proposal.state == ProposalState.PENDING
    steps = []
    for number in numbers:
        of_step = [need for need in needs if need.step == number]
        is_open = waits and number == present
        words = [
            _need(
                need,
                fingerprint,
                who=candidates.get(need.pk) if is_open and need.place not in filled else None,
                joint=gettext("or") if place == need.place else "",
            )
            for place, need in zip([None, *(need.place for need in of_step)], of_step, strict=False)
        ]
        steps.append(StepWords(_step_title(number, numbers, present) if waits else "", words))
    return steps


def _step_title(number: int, numbers: Sequence[int], present: int | None) -> str:
    if len(numbers) == 1:
        return ""
    words = {"step": numbers.index(number) + 1, "steps": len(numbers)}
    if present is not None and number > present:
        return gettext("Step %(step)s of %(steps)s: later") % words
    if number == present:
        return gettext("Step %(step)s of %(steps)s: now") % words
    return gettext("Step %(step)s of %(steps)s: done") % words


def _counts(approval: Approval, fingerprint: str) -> bool:
    """Say whether somebody agreed to the values with a fingerprint (empty: it is decided, as it was then)."""
    return approval.decision == Decision.APPROVED and fingerprint in ("", approval.values_hash)


def _is_asked(proposal: Proposal) -> bool:
    """Say whether an approver asked something that nobody has answered."""
    return any(
        word.decision == Decision.ASKED and not word.answers.all()
        for need in proposal.needs.all()
        for word in need.approvals.all()
    )


def who_in_words(who: Candidates) -> str:
    """Return who may fill a need: who is away, and who acts for whom."""
    names = [
        gettext("%(who)s (away)") % {"who": person} if person.pk in who.away else str(person)
        for person in who.people
    ]
    names += [
        gettext("%(who)s for %(other)s") % {"who": each.delegation.delegate, "other": each.person}
        for each in who.stand_ins
    ]
    return formats.listed(names)


SAID: dict[str, Text] = {
    Decision.APPROVED: _("%(who)s approved, %(when)s"),
    Decision.REJECTED: _("%(who)s rejected, %(when)s"),
    Decision.ASKED: _("%(who)s asked back, %(when)s"),
}


def _need(
    need: ApprovalNeed, fingerprint: str, *, who: Candidates | None = None, joint: str = ""
) -> NeedWords:
    said = sorted(need.approvals.all(), key=lambda approval: approval.decided_at)
    tone, icon = "", "shield-check"
    for approval in said:
        if approval.decision == Decision.APPROVED:
            is_current = not fingerprint or approval.values_hash == fingerprint
            tone, icon = ("good", "badge-check") if is_current else ("", "shield-check")
        elif approval.decision == Decision.REJECTED:
            tone, icon = "crit", "x"
    can = ""
    if who is not None:
        can = who_in_words(who) or gettext("nobody has this role and limit now")
    words = [_word(approval, fingerprint) for approval in said]
    return NeedWords(in_words(need.label), icon, tone, words, can, joint)


def _word(approval: Approval, fingerprint: str) -> Word:
    who = str(approval.person)
    if approval.given_for is not None:
        who = gettext("%(who)s for %(other)s") % {"who": who, "other": approval.given_for}
    text = str(SAID[approval.decision]) % {
        "who": who,
        "when": formats.moment(approval.decided_at),
    }
    if approval.decision == Decision.APPROVED and fingerprint and approval.values_hash != fingerprint:
        text = gettext("%(text)s; the values have changed since") % {"text": text}
    answers = (
        gettext("%(who)s: “%(words)s”") % {"who": each.person, "words": each.words}
        for each in approval.answers.all()
    )
    return Word(text, approval.comment, tuple(answers))


COMMANDS: dict[str, tuple[Text, str, str]] = {
    CommandState.WAITING: (_("Waiting to be sent to the ERP"), "hourglass", ""),
    CommandState.SENDING: (_("Sent to the ERP, which has not answered yet"), "send", ""),
    CommandState.DONE: (_("The ERP has carried it out"), "circle-check", "good"),
    CommandState.UNKNOWN: (
        _("The answer of the ERP was lost; we look for its effect"),
        "circle-help",
        "warn",
    ),
    CommandState.CONFLICT: (_("The ERP has other values by now"), "git-compare-arrows", "crit"),
    CommandState.DEAD: (_("The ERP refused it"), "circle-alert", "crit"),
    CommandState.WITHDRAWN: (_("Taken back before it was sent"), "undo-2", ""),
}


def _command(command: Command) -> CommandWords:
    text, icon, tone = COMMANDS[command.state]
    words = command.answer.get("words") or command.last_error
    return CommandWords(f"{text}: {words}" if words else str(text), icon, tone)


# --- making one ---------------------------------------------------------------------------------------------


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

"""Whom a proposal needs: step by step, what was said, and who can say it while it is their turn."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.proposals.candidates import Candidates, candidates_of
from exceptions_app.proposals.models import Approval, ApprovalNeed, Decision, Proposal, ProposalState
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import formats
from exceptions_app.web.labels import Text


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


def candidates_by_need(proposals: Iterable[Proposal]) -> dict[int, Candidates]:
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


def steps_of(proposal: Proposal, fingerprint: str, candidates: Mapping[int, Candidates]) -> list[StepWords]:
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


def is_asked(proposal: Proposal) -> bool:
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

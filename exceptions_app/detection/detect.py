"""What deviates in one subject at one moment. Pure: the same values give the same answer, backtests included.

Absence is judged only as far as the stream that would have told us was read. A deviation beyond that is
`hidden`: it is neither opened nor cleared, and `blind_since` says so. No `next_look` is set for it, since
time alone does not help: whoever moves a watermark marks the watches that are blind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from exceptions_app.detection.agreement import Agreement, AgreementState
from exceptions_app.detection.registry import types_of
from exceptions_app.detection.snapshot import OrderSnapshot
from exceptions_app.detection.subject import SubjectSnapshot, SubjectView
from exceptions_app.detection.types.base import ExceptionType, SubjectKind
from exceptions_app.detection.view import OrderView, look
from exceptions_app.deviation import Deviation

ACTIVE = frozenset({AgreementState.ACTIVE})
ACTIVE_AND_PENDING = frozenset({AgreementState.ACTIVE, AgreementState.PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """The outcome of one look.

    `deviations`: what deviates and no decision covers. `covered_by_pending`: what deviates and is covered
    only by a decision that is not yet carried out. `hidden`: keys nobody can judge now. `next_look`: when
    time alone could next change the answer. `blind_since`: until when the streams could be seen that hold up
    a judgement; None when nothing is held up. `types`: what was looked for; `view`: the subject as judged.
    """

    deviations: tuple[Deviation, ...]
    covered_by_pending: tuple[Deviation, ...] = ()
    hidden: frozenset[str] = frozenset()
    next_look: datetime | None = None
    blind_since: datetime | None = None
    types: tuple[ExceptionType, ...] = field(default=(), repr=False)
    view: OrderView | SubjectView | None = field(default=None, repr=False, compare=False)

    @property
    def unjudged(self) -> frozenset[str]:
        """The keys that stay as they are: nobody can judge them, or a decision on them is on its way."""
        return self.hidden | {deviation.key for deviation in self.covered_by_pending}


def look_at(
    snapshot: OrderSnapshot | SubjectSnapshot,
    agreements: Iterable[Agreement],
    as_of: datetime,
    states: frozenset[AgreementState] = ACTIVE,
) -> OrderView | SubjectView:
    """Return a subject as it is at `as_of`, with the agreements in one of `states` taken into account."""
    if isinstance(snapshot, OrderSnapshot):
        return look(snapshot, agreements, as_of, states)
    return snapshot.look(agreements, as_of, states)


def detect(
    snapshot: OrderSnapshot | SubjectSnapshot,
    agreements: Iterable[Agreement],
    as_of: datetime,
    types: Sequence[ExceptionType] | None = None,
) -> Detection:
    """Return what deviates in a subject at `as_of`, looking for `types` (None: all types of orders).

    Active agreements take out what they cover. Pending ones only mark it: a deviation covered by nothing else
    neither opens, nor clears, nor reopens.
    """
    looked_for = tuple(types_of(SubjectKind.ORDER) if types is None else types)
    known = tuple(agreements)
    view = look_at(snapshot, known, as_of, ACTIVE)
    is_any_pending = any(agreement.state is AgreementState.PENDING for agreement in known)
    views = (view, look_at(snapshot, known, as_of, ACTIVE_AND_PENDING)) if is_any_pending else (view,)
    found = _found(looked_for, view)
    left = {deviation.key for deviation in (_found(looked_for, views[-1]) if is_any_pending else found)}
    blind = {key: since for kind in looked_for for key, since in kind.hidden(view).items()}
    return Detection(
        deviations=tuple(deviation for deviation in found if deviation.key in left),
        covered_by_pending=tuple(deviation for deviation in found if deviation.key not in left),
        hidden=frozenset(blind) - {deviation.key for deviation in found},
        next_look=min(_looks(looked_for, views), default=None),
        blind_since=min(blind.values(), default=None),
        types=looked_for,
        view=view,
    )


def _found(types: Iterable[ExceptionType], view: OrderView | SubjectView) -> list[Deviation]:
    return [deviation for kind in types for deviation in kind.detect(view)]


def _looks(types: Sequence[ExceptionType], views: Iterable[OrderView | SubjectView]) -> list[datetime]:
    """Return when time could change what deviates, or what a decision not yet carried out covers."""
    moments = (kind.next_look(view) for view in views for kind in types)
    return [moment for moment in moments if moment is not None]

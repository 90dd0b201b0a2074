"""An agreement: what people accepted, waived or agreed to wait for, bound to the values it was made on."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from erp_connectors.canonical.commands import LineValues, NewLine


class AgreementKind(StrEnum):
    """What was agreed."""

    ACCEPTED = "accepted"
    WAIVED = "waived"
    WAIT_UNTIL = "wait_until"
    CREDIT = "credit"


class AgreementState(StrEnum):
    """Pending until its commands are done; void when they were refused or the decision was withdrawn."""

    PENDING = "pending"
    ACTIVE = "active"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One decision on one deviation of one line (ARCHITECTURE, idea 4).

    It covers `quantity` (the order line's unit; None: all) of deviation `key`. It holds while the supplier's
    word is still `answer` (`agreements.fingerprint`; None = no answer yet) and the ERP's line equals `before`
    or `after`. A third value on either side makes it lapse, and the deviation is judged anew (`agreements`).
    An agreement on a subject that is no order has no line and no values: `answer` is the fingerprint of what
    the subject says and of what was expected instead (`subject.word_of`).
    `added`: the order line that was ordered for it, which the ERP has to show.
    `until`: for a wait, the day it ends (inclusive, end of business). `agreed_on`: a date agreed for the
    covered quantity, which counts as confirmed for notice and overdue. `made_at`: when it was decided.
    """

    id: int
    key: str
    type_code: str
    line_number: str | None
    kind: AgreementKind
    state: AgreementState
    answer: str | None
    before: LineValues | None
    after: LineValues | None
    quantity: Decimal | None = None
    agreed_on: date | None = None
    until: date | None = None
    made_at: datetime | None = None
    added: NewLine | None = None

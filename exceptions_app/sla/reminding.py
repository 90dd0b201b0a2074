"""Who writes to a supplier that owes an answer: named once by whoever can, asked by the clock.

Named in `AppConfig.ready`; nothing here knows who it is.
"""

from collections.abc import Callable
from datetime import datetime

import structlog
from django.db import transaction

from exceptions_app.cases.models import Case

log = structlog.get_logger(__name__)

#: Takes the case, the number of the reminder and the moment. Writes rows only, in the transaction of the
#: caller; returns whether a reminder is on its way (False: nobody at the supplier can be written to).
Reminder = Callable[[Case, int, datetime], bool]

_reminders: list[Reminder] = []


def remind_by(reminder: Reminder) -> None:
    """Have `reminder` write to suppliers; the same one twice counts once."""
    if reminder not in _reminders:
        _reminders.append(reminder)


def remind(case: Case, number: int, at: datetime) -> bool:
    """Have the supplier of a case reminded; return whether a reminder is on its way.

    A reminder that cannot be written is logged and holds up no clock: the owner is told to ask themselves.
    """
    is_sent = False
    for reminder in _reminders:
        try:
            with transaction.atomic():
                is_sent = reminder(case, number, at) or is_sent
        except Exception:
            log.exception("supplier_not_reminded", case=case.number)
    return is_sent

"""The auditor and somebody who works at the same moment: what is held is left for the next round."""

import pytest
from django.db import transaction

from erp_connectors import clock as our_clock
from exceptions_app import sla
from exceptions_app.audit.models import Event
from exceptions_app.cases.models import Case, Clock, ClockKind
from exceptions_app.sla import heartbeat
from exceptions_app.sla.auditor import audit
from exceptions_app.sla.models import ClockFinding
from tests.builders.factories import (
    berlin,
)
from tests.exceptions_app.sla.clockwork import TUESDAY, WEDNESDAY, together, watched_case


@pytest.mark.django_db(transaction=True)
def test_what_somebody_holds_is_left_for_the_next_round() -> None:
    case = watched_case()
    with transaction.atomic():
        sla.start(case)
    our_clock.set_now(berlin(TUESDAY, 11))
    heartbeat.beat(heartbeat.SWEEP)
    Clock.objects.filter(case=case, kind=ClockKind.RESOLVE).update(due_at=berlin(WEDNESDAY, 9))
    with transaction.atomic():
        Case.objects.select_for_update(no_key=True).get(pk=case.pk)
        together(audit)
        assert not ClockFinding.objects.exists()
    together(audit, audit, audit)
    assert ClockFinding.objects.get(gone_at=None).kind == "due"
    assert Event.objects.filter(kind="clock.found_wrong").count() == 1

"""Whether anything is left to do: so that a test that finds nothing knows that nothing more will come."""

from pathlib import Path

from django.db.models import Exists, F, OuterRef, Q

from erp_connectors import clock
from erp_connectors.companies import Connection
from erp_connectors.exchange.lifecycle import IN_FLIGHT
from erp_connectors.exchange.models import (
    Command,
    CommandState,
    Interchange,
    InterchangeStatus,
    OutgoingFile,
    OutgoingStatus,
)
from exceptions_app.cases.models import Clock
from exceptions_app.detection.models import LookOver, Watch
from suppliers.messaging.models import MessageState, SupplierMessage


def what_is_left() -> list[str]:
    """Name what lies unread in a folder, or is still due in any hop; nothing when all is done.

    It looks where things come from before it looks where they go: what moves meanwhile is seen twice.
    """
    left = [str(path) for folder in _mailboxes() for path in _files(folder)]
    now = clock.now()
    # One that is behind another of its order waits for the ERP, and not for us.
    before = Command.objects.filter(order=OuterRef("order"), state__in=IN_FLIGHT)
    due = {
        "interchanges": Interchange.objects.filter(status=InterchangeStatus.RECEIVED),
        "looks": Watch.objects.filter(Q(due_at__lte=now) | Q(marked__gt=F("seen"))),
        "looks over everything": LookOver.objects.filter(done_at=None),
        "commands": Command.objects.filter(~Exists(before), state=CommandState.WAITING),
        "messages": SupplierMessage.objects.filter(state=MessageState.QUEUED),
        "outgoing files": OutgoingFile.objects.filter(status=OutgoingStatus.WAITING),
        "clocks": Clock.objects.filter(sweep_at__lte=now),
    }
    return left + [name for name, rows in due.items() if rows.exists()]


def _mailboxes() -> list[Path]:
    settings = Connection.objects.values_list("settings", flat=True)
    return [Path(each["folder"]) / part for each in settings for part in ("incoming", "processing")]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if not path.name.endswith("answers")] if folder.is_dir() else []

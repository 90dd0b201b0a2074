"""How documents look in a list, with the channel they came by and their verdict."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from erp_connectors.documents.models import Document
from erp_connectors.edi.envelope import Verdict
from exceptions_app.web import labels
from exceptions_app.web.labels import Chip, Text

CHANNELS: dict[str, Text] = {
    "api": _("by API"),
    "folder": _("by folder"),
    "command": _("by command"),
    "person": _("entered by a person"),
    "poll": _("read from the ERP"),
}
VERDICTS: dict[str, Chip] = {
    Verdict.ACCEPT: Chip(_("Accepted"), "good"),
    Verdict.ACCEPT_WARN: Chip(_("Accepted, with findings"), "good"),
    Verdict.REJECT: Chip(_("Rejected"), "crit"),
    Verdict.DUPLICATE: Chip(_("Duplicate")),
    Verdict.QUARANTINE: Chip(_("Quarantined"), "warn"),
}


def verdict_chip(verdict: str) -> Chip:
    """Return the chip of a verdict; one nobody named is shown as it is."""
    return VERDICTS.get(verdict, Chip(verdict.replace("_", " ").capitalize()))


def document_view(document: Document) -> dict[str, Any]:
    """Return a document as the list names it."""
    label, icon = labels.DOCUMENT_KINDS.get(document.kind, (document.kind, "file-text"))
    transaction = document.transaction
    source = document.connection.name if transaction is None else ""
    if transaction is not None:
        interchange = transaction.interchange
        channel = CHANNELS.get(interchange.channel, interchange.channel)
        control = f" {transaction.control_number}" if transaction.control_number else ""
        source = f"{transaction.kind}{control} · {interchange.connection.name}, {channel}"
    return {
        "id": document.pk,
        "label": label,
        "icon": icon,
        "key": document.key,
        "said_at": document.said_at,
        "source": source,
        "verdict": verdict_chip(transaction.verdict) if transaction and transaction.verdict else None,
    }

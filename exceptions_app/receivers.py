"""Hears the news from below. Each only marks a row, in the transaction of the news."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from erp_connectors.canonical.documents import DocumentKind
from erp_connectors.documents.models import DocumentHead
from erp_connectors.exchange.models import Command, Quarantine
from erp_connectors.signals import command_settled, document_recorded, message_refused
from exceptions_app.detection import watch
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.neighbours import neighbours_of
from exceptions_app.proposals import settle


@receiver(document_recorded, dispatch_uid="watch what a document changed")
def watch_subjects(
    sender: object, *, orders: Sequence[int], heads: Sequence[DocumentHead] = (), **news: Any
) -> None:
    """Have the orders, invoices and other documents looked at that stand in another way now.

    And soon after the orders their neighbours, which have cases about the same goods.
    """
    watch.mark(SubjectKind.ORDER, orders, soon=neighbours_of(orders))
    invoices = [head.pk for head in heads if head.kind == DocumentKind.INVOICE]
    others = [head.pk for head in heads if head.kind != DocumentKind.INVOICE]
    for kind, ids in ((SubjectKind.INVOICE, invoices), (SubjectKind.DOCUMENT, others)):
        if ids:
            watch.mark(kind, ids)


@receiver(message_refused, dispatch_uid="watch what could not be applied")
def watch_message(sender: object, *, quarantine: Quarantine, **news: Any) -> None:
    """Have a message looked at of which something could not be applied, or is applied by now."""
    watch.mark(SubjectKind.MESSAGE, [quarantine.pk])


@receiver(command_settled, dispatch_uid="settle what a command was for")
def settle_proposal(sender: object, *, command: Command, **news: Any) -> None:
    """Let the proposal of a command follow its answer."""
    settle.command_settled(command)

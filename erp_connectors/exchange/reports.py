"""Tells whoever delivered a file by folder what could not be read: a text beside it in the error folder."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from erp_connectors.exchange.channels.folders import has_folder, safe_name
from erp_connectors.exchange.models import Interchange, InterchangeStatus, OutgoingFile

CHANNEL = "folder"
KIND = "report"
MOST_LINES = 200
ERRORS = ("error", "warning")


def report(interchange: Interchange, *, now: datetime) -> None:
    """Write the rows of a report on a file that could not be read in whole; within the step that ends it.

    A file of which nothing could be read is put beside its report.
    """
    bad = interchange.status in (InterchangeStatus.QUARANTINED, InterchangeStatus.PARTLY)
    if not bad or interchange.channel != CHANNEL or not has_folder(interchange.connection):
        return
    name = f"{interchange.pk.hex[-12:]}-{safe_name(interchange.file_name)}"
    files = {f"{name}.txt": "\n".join(_lines(interchange)).encode()}
    if interchange.status == InterchangeStatus.QUARANTINED:
        files[name] = bytes(interchange.payload)
    OutgoingFile.objects.bulk_create(
        OutgoingFile(
            connection=interchange.connection,
            interchange=interchange,
            kind=KIND,
            file_name=file_name,
            payload=payload,
            created_at=now,
            due_at=now,
        )
        for file_name, payload in files.items()
    )


def _lines(interchange: Interchange) -> Iterator[str]:
    yield f"{interchange.file_name}: {interchange.get_status_display()}"
    findings = list(interchange.findings)
    for some in interchange.transactions.values_list("findings", flat=True):
        findings += some
    told = [finding for finding in findings if finding.get("severity") in ERRORS]
    yield from (_sentence(finding) for finding in told[:MOST_LINES])
    if len(told) > MOST_LINES:
        yield f"... and {len(told) - MOST_LINES} more."


def _sentence(finding: dict[str, Any]) -> str:
    """Say where it is, what stands there, what is wrong with it, and the way out."""
    named = (
        ("row", finding.get("row")),
        ("column", finding.get("column")),
        ("segment", _segment(finding)),
        ("element", finding.get("element")),
        ("component", finding.get("component")),
        ("value", finding.get("value")),
    )
    place = ", ".join(f"{name} {value}" for name, value in named if value not in (None, ""))
    text = f"{finding.get('text', '')} {finding.get('way_out', '')}".strip()
    return f"{place}: {text}" if place else text


def _segment(finding: dict[str, Any]) -> str:
    number, tag = finding.get("segment_index"), finding.get("segment")
    return " ".join(str(part) for part in (number, tag) if part)

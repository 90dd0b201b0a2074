"""`manage.py decode`: what a file would read as, without storing anything."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

import msgspec
from django.core.management.base import BaseCommand

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.documents.identity import kind_of
from erp_connectors.edi import (
    DecodedFile,
    DecodedGroup,
    DecodedInterchange,
    DecodedTransaction,
    EnvelopeIds,
    Finding,
    PartnerRules,
    decode,
)

UNREADABLE_PATH = 2
ANSWERS = {"X12": ("TA1", "AK9", "AK5"), "EDIFACT": ("UCI", "UCF", "UCM")}
"""By which segments an interchange, a group and a transaction of a standard are answered."""


class Command(BaseCommand):
    """Reads EDI files as the inbox would and prints verdicts, readings and canonical documents."""

    help = "Dry run of the EDI layer: nothing is stored, no database is needed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the files and the form of the answer."""
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print one JSON array, one entry per file")
        parser.add_argument(
            "--lenient-isa",
            action="store_true",
            help="read an ISA that is not padded to 106, or a UNB without a syntax version",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what each file reads as; the exit status is 2 when a path cannot be read, else 0."""
        rules = PartnerRules(lenient_isa=options["lenient_isa"])
        reports, unreadable = [], False
        for name in options["files"]:
            try:
                data = Path(name).read_bytes()
            except OSError as error:
                unreadable = True
                self.stderr.write(f"{name}: {error.strerror or error}")
                continue
            reports.append({"file": name} | file_report(data, rules))
        if options["json"]:
            self.stdout.write(_as_json(reports))
        else:
            for report in reports:
                self._print(report)
        if unreadable:
            raise SystemExit(UNREADABLE_PATH)

    def _print(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"{report['file']}: {report['verdict']}")
        self._print_findings(report["findings"], "  ")
        of_interchange, of_group, of_transaction = ANSWERS.get(report["standard"], ANSWERS["X12"])
        for interchange in report["interchanges"]:
            ids = f"{interchange['sender']} -> {interchange['receiver']}"
            self.stdout.write(
                f"  interchange {interchange['control_number']} {ids}: {interchange['verdict']}, "
                f"{of_interchange} {interchange['ack_status']} {interchange['ack_code']}".rstrip()
            )
            self._print_findings(interchange["findings"], "    ")
            for group in interchange["groups"]:
                counts = f"{group['included']}*{group['received']}*{group['accepted']}"
                name = f"group {group['control_number']} {group['functional_code']}".rstrip()
                self.stdout.write(
                    f"    {name}: {group['verdict']}, {of_group} {group['ack_status']}*{counts}"
                )
                self._print_findings(group["findings"], "      ")
                for transaction in group["transactions"]:
                    self._print_transaction(transaction, of_transaction)

    def _print_transaction(self, transaction: dict[str, Any], answer: str) -> None:
        number = f"{transaction['set']} {transaction['control_number']}"
        codes = " ".join([transaction["ack_status"], *transaction["ack_codes"]])
        self.stdout.write(f"      {number}: {transaction['verdict']}, {answer} {codes}")
        self._print_findings(transaction["findings"], "        ")
        for part in ("reading", "document"):
            if transaction[part] is not None:
                self.stdout.write(f"        {part}:")
                for line in _as_json(transaction[part]).splitlines():
                    self.stdout.write(f"          {line}")

    def _print_findings(self, findings: list[dict[str, Any]], indent: str) -> None:
        for finding in findings:
            place = f" at byte {finding['offset']}" if finding["offset"] is not None else ""
            self.stdout.write(f"{indent}{finding['severity']} {finding['code']}{place}: {finding['text']}")


def file_report(data: bytes, rules: PartnerRules) -> dict[str, Any]:
    """Return what `data` reads as, as plain values: the file, its interchanges, groups and transactions."""
    report: dict[str, Any] = {}
    transactions: list[dict[str, Any]] = []
    groups: list[dict[str, Any]] = []
    interchanges: list[dict[str, Any]] = []
    for result in decode(data, lambda ids: rules):
        if isinstance(result, DecodedTransaction):
            transactions.append(_transaction(result))
        elif isinstance(result, DecodedGroup):
            groups.append(_group(result) | {"transactions": transactions})
            transactions = []
        elif isinstance(result, DecodedInterchange):
            interchanges.append(_interchange(result) | {"groups": groups})
            groups = []
        else:
            report = _file(result) | {"interchanges": interchanges}
    return report


def _file(file: DecodedFile) -> dict[str, Any]:
    return {
        "verdict": file.verdict,
        "standard": file.standard,
        "size": file.size,
        "sha256": file.sha256,
        "findings": _findings(file.findings),
    }


def _interchange(interchange: DecodedInterchange) -> dict[str, Any]:
    return {
        "control_number": interchange.control_number,
        "verdict": interchange.verdict,
        "test": interchange.test,
        **_ids(interchange.ids),
        "ack_status": interchange.ack_status,
        "ack_code": interchange.ack_code,
        "needs_acknowledgement": interchange.needs_acknowledgement,
        "offset": interchange.offset,
        "end": interchange.end,
        "sha256": interchange.sha256,
        "envelope": interchange.envelope,
        "findings": _findings(interchange.findings),
    }


def _ids(ids: EnvelopeIds) -> dict[str, str]:
    return {
        "sender": f"{ids.sender_qualifier}/{ids.sender}",
        "receiver": f"{ids.receiver_qualifier}/{ids.receiver}",
    }


def _group(group: DecodedGroup) -> dict[str, Any]:
    return {
        "control_number": group.control_number,
        "functional_code": group.functional_code,
        "version": group.version,
        "verdict": group.verdict,
        "ack_status": group.ack_status,
        "ack_codes": group.ack_codes,
        "included": group.included,
        "received": group.received,
        "accepted": group.accepted,
        "findings": _findings(group.findings),
    }


def _transaction(transaction: DecodedTransaction) -> dict[str, Any]:
    document = transaction.document
    return {
        "set": transaction.set_code,
        "control_number": transaction.control_number,
        "version": transaction.version,
        "verdict": transaction.verdict,
        "ack_status": transaction.ack_status,
        "ack_codes": transaction.ack_codes,
        "test": transaction.test,
        "offset": transaction.offset,
        "end": transaction.end,
        "sha256": transaction.sha256,
        "findings": _findings(transaction.findings),
        "reading": transaction.reading,
        "document_kind": kind_of(document) if document is not None else None,
        "document": to_builtins(document) if document is not None else None,
        "mapping_version": transaction.mapping_version,
    }


def _findings(findings: tuple[Finding, ...]) -> list[dict[str, Any]]:
    return [asdict(finding) for finding in findings]


def _as_json(value: Any) -> str:
    """Return indented JSON; a control total in a reading is a number, decimals of documents are strings."""
    return json.dumps(json.loads(_ENCODER.encode(value)), indent=2, ensure_ascii=False)


_ENCODER = msgspec.json.Encoder(decimal_format="number")

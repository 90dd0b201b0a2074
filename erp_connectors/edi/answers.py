"""What an acknowledgement says of a transaction and of its group: AK5 and AK9, UCM and UCI."""

from collections.abc import Sequence

from erp_connectors.edi.envelope import Finding, Reuse, Severity, Verdict


def transaction_answer(
    own: Verdict, reuse: Reuse, findings: Sequence[Finding]
) -> tuple[str, tuple[str, ...]]:
    """Return AK501 and the AK502.. codes of a transaction.

    One that came in an earlier interchange with the same bytes is answered as it was the first time.
    """
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    repeated = [finding for finding in findings if finding.code == "DUPLICATE" and finding.ack_code]
    if own is Verdict.REJECT or reuse is Reuse.OTHER_BYTES or repeated:
        codes = [finding.transaction_code for finding in (*errors, *repeated)]
        return "R", tuple(dict.fromkeys(codes))[:5]
    return "E" if own is Verdict.ACCEPT_WARN else "A", ()


def group_status(findings: Sequence[Finding], statuses: Sequence[str]) -> str:
    """Return AK901: R refused, P some transactions refused, E accepted with errors, A accepted."""
    if any(finding.severity is Severity.ERROR for finding in findings):
        return "R"
    if statuses and set(statuses) == {"R"}:
        return "R"
    if "R" in statuses:
        return "P"
    noted = any(finding.severity is Severity.WARNING for finding in findings)
    return "E" if noted or "E" in statuses else "A"

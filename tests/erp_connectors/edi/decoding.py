"""Reading a file in a test: everything it yields, sorted by what it is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from erp_connectors.edi import (
    ControlKey,
    DecodedFile,
    DecodedGroup,
    DecodedInterchange,
    DecodedTransaction,
    EnvelopeIds,
    PartnerRules,
    decode,
)
from erp_connectors.edi.rules import DEFAULT_RULES


@dataclass
class Outcome:
    """What one file held."""

    transactions: list[DecodedTransaction] = field(default_factory=list)
    groups: list[DecodedGroup] = field(default_factory=list)
    interchanges: list[DecodedInterchange] = field(default_factory=list)
    files: list[DecodedFile] = field(default_factory=list)

    @property
    def file(self) -> DecodedFile:
        (file,) = self.files
        return file

    @property
    def transaction(self) -> DecodedTransaction:
        (transaction,) = self.transactions
        return transaction

    @property
    def interchange(self) -> DecodedInterchange:
        (interchange,) = self.interchanges
        return interchange

    @property
    def group(self) -> DecodedGroup:
        (group,) = self.groups
        return group

    def codes(self) -> set[str]:
        """Return the codes of all findings."""
        results = [*self.transactions, *self.groups, *self.interchanges, *self.files]
        return {finding.code for result in results for finding in result.findings}


def read(
    data: bytes,
    rules: PartnerRules | None = DEFAULT_RULES,
    seen: Callable[[ControlKey], str | None] = lambda key: None,
) -> Outcome:
    """Decode a file under one set of rules; None means a partner nobody knows."""

    def profile_for(ids: EnvelopeIds) -> PartnerRules | None:
        return rules

    outcome = Outcome()
    for result in decode(data, profile_for, seen):
        if isinstance(result, DecodedTransaction):
            outcome.transactions.append(result)
        elif isinstance(result, DecodedGroup):
            outcome.groups.append(result)
        elif isinstance(result, DecodedInterchange):
            outcome.interchanges.append(result)
        else:
            outcome.files.append(result)
    return outcome

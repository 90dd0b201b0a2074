"""EDI: bytes to canonical documents and back. `decode` is the one way in; pure, without Django."""

from erp_connectors.edi.decoding import decode
from erp_connectors.edi.envelope import (
    ControlKey,
    EnvelopeIds,
    Finding,
    Layer,
    SeenLookup,
    Severity,
    Verdict,
)
from erp_connectors.edi.results import (
    Decoded,
    DecodedFile,
    DecodedGroup,
    DecodedInterchange,
    DecodedTransaction,
    TransactionAnswer,
)
from erp_connectors.edi.rules import Limits, MappingOverrides, PartnerRules, ProfileFor

__all__ = [
    "ControlKey",
    "Decoded",
    "DecodedFile",
    "DecodedGroup",
    "DecodedInterchange",
    "DecodedTransaction",
    "EnvelopeIds",
    "Finding",
    "Layer",
    "Limits",
    "MappingOverrides",
    "PartnerRules",
    "ProfileFor",
    "SeenLookup",
    "Severity",
    "TransactionAnswer",
    "Verdict",
    "decode",
]

"""Trading-partner profiles as rules of reading: looked up by the ids of an envelope, checked before use."""

import codecs
from dataclasses import fields
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from erp_connectors.companies import Connection
from erp_connectors.edi.edifact.mapping.tables import tables_for as edifact_tables
from erp_connectors.edi.envelope import EnvelopeIds
from erp_connectors.edi.rules import (
    DuplicateAnswer,
    EdifactOverrides,
    Limits,
    MappingOverrides,
    PartnerRules,
)
from erp_connectors.edi.x12.mapping.tables import tables_for
from erp_connectors.errors import ConfigurationError
from erp_connectors.exchange.models import PartnerProfile


class _LimitOverrides(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The limits a profile may raise or lower."""

    file_bytes: int | None = None
    transactions: int | None = None
    segments: int | None = None
    elements: int | None = None
    element_bytes: int | None = None
    hl_depth: int | None = None


class _Overrides(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What `PartnerProfile.overrides` may say besides MappingOverrides, and nothing else."""

    sets: frozenset[str] | None = None
    versions: frozenset[str] | None = None
    charset: str | None = None
    ebcdic: bool = False
    lead_time_days: int | None = None
    duplicate_answer: DuplicateAnswer = DuplicateAnswer.REPEAT
    always_ta1: bool = False
    limits: _LimitOverrides = msgspec.field(default_factory=_LimitOverrides)
    edifact: EdifactOverrides = EdifactOverrides()


MAPPING_FIELDS = frozenset(field.name for field in fields(MappingOverrides))
EDIFACT_FIELDS = frozenset(field.name for field in fields(EdifactOverrides))


class Partners:
    """The trading partners of one connection, each looked up once: use one for every interchange."""

    def __init__(self, connection: Connection) -> None:
        """Know nobody yet."""
        self.connection = connection
        self._known: dict[tuple[str, str, str, str], tuple[PartnerProfile, PartnerRules] | None] = {}

    def rules(self, ids: EnvelopeIds) -> PartnerRules | None:
        """Return the rules for an envelope, None for a partner nobody set up. Raises ConfigurationError."""
        found = self._find(ids)
        return found[1] if found else None

    def profile(self, ids: EnvelopeIds) -> PartnerProfile | None:
        """Return the profile for an envelope, with its supplier. Raises ConfigurationError."""
        found = self._find(ids)
        return found[0] if found else None

    def _find(self, ids: EnvelopeIds) -> tuple[PartnerProfile, PartnerRules] | None:
        key = (ids.sender_qualifier, ids.sender, ids.receiver_qualifier, ids.receiver)
        if key not in self._known:
            profile = (
                PartnerProfile.objects.select_related("connection", "supplier__connection__company")
                .filter(
                    connection=self.connection,
                    their_qualifier=key[0].strip(),
                    their_id=key[1].strip(),
                    our_qualifier=key[2].strip(),
                    our_id=key[3].strip(),
                )
                .first()
            )
            self._known[key] = (profile, rules_of(profile)) if profile else None
        return self._known[key]


def rules_of(profile: PartnerProfile) -> PartnerRules:
    """Return what a profile says as rules.

    Raises ConfigurationError, naming the profile and the entry of its overrides that cannot be used.
    """
    if profile.supplier.company_id != profile.connection.company_id:
        raise _unusable(profile, f"supplier {profile.supplier} belongs to another company")
    overrides, layer = _read(profile, profile.overrides)
    zone = profile.time_zone or profile.connection.time_zone
    return PartnerRules(
        partner=profile.name,
        lenient_isa=profile.lenient_isa,
        ebcdic=overrides.ebcdic,
        charset=_checked_charset(profile, overrides.charset),
        test_only=profile.is_test,
        sets=overrides.sets,
        versions=overrides.versions,
        time_zone=_checked_zone(profile, zone),
        lead_time_days=overrides.lead_time_days,
        duplicate_answer=overrides.duplicate_answer,
        acknowledge=profile.acknowledge,
        always_ta1=overrides.always_ta1,
        overrides=_checked_layer(profile, layer),
        edifact=_checked_edifact(profile, overrides.edifact),
        limits=_limits(profile, overrides.limits),
    )


def _read(profile: PartnerProfile, values: Any) -> tuple[_Overrides, MappingOverrides]:
    """Return what a profile changes: how its files are read and answered, and the mapping tables."""
    of_tables = {}
    if isinstance(values, dict):
        of_edifact = values.get("edifact")
        unknown = sorted(set(of_edifact) - EDIFACT_FIELDS) if isinstance(of_edifact, dict) else []
        if unknown:
            raise _unusable(profile, f"its overrides of EDIFACT name what there is not: {', '.join(unknown)}")
        of_tables = {name: value for name, value in values.items() if name in MAPPING_FIELDS}
        values = {name: value for name, value in values.items() if name not in MAPPING_FIELDS}
    try:
        return msgspec.convert(values, _Overrides), msgspec.convert(of_tables, MappingOverrides)
    except msgspec.ValidationError as error:
        raise _unusable(profile, f"its overrides cannot be read: {error}") from error


def _checked_layer(profile: PartnerProfile, layer: MappingOverrides) -> MappingOverrides:
    if any(divisor <= 0 for divisor in layer.price_divisors.values()):
        raise _unusable(profile, "a price divisor must be greater than zero")
    try:
        tables_for("", layer)
    except ConfigurationError as error:
        raise _unusable(profile, str(error)) from error
    return layer


def _checked_edifact(profile: PartnerProfile, layer: EdifactOverrides) -> EdifactOverrides:
    try:
        edifact_tables(layer)
    except ConfigurationError as error:
        raise _unusable(profile, str(error)) from error
    if not set(layer.decimal_marks) <= {".", ","}:
        raise _unusable(profile, "a decimal mark is a point or a comma")
    return layer


def _limits(profile: PartnerProfile, overrides: _LimitOverrides) -> Limits:
    changed = {name: value for name, value in msgspec.structs.asdict(overrides).items() if value is not None}
    if any(value <= 0 for value in changed.values()):
        raise _unusable(profile, "a limit must be greater than zero")
    return Limits(**changed)


def _checked_zone(profile: PartnerProfile, name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _unusable(profile, f"there is no time zone named {name!r}") from error
    return name


def _checked_charset(profile: PartnerProfile, name: str | None) -> str | None:
    if name is not None:
        try:
            codecs.lookup(name)
        except LookupError as error:
            raise _unusable(profile, f"there is no character set named {name!r}") from error
    return name


def _unusable(profile: PartnerProfile, why: str) -> ConfigurationError:
    return ConfigurationError(f"The trading partner {profile.name!r} cannot be used: {why}")

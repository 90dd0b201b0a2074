"""Which order line a line of another document is about. Pure; never guesses.

A line number decides, unless the item numbers beside it say another line. Without a usable line number the
buyer's item, the supplier's item and the GTIN decide together, when exactly one order line fits them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from erp_connectors.canonical.documents import OrderLine
from erp_connectors.canonical.values import ItemIds


class NoMatch(StrEnum):
    """Why a line could not be matched."""

    NOTHING_NAMED = "nothing_named"
    NO_ORDER_NAMED = "no_order_named"
    NO_SUCH_LINE = "no_such_line"
    SEVERAL_FIT = "several_fit"
    CONTRADICTION = "contradiction"


@dataclass(frozen=True, slots=True)
class Match:
    """The outcome for one line: the order line's number, or why none, and the lines to choose from."""

    line_number: str | None = None
    reason: NoMatch | None = None
    candidates: tuple[str, ...] = ()


def normal_number(number: str) -> str:
    """Return a line number without blanks and leading zeros: 0010 and 10 are one line, 10.0 is another."""
    return number.strip().lstrip("0") or number.strip()[-1:]


def match_line(lines: Sequence[OrderLine], number: str | None, ids: ItemIds) -> Match:
    """Return the one of `lines` that a document line with this number and these item numbers is about."""
    numbered = _with_number(lines, number)
    fits = _fits(lines, ids)
    named = [line for line in lines if any(line in fit for fit in fits)]
    agreed = [line for line in named if all(line in fit for fit in fits)]
    if len(numbered) > 1:
        return _no_match(NoMatch.SEVERAL_FIT, numbered)
    if numbered and (not named or numbered[0] in named):
        return Match(line_number=numbered[0].number)
    if numbered:
        return _no_match(NoMatch.CONTRADICTION, [*numbered, *named])
    if len(agreed) == 1:
        return Match(line_number=agreed[0].number)
    if named:
        return _no_match(NoMatch.SEVERAL_FIT if agreed else NoMatch.CONTRADICTION, agreed or named)
    is_silent = not (number or "").strip() and not (ids.buyer or ids.supplier or ids.gtin)
    return Match(reason=NoMatch.NOTHING_NAMED if is_silent else NoMatch.NO_SUCH_LINE)


def has_number(lines: Iterable[OrderLine], number: str | None) -> bool:
    """Say whether one of `lines` goes by this number."""
    return bool(_with_number(lines, number))


def names_another(
    line: OrderLine, ids: ItemIds, *, names: Iterable[str] = (), gtins: Iterable[str] = ()
) -> bool:
    """Say whether item numbers name another item than the line's: one that is known differs, none agrees.

    `names` and `gtins` are what else the supplier calls the item, and what else it is sold under.
    """
    known = [
        (ids.buyer, {_plain(line.item)}),
        (ids.supplier, {_plain(name) for name in (line.supplier_item, *names) if name}),
        (ids.gtin, {_plain(gtin) for gtin in (line.gtin, *gtins) if gtin}),
    ]
    agreed = [_plain(said) in ours for said, ours in known if said and ours]
    return bool(agreed) and not any(agreed)


def _plain(number: str) -> str:
    return number.strip().lstrip("0").upper()


def _with_number(lines: Iterable[OrderLine], number: str | None) -> list[OrderLine]:
    if number is None or not number.strip():
        return []
    wanted = normal_number(number)
    found = [line for line in lines if normal_number(line.number) == wanted]
    exact = [line for line in found if line.number.strip() == number.strip()]
    return exact or found


def _fits(lines: Sequence[OrderLine], ids: ItemIds) -> list[list[OrderLine]]:
    """Return the lines that fit the buyer's item, the supplier's item and the GTIN, where any does."""
    fits = [
        [line for line in lines if ids.buyer and line.item == ids.buyer],
        [line for line in lines if ids.supplier and line.supplier_item == ids.supplier],
        [line for line in lines if ids.gtin and line.gtin and _same_gtin(line.gtin, ids.gtin)],
    ]
    return [fit for fit in fits if fit]


def _same_gtin(one: str, other: str) -> bool:
    """A shorter GTIN is the same as its GTIN-14 with zeros in front (GS1 General Specifications)."""
    return one.zfill(14) == other.zfill(14)


def _no_match(reason: NoMatch, candidates: Iterable[OrderLine]) -> Match:
    return Match(reason=reason, candidates=tuple(line.number for line in candidates))

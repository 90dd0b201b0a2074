"""A DESADV as a canonical ship notice: packages in packages, lines in the package they stand in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from erp_connectors.canonical.documents import ShipNotice, ShipNoticeLine
from erp_connectors.canonical.values import Quantity
from erp_connectors.edi.edifact.mapping.documents import Document
from erp_connectors.edi.edifact.mapping.sections import Block, Line, Section
from erp_connectors.edi.edifact.mapping.source import Source
from erp_connectors.edi.edifact.mapping.tables import QuantityKind
from erp_connectors.edi.edifact.mapping.values import INVALID, mapping_error
from erp_connectors.edi.edifact.tokens import part
from erp_connectors.edi.frame import Mapped, Row
from erp_connectors.edi.values import UnreadableValue

SHIPPED_DATES = ("11", "186", "136", "133", "189")
EXPIRY_DATES = ("36", "361")
TRACKING = ("carrier_reference", "transport_document", "bill_of_lading")


def map_ship_notice(rows: list[Row], source: Source) -> Mapped:
    """Return the ship notice a DESADV holds and what was odd in it; None where an error forbids it."""
    return _ShipNotice(rows, source).document()


@dataclass(slots=True)
class Package:
    """One CPS: its marks (SSCC), the order it names, and the package it stands in."""

    marks: list[str]
    order: str | None
    parent: "Package | None" = None
    depth: int = 1


class _ShipNotice(Document):
    """The mapping of one DESADV."""

    def document(self) -> Mapped:
        """Return the notice, or None and the values that cannot be read."""
        refusal = self.refusal()
        if refusal is not None:
            return None, [refusal]
        lines = tuple(self._lines())
        if self.errors:
            return None, self.errors + self.findings
        notice = ShipNotice(
            number=self.number,
            version=self.source.document_version(self.stated_at()),
            lines=lines,
            purpose=self.purpose(),
            shipped_on=self.date_of(self.heading.dates, *SHIPPED_DATES),
            expected_on=self.date_of(self.heading.dates, *self.tables.expected_dates),
            carrier=self._carrier(),
            tracking=self.reference(*TRACKING) or self._conveyance(),
            parties=self.parties(),
            references=self.references(),
            notes=tuple(self.heading.texts),
        )
        return notice, self.findings

    def _lines(self) -> Iterator[ShipNoticeLine]:
        """Yield every line, with the package it stands in."""
        by_id: dict[str, Package] = {}
        package: Package | None = None
        for block in self.message.body:
            if block.opener[0] == "CPS":
                package = self._package(block, by_id)
                continue
            line = self.line(block)
            try:
                if line is not None:
                    yield self._line(line, package)
            except UnreadableValue as unreadable:
                self.errors.append(unreadable.finding)

    # --- packages -----------------------------------------------------------------------------------------

    def _package(self, block: Block, by_id: dict[str, Package]) -> Package:
        section = Section(self.tables)
        section.read(block, skip=1)
        package = Package(section.marks, self.order_in(section)[0])
        identifier, above = part(block.opener, 1), part(block.opener, 2)
        if above:
            package.parent = by_id.get(above) if above != identifier else None
            if package.parent is None:
                text = f"CPS {identifier!r} stands in {above!r}, which is no package before it."
                self.warn("PACKAGE_PARENT", text, block.at, "CPS", 2, above)
            else:
                package.depth = package.parent.depth + 1
        limit = self.source.rules.limits.hl_depth
        if package.depth > limit:
            text = f"CPS {identifier} lies {package.depth} levels deep, no more than {limit} are read."
            way_out = "Ask the sender for a notice whose packages do not stand in each other without end."
            self.errors.append(
                mapping_error("LIMIT_HL_DEPTH", text, block.at, block.opener, (2, 0), INVALID, way_out)
            )
            package.parent, package.depth = None, 1
        by_id[identifier] = package
        return package

    def _mark(self, line: Line, package: Package | None) -> str | None:
        """Return the one mark of the line's own pack, else of the nearest package that has just one."""
        if line.marks:
            return line.marks[0] if len(line.marks) == 1 else None
        while package is not None:
            if package.marks:
                return package.marks[0] if len(package.marks) == 1 else None
            package = package.parent
        return None

    # --- lines ----------------------------------------------------------------------------------------------

    def _line(self, line: Line, package: Package | None) -> ShipNoticeLine:
        unit, stated = self.line_unit(line), line.by_kind()
        shipped = self.single(stated, QuantityKind.DESPATCHED, QuantityKind.DELIVERED, unit=unit)
        if shipped is None and line.scheduled:
            shipped = self._split(line, unit)
        to_date = self.single(stated, QuantityKind.CUMULATIVE, unit=unit)
        ordered = self.single(stated, QuantityKind.ORDERED, unit=unit)
        order, order_line = self._order(line, package)
        ids = self.item_ids(line.ids)
        return ShipNoticeLine(
            order_number=order,
            line_number=self.own_line_number(line, order, order_line, ids),
            ids=ids,
            shipped=shipped,
            shipped_to_date=to_date,
            ordered=ordered,
            final=self._is_final(line, shipped, to_date, ordered),
            package=self._mark(line, package),
            lot=self._lot(line),
            expires_on=self._expiry(line),
        )

    def _split(self, line: Line, unit: str) -> Quantity | None:
        """Return the sum of what goes to several places, where the line itself states no quantity."""
        shares = []
        for stated in line.scheduled:
            if stated.kind in (QuantityKind.SPLIT, QuantityKind.DESPATCHED):
                share = self.amount(stated, unit)
                if share is not None:
                    shares.append(share)
        return self.total(shares)

    def _order(self, line: Line, package: Package | None) -> tuple[str | None, str | None]:
        """Return the order and its line: by the line, else by its package, else the heading's only one."""
        order, order_line = self.order_in(line)
        while order is None and package is not None:
            order = package.order
            package = package.parent
        if order is not None:
            return order, order_line
        return self.only_order(line), order_line

    def _is_final(
        self, line: Line, shipped: Quantity | None, to_date: Quantity | None, ordered: Quantity | None
    ) -> bool:
        """Say whether nothing more will come: a code says so, or all that was ordered is shipped."""
        if any(part(one.row, 2) in self.tables.final_codes for one in line.discrepancies):
            return True
        so_far = to_date or shipped
        return (
            ordered is not None
            and so_far is not None
            and so_far.unit == ordered.unit
            and so_far.value >= ordered.value > 0
        )

    def _lot(self, line: Line) -> str | None:
        named = [
            one.value
            for one in line.references
            if self.tables.reference_kinds.get(one.code) == "lot" and one.value
        ]
        lots = line.lots or named
        return lots[0] if lots else self.id_of_kind(line.ids, "lot")

    def _expiry(self, line: Line) -> date | None:
        return self.date_of(line.dates, *EXPIRY_DATES)

    # --- the way --------------------------------------------------------------------------------------------

    def _carrier(self) -> str | None:
        row = self.heading.carrier or []
        return part(row, 5) or part(row, 5, 3) or None

    def _conveyance(self) -> str | None:
        return part(self.heading.carrier or [], 2) or None

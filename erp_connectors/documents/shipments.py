"""What carriers say of shipments, and which order lines it is about. Pure.

A status finds its lines by what it has in common with a ship notice: the number of the notice, a tracking
number, a bill of lading. Where it shares none with a notice of an order it names, it is about all
lines of that order. The statuses of one shipment add up: each tells some events, a replacing one all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from erp_connectors.canonical.codec import to_json
from erp_connectors.canonical.documents import Purpose, ShipmentStatus, ShipNotice, StatusEvent
from erp_connectors.canonical.values import DocumentVersion, Reference
from erp_connectors.documents.position import StatusFact

#: Kinds of references that are the number of a shipment.
SHIPMENT_REFERENCES = frozenset({"bill_of_lading", "carrier_reference", "shipment", "tracking"})


def shipment_numbers(document: ShipNotice | ShipmentStatus) -> frozenset[str]:
    """Return the numbers by which the shipment is known, in capitals and without blanks."""
    said = [document.number, document.tracking, *_referred(document.references)]
    if isinstance(document, ShipmentStatus):
        said.append(document.ship_notice)
    return frozenset(number for each in said if each and (number := "".join(each.split()).upper()))


def _referred(references: Iterable[Reference]) -> Iterable[str]:
    return (each.value for each in references if each.kind in SHIPMENT_REFERENCES)


@dataclass(frozen=True, slots=True)
class ShipmentHistory:
    """All that was said of one shipment, oldest first, each saying with its version; never empty."""

    said: Sequence[tuple[DocumentVersion, ShipmentStatus]]

    @property
    def numbers(self) -> frozenset[str]:
        """Every number under which the shipment was spoken of."""
        return frozenset().union(*(shipment_numbers(status) for _, status in self.said))

    def names(self, order_number: str) -> bool:
        """Say whether the order was named."""
        return any(order_number in status.order_numbers for _, status in self.said)

    def fact(self, notices: Iterable[str]) -> StatusFact:
        """Return what it says of a line that came with these ship notices."""
        version, newest = self.said[-1]
        return StatusFact(
            shipment=newest.number,
            version=version,
            notices=tuple(dict.fromkeys(notices)),
            tracking=newest.tracking,
            carrier=newest.carrier,
            events=self.events,
        )

    @property
    def events(self) -> tuple[StatusEvent, ...]:
        """What happened, in that order; what was told twice happened once."""
        told: dict[StatusEvent, None] = {}
        for _, status in self.said:
            if status.purpose is Purpose.REPLACE:
                told.clear()
            told.update(dict.fromkeys(status.events))
        return tuple(sorted(told, key=lambda event: (event.at, to_json(event))))


def statuses_of(
    histories: Sequence[ShipmentHistory], order_number: str, carried: dict[str, list[ShipNotice]]
) -> dict[str, list[StatusFact]]:
    """Return by line number what carriers say of it; `carried` are the ship notices of every line."""
    facts: dict[str, list[StatusFact]] = {number: [] for number in carried}
    for history in histories:
        shared = {
            number: [notice.number for notice in notices if shipment_numbers(notice) & history.numbers]
            for number, notices in carried.items()
        }
        is_of_whole_order = not any(shared.values()) and history.names(order_number)
        for number, notices in shared.items():
            if notices or is_of_whole_order:
                facts[number].append(history.fact(notices))
    return facts

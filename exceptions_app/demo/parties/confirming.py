"""How suppliers misbehave when they answer an order."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from erp_connectors.canonical.documents import Confirmation, ConfirmationLine, LineAnswer, OfferedPart
from erp_connectors.canonical.values import ItemIds, Price, Quantity
from exceptions_app.demo.parties.misdeeds import Stage, misdeed
from exceptions_app.demo.parties.scene import Scene, wanted

CENT = Decimal("0.01")
NO_SUCH_UNIT = "BX"
NO_SUCH_LINE = "990"


@misdeed(Stage.CONFIRM, causes="quantity_short", share=14)
def offers_less(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Offers less of one line than was ordered."""
    less = scene.share(scene.line.quantity, 95, 92, 90, 85, 80, 75, 60, 50, 30)
    return [_changed(honest, scene, offered=(OfferedPart(less, wanted(scene.line)),))]


@misdeed(Stage.CONFIRM, causes="quantity_over", share=2)
def offers_more(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Offers more of one line than was ordered."""
    more = scene.share(scene.line.quantity, 105, 110, 120)
    return [_changed(honest, scene, offered=(OfferedPart(more, wanted(scene.line)),))]


@misdeed(Stage.CONFIRM, causes="date_later", share=12)
def confirms_later(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Confirms all of one line for a later day."""
    day = scene.shifted(wanted(scene.line), 3, 15)
    return [_changed(honest, scene, offered=(OfferedPart(scene.line.quantity, day),))]


@misdeed(Stage.CONFIRM, causes="date_earlier", share=2, due=(12, 22))
def confirms_earlier(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Confirms one line long before anybody wants it."""
    day = scene.shifted(wanted(scene.line), -8, -5)
    return [_changed(honest, scene, offered=(OfferedPart(scene.line.quantity, day),))]


@misdeed(Stage.CONFIRM, causes="backorder", share=6)
def splits(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Sends a part in time and the rest weeks later."""
    whole, day = scene.line.quantity, wanted(scene.line)
    now = scene.share(whole, 40, 50, 70)
    rest = Quantity(whole.value - now.value, whole.unit)
    parts = (OfferedPart(now, day), OfferedPart(rest, scene.shifted(day, 6, 12)))
    return [_changed(honest, scene, offered=parts)]


@misdeed(Stage.CONFIRM, causes="price_mismatch", share=8)
def asks_for_more_money(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Confirms one line at a higher price."""
    return [_at_price(honest, scene, Decimal(scene.random.choice((107, 109, 112, 118))) / 100)]


@misdeed(Stage.CONFIRM, causes="price_basis_suspect", share=1)
def prices_per_hundred(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """States the price of a hundred as that of one."""
    return [_at_price(honest, scene, Decimal(100))]


@misdeed(Stage.CONFIRM, causes="line_rejected", share=2)
def rejects_a_line(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Does not make one of the items any more."""
    no = (LineAnswer.REJECTED,)
    return [_changed(honest, scene, answers=no, offered=(), rejected=scene.line.quantity)]


@misdeed(Stage.CONFIRM, causes="substitution", share=2)
def offers_another_item(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Offers a successor in place of what was ordered."""
    successor = ItemIds(supplier=f"{scene.line.supplier_item or 'X'}-N")
    return [_changed(honest, scene, answers=(LineAnswer.SUBSTITUTED,), substitute=successor)]


@misdeed(Stage.CONFIRM, causes="answer_incomplete", share=3, in_edifact=False)
def leaves_the_date_open(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Accepts one line without a date."""
    unknown = (OfferedPart(scene.line.quantity, None, firm=False),)
    return [_changed(honest, scene, answers=(LineAnswer.DATE_PENDING,), offered=unknown)]


@misdeed(Stage.CONFIRM, causes="answer_conflict", share=1)
def says_two_things_at_once(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Sends two answers of the same minute that differ."""
    (other,) = offers_less(honest, scene)
    return [honest, replace(other, number=f"{honest.number}-B")]


@misdeed(Stage.CONFIRM, causes="confirmation_late", share=10)
def says_nothing(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Does not answer."""
    return []


@misdeed(Stage.CONFIRM, causes="unit_unknown", share=1)
def counts_in_boxes(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Answers in a unit that nobody knows for the item."""
    boxes = Quantity(Decimal(scene.random.randint(2, 9)), NO_SUCH_UNIT)
    return [_changed(honest, scene, offered=(OfferedPart(boxes, wanted(scene.line)),))]


@misdeed(Stage.CONFIRM, causes="unordered_line", share=1, said_ago=2)
def adds_a_line(honest: Confirmation, scene: Scene) -> list[Confirmation]:
    """Confirms an item that nobody ordered."""
    extra = ConfirmationLine(
        line_number=NO_SUCH_LINE,
        ids=ItemIds(supplier=f"EXTRA-{scene.suffix}"),
        answers=(LineAnswer.ACCEPTED,),
        offered=(OfferedPart(Quantity(Decimal(10), "EA"), wanted(scene.line)),),
        price=Price(Decimal("12.50"), honest.currency, Decimal(1)),
    )
    return [replace(honest, lines=(*honest.lines, extra))]


def _at_price(honest: Confirmation, scene: Scene, factor: Decimal) -> Confirmation:
    ordered = scene.line.price
    if ordered is None:
        return honest
    amount = (ordered.amount * factor).quantize(CENT, ROUND_HALF_UP)
    answers = (LineAnswer.CHANGED,)
    return _changed(honest, scene, answers=answers, price=Price(amount, honest.currency, Decimal(1)))


def _changed(
    honest: Confirmation,
    scene: Scene,
    *,
    answers: tuple[LineAnswer, ...] = (LineAnswer.CHANGED,),
    **changes: Any,
) -> Confirmation:
    """Return the answer with other words for the line that goes wrong."""
    lines = tuple(
        replace(line, answers=answers, **changes) if line.line_number == scene.line.number else line
        for line in honest.lines
    )
    return replace(honest, lines=lines)

"""What goes wrong at the dock."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from erp_connectors.canonical.documents import GoodsCondition, InQuestion, Receipt, ReceiptLine
from erp_connectors.canonical.values import Quantity
from exceptions_app.demo.parties.misdeeds import Stage, misdeed
from exceptions_app.demo.parties.scene import Scene

NO_SUCH_ORDER = "9999"


@misdeed(Stage.RECEIVE, causes="receipt_short", share=4)
def comes_short(honest: Receipt, scene: Scene) -> list[Receipt]:
    """Counts less of one line than was announced."""
    return [_with_line(honest, scene, _counted(honest, scene, 95, 90, 80))]


@misdeed(Stage.RECEIVE, causes="receipt_over", share=2)
def comes_in_excess(honest: Receipt, scene: Scene) -> list[Receipt]:
    """Counts more of one line than was ordered."""
    return [_with_line(honest, scene, _counted(honest, scene, 110, 125))]


@misdeed(Stage.RECEIVE, causes="receipt_damaged", share=3)
def comes_damaged(honest: Receipt, scene: Scene) -> list[Receipt]:
    """Finds a part of one line broken."""
    damaged = scene.share(scene.line.quantity, 10, 20, 40)
    return [_with_line(honest, scene, None, damaged=damaged)]


@misdeed(Stage.RECEIVE, causes="receipt_wrong_item", share=2)
def comes_as_something_else(honest: Receipt, scene: Scene) -> list[Receipt]:
    """Finds something else in the box."""
    wrong = InQuestion(condition=GoodsCondition.WRONG_ITEM, quantity=scene.line.quantity)
    return [_with_line(honest, scene, None, in_question=(wrong,))]


@misdeed(Stage.RECEIVE, causes="receipt_unexpected", share=1)
def comes_unexpected(honest: Receipt, scene: Scene) -> list[Receipt]:
    """Books goods that came along on an order that does not exist."""
    stray = ReceiptLine(
        order_number=f"{NO_SUCH_ORDER}{scene.suffix}",
        line_number="10",
        received=Quantity(Decimal(25), "EA"),
        item=scene.line.item,
    )
    return [honest, replace(honest, number=f"{honest.number}-2", ship_notice=None, lines=(stray,))]


def _counted(honest: Receipt, scene: Scene, *percents: int) -> Quantity | None:
    for line in honest.lines:
        if line.line_number == scene.line.number and line.received is not None:
            return scene.share(line.received, *percents)
    return None


def _with_line(honest: Receipt, scene: Scene, received: Quantity | None, **changes: Any) -> Receipt:
    """Return the receipt with another quantity or condition of the line that goes wrong."""
    lines = tuple(
        replace(line, received=received or line.received, **changes)
        if line.line_number == scene.line.number
        else line
        for line in honest.lines
    )
    return replace(honest, lines=lines)

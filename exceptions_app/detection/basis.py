"""For how many units a supplier's prices are that name no basis: people have said so once. Pure."""

from dataclasses import replace
from decimal import Decimal

from erp_connectors.documents.position import AnswerFact, LinePosition


def on_basis(position: LinePosition, per: Decimal | None) -> LinePosition:
    """Return a position whose answers state their prices for `per` units where they name no basis themselves.

    What the supplier's own documents say is meant, not what the ERP says of them: invoices stay as they are.
    """
    if per is None or position.answer is None:
        return position
    return replace(
        position,
        answer=_stated(position.answer, per),
        earlier_answers=tuple(_stated(fact, per) for fact in position.earlier_answers),
    )


def names_no_basis(fact: AnswerFact | None) -> bool:
    """Say whether an answer states a price without saying for how many units."""
    return fact is not None and fact.price is not None and fact.price.per is None


def _stated(fact: AnswerFact, per: Decimal) -> AnswerFact:
    if fact.price is None or fact.price.per is not None:
        return fact
    return replace(fact, price=replace(fact.price, per=per))

"""Every model has a factory, and every factory makes a valid row."""

import inspect

import pytest
from django.apps import apps
from django.db.models import Model
from django_fsm import FSMField
from factory.django import DjangoModelFactory

from erp_connectors.canonical.codec import from_builtins
from erp_connectors.documents.position import LinePosition
from tests.builders import factories

FACTORIES = [
    member
    for _, member in inspect.getmembers(factories, inspect.isclass)
    if issubclass(member, DjangoModelFactory) and not member._meta.abstract
]
WRITTEN_BY_THEMSELVES = (
    "ClockOffset",
    "Event",
    "EventCompany",
    "EventText",
    "PolicyStamp",
    "Seal",
    "UnsealedEvent",
)
OURS = [
    model
    for label in ("erp_connectors", "suppliers", "exceptions_app")
    for model in apps.get_app_config(label).get_models()
    if model.__name__ not in WRITTEN_BY_THEMSELVES
]


@pytest.mark.django_db
@pytest.mark.parametrize("made_by", FACTORIES, ids=lambda made_by: made_by.__name__)
def test_a_factory_makes_a_valid_row_by_itself(made_by: type[DjangoModelFactory]) -> None:
    row = made_by.create()
    row.clean_fields(exclude=_not_for_forms(row))


def _not_for_forms(row: Model) -> list[str]:
    return [
        each.name
        for each in row._meta.fields
        if isinstance(each, FSMField) or getattr(row, each.attname) in (None, "", {}, [], b"")
    ]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_a_model_has_a_factory(model: type) -> None:
    assert any(made_by._meta.model is model for made_by in FACTORIES)


@pytest.mark.django_db
def test_the_position_of_an_order_line_can_be_read_back() -> None:
    world, line = factories.shortage_ground()
    factories.offer(line, (82, line.requested_on))
    position = from_builtins(line.position, LinePosition)
    assert position.answer is not None
    assert position.answer.offered is not None
    assert position.answer.offered[0].quantity.value == 82
    assert position.line.quantity.value == 100
    assert position.line.warehouse == world.warehouse.code

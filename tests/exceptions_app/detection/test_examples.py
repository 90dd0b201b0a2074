"""The shared suite: every example of every exception type, and what every type must know of itself."""

import pytest

from exceptions_app.detection import registry
from exceptions_app.detection.buckets import OWNERS
from exceptions_app.detection.detect import detect
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.reconcile import OpenLine, reconcile
from exceptions_app.detection.types.base import Example, ExceptionType, SubjectKind, TeamCode
from exceptions_app.detection.types.bucket import BucketType

EXAMPLES = [
    pytest.param(kind, example, id=f"{kind.code}: {example.title}")
    for kind in registry.all_types()
    for example in kind.examples()
]
TYPES = [pytest.param(kind, id=kind.code) for kind in registry.all_types()]


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_a_type_says_of_its_example_what_the_example_says(kind: ExceptionType, example: Example) -> None:
    detection = detect(example.snapshot, example.agreements, example.as_of, [kind])
    said = [
        {name: getattr(deviation, name) for name in wanted}
        for deviation, wanted in zip(detection.deviations, example.deviations, strict=True)
    ]
    assert said == list(example.deviations)


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_a_deviation_of_an_example_can_be_shown_and_found_again(
    kind: ExceptionType, example: Example
) -> None:
    detection = detect(example.snapshot, example.agreements, example.as_of, [kind])
    for deviation in detection.deviations:
        assert kind.headline(deviation)
        assert deviation.type_code == kind.code
        assert deviation.key.partition(":")[0] == kind.code
        open_line = OpenLine(
            key=deviation.key,
            type_code=kind.code,
            line_number=deviation.line_number,
            quantity=deviation.quantity,
            amount=deviation.amount,
            expected=deviation.expected,
            actual=deviation.actual,
            evidence=deviation.evidence,
        )
        changes = reconcile([open_line], detection)
        assert changes.to_update == ()
        assert changes.to_clear == ()


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_waiting_for_the_next_look_misses_nothing(kind: ExceptionType, example: Example) -> None:
    now = detect(example.snapshot, example.agreements, example.as_of, [kind])
    if now.next_look is None:
        return
    halfway = example.as_of + (now.next_look - example.as_of) / 2
    between = detect(example.snapshot, example.agreements, halfway, [kind])
    assert now.next_look > example.as_of
    assert [d.key for d in between.deviations] == [d.key for d in now.deviations]


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_is_complete(kind: ExceptionType) -> None:
    assert kind.label
    assert isinstance(kind.owner, TeamCode)
    assert 0 < kind.service.respond_hours < kind.service.resolve_hours
    assert kind.owner not in kind.told
    assert {example.deviations == () for example in kind.examples()} == {True, False}
    assert all(isinstance(healing, Healing) for healing in kind.heals_by)


def test_the_registry_finds_every_type_once_under_its_code() -> None:
    codes = [kind.code for kind in registry.all_types()]
    assert len(codes) == len(set(codes))
    assert all(kind.is_live for kind in registry.all_types())
    off = [kind.code for kind in registry.all_types() if not kind.is_on_by_default]
    assert off == ["reconfirmation_due"]
    assert all(registry.exception_type(code).code == code for code in codes)
    of_subjects = [kind.code for subject in SubjectKind for kind in registry.types_of(subject)]
    assert sorted(set(of_subjects)) == codes


#: The taxonomy's columns owner / told, told+ and SLA, for the types of orders.
TAXONOMY = """
confirmation_late      PRO                4 16
reconfirmation_due     PRO                8 16
line_rejected          PRO/PLN+           2  8
quantity_short         PRO/PLN,WHS+       4 16
quantity_over          PRO                8 24
answer_incomplete      PRO                4 16
backorder              PRO/PLN+           4 16
date_later             PRO/PLN,WHS+       4 16
date_earlier           WHS/PRO            8 24
price_mismatch         PRO/FIN            4 24
price_basis_suspect    PRO                8 24
substitution           PRO/PLN,CSR        4 16
answer_conflict        PRO/EDI            4 16
unordered_line         PRO                8 24
ship_notice_missing    WHS/PRO            4  8
ship_notice_short      PRO/WHS,PLN+       4 16
ship_notice_over       WHS/PRO            4  8
ship_notice_conflict   WHS/EDI            4  8
shipment_delayed       PRO/WHS,PLN+       4 16
carrier_exception      WHS/PRO+           2  8
delivery_overdue       PRO/WHS,PLN+       4 16
shipped_after_cancel   PRO/WHS,FIN        2  8
receipt_short          WHS/PRO,FIN        4 16
receipt_over           WHS/PRO            4 16
receipt_damaged        WHS/PRO,FIN+       2 16
receipt_wrong_item     WHS/PRO            2 16
invoice_quantity       FIN/WHS            8 40
invoice_before_receipt FIN/WHS,PRO        8 40
invoice_missing        FIN               16 80
credit_missing         FIN/PRO           16 80
unit_unknown           EDI/PRO            4 16
"""


@pytest.mark.parametrize("row", TAXONOMY.split("\n")[1:-1], ids=lambda row: row.split()[0])
def test_a_type_is_as_the_taxonomy_has_it(row: str) -> None:
    code, teams, respond, resolve = row.split()
    kind = registry.exception_type(code)
    owner, _, told = teams.partition("/")
    told_plus = {TeamCode.PLANNING, TeamCode.CUSTOMER_SERVICE} if told.endswith("+") else set()
    assert (kind.owner, set(kind.told)) == (owner, set(filter(None, told.rstrip("+").split(","))))
    assert set(kind.told_plus) == told_plus
    assert (kind.service.respond_hours, kind.service.resolve_hours) == (int(respond), int(resolve))


def test_no_two_types_own_one_bucket() -> None:
    owned = [kind.bucket for kind in registry.all_types() if isinstance(kind, BucketType)]
    assert len(owned) == len(set(owned))
    assert all(
        OWNERS[kind.bucket] == kind.code for kind in registry.all_types() if isinstance(kind, BucketType)
    )


def test_a_type_cannot_take_a_bucket_it_does_not_own() -> None:
    with pytest.raises(TypeError):
        type("Thief", (BucketType,), {"code": "thief", "bucket": next(iter(OWNERS))})

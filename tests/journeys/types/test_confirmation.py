"""The journeys of the types about answers: from the bytes of an answer, or of none, to the close."""

from datetime import date

from suppliers.profiles import SupplierProfile
from tests.builders import x12
from tests.builders.factories import TypeSettingFactory
from tests.journeys.house import ITEM, WANTED, on
from tests.journeys.types.town import NUMBER, Town, receipt, received

LATER = date(2026, 12, 16)
AS_ORDERED = x12.ack("IA", "100", on=WANTED)


def test_confirmation_late_ends_with_the_answer(town: Town) -> None:
    town.orders()
    town.it_is(on(date(2026, 11, 26), 10))
    town.is_quiet()
    town.it_is(on(date(2026, 11, 26), 10, 3))
    town.opens("confirmation_late", team="PRO")
    town.answers(AS_ORDERED)
    town.closes("answered")


def test_reconfirmation_due_ends_with_a_new_word(town: Town) -> None:
    TypeSettingFactory.create(type_code="reconfirmation_due", mode="on")
    town.customers_wait()
    town.orders(wanted=date(2026, 12, 14))
    town.answers(x12.ack("IA", "100", on=date(2026, 12, 14)))
    town.it_is(on(date(2026, 12, 8), 9))
    town.is_quiet()
    town.it_is(on(date(2026, 12, 8), 11))
    town.opens("reconfirmation_due", team="PRO")
    town.answers(x12.ack("IA", "100", on=date(2026, 12, 14)))
    town.closes("confirmed again")


def test_line_rejected_is_cancelled_in_the_erp(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(x12.ack("IR"))
    town.opens("line_rejected", team="PRO", tasks="PLN CSR")
    town.decides("cancel_line", approved_by=["paul"])
    town.erp_carries_out()
    town.closes("agreed")


def test_quantity_short_is_split_as_the_erp_was_told(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(x12.ack("IQ", "82", on=WANTED))
    town.opens("quantity_short", team="PRO", told="WHS", tasks="PLN CSR")
    town.decides("split", approved_by=["paul", "pia"], rest_on=f"{LATER}")
    town.erp_carries_out()
    town.closes("agreed")


def test_quantity_over_raises_the_line(town: Town) -> None:
    town.orders()
    town.answers(x12.ack("IQ", "120", on=WANTED))
    town.opens("quantity_over", team="PRO")
    town.decides("raise_line", approved_by=["paul"])
    town.erp_carries_out()
    town.closes("agreed")


def test_answer_incomplete_ends_when_the_date_is_known(town: Town) -> None:
    town.orders()
    town.answers(x12.ack("IH", "100"))
    town.opens("answer_incomplete", team="PRO")
    town.answers(AS_ORDERED)
    town.closes("answered")


def test_backorder_is_accepted_for_its_two_days(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(x12.ack("IA", "60", on=WANTED), x12.ack("IB", "40", on=LATER))
    town.opens("backorder", team="PRO", tasks="PLN CSR")
    town.decides("accept_date", approved_by=["paul"])
    town.erp_carries_out()
    town.closes("agreed")


def test_date_later_is_accepted_by_a_lead(town: Town) -> None:
    town.customers_wait()
    town.orders()
    town.answers(x12.ack("DR", "100", on=LATER))
    town.opens("date_later", team="PRO", told="WHS", tasks="PLN CSR")
    town.decides("accept_date", approved_by=["paul"])
    town.erp_carries_out()
    town.closes("agreed")


def test_date_earlier_ends_with_an_answer_for_the_wanted_day(town: Town) -> None:
    town.orders(wanted=LATER)
    town.answers(x12.ack("DR", "100", on=WANTED))
    town.opens("date_earlier", team="WHS", told="PRO")
    town.answers(x12.ack("IA", "100", on=LATER))
    town.closes("answered")


def test_price_mismatch_is_accepted_with_finance(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED, price="190.00")
    town.opens("price_mismatch", team="PRO", told="FIN")
    town.decides("accept_price", approved_by=["finn"])
    town.erp_carries_out()
    town.closes("agreed")


def test_price_basis_suspect_ends_once_the_supplier_has_its_basis(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED, price="18240.00", basis="")
    town.opens("price_basis_suspect", team="PRO")
    town.decides("set_basis", per="100")
    town.closes("price basis set")


def test_substitution_is_accepted_with_planning(town: Town) -> None:
    town.also_sells("GASKET", "ND-78")
    town.orders()
    town.answers(x12.ack("IS", "100", on=WANTED, VP="ND-78"))
    town.opens("substitution", team="PRO", told="PLN CSR")
    town.decides(
        "accept_substitute",
        approved_by=["paul", "pia"],
        item="GASKET",
        quantity="100 EA",
        price="180.00",
        date=f"{WANTED}",
    )
    town.erp_carries_out()
    town.closes("agreed")
    assert town.order_in_erp() == {"10": (ITEM, 100, "cancelled"), "20": ("GASKET", 100, "open")}


def test_answer_conflict_ends_when_a_person_says_which_holds(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    town.receives(receipt(received(60)))
    town.is_quiet()
    town.answers(x12.ack("IQ", "40", on=WANTED))
    town.opens("answer_conflict", team="PRO", told="EDI")
    town.decides("settle_answer", quantity="100", confirmed_on=f"{WANTED}")
    town.closes("answered")


def test_answer_conflict_ends_once_it_is_known_what_the_supplier_counts(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED)
    town.receives(receipt(received(60)))
    town.answers(x12.ack("IQ", "40", on=WANTED))
    town.opens("answer_conflict", team="PRO", told="EDI")
    town.decides("set_quantity_basis")
    town.closes("no longer deviates")
    assert not SupplierProfile.objects.get().answers_total_quantity


def test_unordered_line_is_matched_by_hand(town: Town) -> None:
    town.orders()
    town.answers(AS_ORDERED, line="90", ids=("VP", "ND-78"))
    town.it_is(on(date(2026, 11, 25), 9, 50))
    town.is_quiet()
    town.it_is(on(date(2026, 11, 25), 10, 10))
    town.opens("unordered_line", team="PRO")
    town.matches(NUMBER, "10")
    town.closes("matched")

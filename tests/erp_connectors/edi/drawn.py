"""What documents are drawn from, whatever they are written in."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st

from erp_connectors.canonical.documents import Charge, ChargeKind, PaymentTerms, Purpose
from erp_connectors.canonical.values import ItemIds, Party, Price, Quantity

texts = st.text("ABCDEFGHXYZ0123456789-./ ", min_size=1, max_size=20).map(str.strip).filter(bool)
maybe = st.none() | texts
days = st.dates(date(1970, 1, 1), date(2040, 12, 31))
units = st.sampled_from(["EA", "CS", "DZN", "KGM", "H87", "QX"])
values = st.decimals("0.001", "999999", places=3).map(
    lambda value: Decimal(f"{value:f}".rstrip("0").rstrip("."))
)
amounts = (
    st.integers(-(10**9), 10**9)
    .map(lambda cents: Decimal(cents).scaleb(-2))
    .map(lambda value: Decimal(f"{value:f}".rstrip("0").rstrip(".")) if value else Decimal(0))
)
quantities = st.builds(Quantity, values, units)
ids = st.builds(ItemIds, buyer=maybe, supplier=maybe, gtin=maybe, manufacturer=maybe)
bases = st.sampled_from(
    [
        (None, None),
        (Decimal(1), None),
        (Decimal(1), "EA"),
        (Decimal(1), "CS"),
        (Decimal(100), None),
        (Decimal(1000), None),
    ]
)
prices = st.builds(
    lambda amount, basis, currency: Price(amount, currency, *basis),
    values,
    bases,
    st.sampled_from(["USD", "EUR"]),
)
parties = st.builds(
    Party,
    role=st.sampled_from(["supplier", "buyer", "ship_to", "XX"]),
    number=texts,
    number_scheme=st.sampled_from(["buyer", "gln", "duns"]),
    name=maybe,
)
purposes = st.sampled_from([Purpose.ORIGINAL, Purpose.CANCEL, Purpose.REPLACE])
charges = st.lists(
    st.builds(Charge, st.sampled_from(ChargeKind), amounts.filter(bool), texts), max_size=3
).map(tuple)
terms = st.none() | st.builds(
    PaymentTerms,
    net_days=st.integers(0, 365),
    discount_percent=st.none() | st.just(Decimal("2.5")),
    discount_days=st.none() | st.integers(0, 30),
)

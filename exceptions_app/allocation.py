"""Shares out one item in one warehouse among all open cases that miss some of it, each unit once. Pure.

Cases take their turn by the best class of the customers they keep waiting, then by their due date; what is
missing for sure comes before what is only likely to be. Each sees the stock and what is to come as the cases
before it left them: no lack is counted twice, and no customer order is named in two cases.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from exceptions_app.coverage import Inbound, Need, Shortfall, uncovered
from exceptions_app.expected_loss import NOTHING, Cover, Input, Source, Stockout, lacking, stockout

NO_CLASS = "~"
INBOUND = Input(code="inbound", value=None, source=Source.INBOUND)
FIRM = Input(code="firm", value=None, source=Source.CUSTOMERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Goods that a case misses: wanted on one day, here on a later one.

    `goods` are as they still stand in what is to come; empty where nobody counts on them. `is_doubtful`: they
    may come in time all the same. `tells`: the case makes a task of customer orders. `per_day`, its spread
    and `days` are the usual demand until `back_on`.
    """

    key: str
    quantity: Decimal
    wanted_on: date
    back_on: date
    per_day: Input
    spread_per_day: Input
    days: Input
    goods: tuple[Inbound, ...] = ()
    is_doubtful: bool = False
    tells: bool = False

    def delays(self, need: Need) -> bool:
        """Say whether the goods would have been here for a customer order, and now are not."""
        return self.wanted_on <= need.due_on < self.back_on

    @property
    def late_goods(self) -> tuple[Inbound, ...]:
        """The goods as they come if what is doubted is true."""
        if not self.is_doubtful or not self.goods:
            return self.goods
        return (Inbound(sum((part.quantity for part in self.goods), NOTHING), self.back_on),)

    def is_back_before(self, day: date) -> bool:
        """Say whether all of the goods are here before a day, late as they are."""
        return bool(self.goods) and all(part.on < day for part in self.late_goods)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One item in one warehouse: what is on hand, what else is to come, and who waits for it.

    `inbound` leaves out the goods of the gaps. The inputs that are computed of it are made from
    `inbound_input` and `firm_input`.
    """

    on_hand: Input
    inbound: tuple[Inbound, ...]
    needs: tuple[Need, ...]
    inbound_input: Input = INBOUND
    firm_input: Input = FIRM


@dataclass(slots=True, kw_only=True)
class Share:
    """The part of one gap: how likely stock runs out, how much is short, and whom that leaves uncovered.

    `orders` are uncovered because of it; `others` are uncovered whatever it does, and told in its case.
    `claims` are the customers who may claim a penalty here: each in one case.
    """

    gap: Gap
    cover: Cover
    out: Stockout
    orders: list[Shortfall] = field(default_factory=list)
    others: list[Shortfall] = field(default_factory=list)
    claims: list[Need] = field(default_factory=list)


def share_out(site: Site, gaps: Iterable[Gap]) -> dict[str, Share]:
    """Return the share of each gap, by its key."""
    turns = sorted(gaps, key=lambda gap: _turn(gap, site.needs))
    shares: list[Share] = []
    for index, gap in enumerate(turns):
        cover = _cover(site, gap, _goods_of(turns, index))
        counted = sum(
            (share.out.units for share in shares if not share.gap.is_back_before(gap.back_on)), NOTHING
        )
        shares.append(Share(gap=gap, cover=cover, out=stockout(gap.quantity, cover, counted=counted)))
    _name_customers(site, shares)
    return {share.gap.key: share for share in shares}


def lack_of(share: Share) -> Decimal:
    """Return how many units are missing until the goods of a share are here, in all cases together."""
    return lacking(share.cover).units


def _turn(gap: Gap, needs: Iterable[Need]) -> tuple[object, ...]:
    kept_waiting = [(need.customer_class or NO_CLASS, need.due_on) for need in needs if gap.delays(need)]
    worst = min(kept_waiting, default=(NO_CLASS * 2, date.max))
    return (gap.is_doubtful, *worst, gap.wanted_on, gap.key)


def _goods_of(turns: Sequence[Gap], index: int) -> list[Inbound]:
    """Return the goods of the other gaps as they come at one turn: doubted only up to there."""
    return [
        part
        for place, gap in enumerate(turns)
        if place != index
        for part in (gap.late_goods if place < index else gap.goods)
    ]


def _cover(site: Site, gap: Gap, goods: Iterable[Inbound]) -> Cover:
    """Return what meets what until the goods of `gap` are here, without them."""
    coming = [part.quantity for part in (*site.inbound, *goods) if part.on < gap.back_on]
    firm = [need.quantity for need in site.needs if need.due_on < gap.back_on]
    return Cover(
        on_hand=site.on_hand,
        inbound=replace(site.inbound_input, value=sum(coming, NOTHING)),
        firm=replace(site.firm_input, value=sum(firm, NOTHING)),
        per_day=gap.per_day,
        spread_per_day=gap.spread_per_day,
        days=gap.days,
    )


# --- customers ----------------------------------------------------------------------------------------------


def _name_customers(site: Site, shares: Sequence[Share]) -> None:
    """Give each uncovered piece of a customer order to the case that leaves it uncovered."""
    claimed: set[Need] = set()
    sure = [share for share in shares if not share.gap.is_doubtful]
    doubtful = [share for share in shares if share.gap.is_doubtful]
    short = _uncovered(site, shares, late=0)
    left = dict(short)
    for share in sure:
        _take(share, left, claimed)
    teller = next((share for share in sure if share.gap.tells), None)
    if teller is not None:
        teller.others = [Shortfall(need, rest) for need, rest in left.items() if rest > 0]
    for turn, share in enumerate(doubtful, start=1):
        before, short = short, _uncovered(site, shares, late=turn)
        _take(
            share,
            {need: units - before.get(need, NOTHING) for need, units in short.items()},
            claimed,
        )


def _uncovered(site: Site, shares: Sequence[Share], *, late: int) -> dict[Need, Decimal]:
    """Return what each customer order lacks, in the order they are served, if `late` doubts are true."""
    doubts = 0
    inbound = list(site.inbound)
    for share in shares:
        doubts += share.gap.is_doubtful
        inbound += share.gap.late_goods if doubts <= late else share.gap.goods
    return {short.need: short.short for short in uncovered(site.on_hand.number, inbound, site.needs)}


def _take(share: Share, left: dict[Need, Decimal], claimed: set[Need]) -> None:
    """Let a share take what its goods would have covered, as far as they go."""
    goods = share.gap.quantity
    for need, short in left.items():
        taken = min(goods, short)
        if taken <= 0 or not share.gap.delays(need):
            continue
        goods -= taken
        left[need] = short - taken
        share.orders.append(Shortfall(need, taken))
        if need not in claimed:
            claimed.add(need)
            share.claims.append(need)

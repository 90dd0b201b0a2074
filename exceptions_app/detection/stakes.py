"""What is lost while something deviates: which terms of the expected loss apply to a type. Pure."""

from enum import StrEnum

from exceptions_app.detection.buckets import Bucket


class Stake(StrEnum):
    """What a deviation puts at stake, besides the work on it.

    SERVICE: goods are missing or late, so that sales are lost, customers claim, or goods are expedited.
    DOUBT: the same, but only likely: nobody confirmed or announced the goods. PRICE: more is paid than was
    ordered. TIED_UP: money is held or owed meanwhile. DISCOUNT: what is held loses its discount. BLINDNESS:
    orders cannot be judged.
    """

    SERVICE = "service"
    DOUBT = "doubt"
    PRICE = "price"
    TIED_UP = "tied_up"
    DISCOUNT = "discount"
    BLINDNESS = "blindness"


#: What is in these buckets is missing or late, for sure.
MISSING = frozenset(
    {
        Bucket.REJECTED,
        Bucket.NOT_OFFERED,
        Bucket.LATE,
        Bucket.LATE_IN_PART,
        Bucket.OVERDUE,
        Bucket.LEFT_OUT,
        Bucket.DELAYED,
        Bucket.NOT_RECEIVED,
        Bucket.DAMAGED,
    }
)
#: What is in these may be missing or late: nobody has said so.
DOUBTFUL = frozenset({Bucket.ANSWER_LATE, Bucket.INCOMPLETE, Bucket.NOTICE_MISSING})
#: What is in these comes on a new day that somebody stated.
DATED = frozenset({Bucket.LATE, Bucket.LATE_IN_PART, Bucket.DELAYED})


def stakes_of_bucket(bucket: Bucket) -> frozenset[Stake]:
    """Return what is at stake with goods in a bucket; goods too many or too early tie up money."""
    if bucket in MISSING:
        return frozenset({Stake.SERVICE})
    if bucket in DOUBTFUL:
        return frozenset({Stake.DOUBT})
    return frozenset({Stake.TIED_UP})

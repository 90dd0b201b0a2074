"""Why a deviation is no longer there."""

from enum import StrEnum


class Healing(StrEnum):
    """What ended a deviation, in the words a case shows."""

    ANSWERED = "answered"
    SHIPPED = "shipped"
    RECEIVED = "received"
    INVOICED = "invoiced"
    CREDITED = "credited"
    RESTATED = "another arrival stated"
    DELIVERED = "delivered"
    CONFIRMED_AGAIN = "confirmed again"
    MATCHED = "matched"
    CORRECTED = "corrected"
    PROCESSED = "processed"
    HEARD_AGAIN = "heard again"
    CONVERTED = "unit converted"
    BASIS_SET = "price basis set"
    ERP_CHANGED = "ERP matches"
    CANCELLED = "cancelled in the ERP"
    AGREED = "agreed"
    PASSED_ON = "no longer deviates"

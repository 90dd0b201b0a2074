"""The standard normal distribution in decimals, so that no float comes near money. Pure.

Within FAR standard deviations every value is right to 30 decimals (the tests hold it to that); beyond them a
tail is less than a quintillionth and counts as nothing.
"""

from decimal import Decimal, localcontext

FAR = Decimal(9)
#: At FAR the sum is 18 digits larger than what is left of one half: 50 digits keep 30 decimals of that.
DIGITS = 50
HALF = Decimal("0.5")
PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494")


def density(z: Decimal) -> Decimal:
    """Return the height of the bell curve at `z`."""
    with localcontext(prec=DIGITS):
        return (-z * z / 2).exp() / (2 * PI).sqrt()


def tail(z: Decimal) -> Decimal:
    """Return the chance of a value above `z`."""
    if abs(z) > FAR:
        return Decimal(0) if z > 0 else Decimal(1)
    with localcontext(prec=DIGITS):
        # One half less density times z + z^3/3 + z^5/(3*5) + ...: all of one sign, so that nothing cancels.
        part = total = z
        odd = 1
        while part and abs(part) > abs(total).scaleb(-DIGITS):
            odd += 2
            part = part * z * z / odd
            total += part
        return min(max(HALF - density(z) * total, Decimal(0)), Decimal(1))


def excess(z: Decimal) -> Decimal:
    """Return by how much a value is above `z` on average, values below it counted as nothing."""
    if abs(z) > FAR:
        return Decimal(0) if z > 0 else -z
    with localcontext(prec=DIGITS):
        return max(density(z) - z * tail(z), Decimal(0))

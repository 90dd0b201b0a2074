"""Numbers, money, days and moments as the reader writes them: in their language and their time zone."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext, pgettext

NOTHING = "–"
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "CHF": "CHF", "PLN": "zł", "JPY": "¥", "CZK": "Kč"}
PIECES = ("EA", "C62", "PCE")
SPACE = "\N{NO-BREAK SPACE}"


def number(value: Decimal | int | None, *, places: int | None = None) -> str:
    """Write a number with the reader's separators, rounded half up; without `places`, exactly as it is."""
    if value is None:
        return NOTHING
    exact = Decimal(value)
    if places is None:
        exact = exact.normalize()
        places = max(0, -int(exact.as_tuple().exponent))
    exact = exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    text = number_format(abs(exact), decimal_pos=places, force_grouping=True)
    return f"{MINUS}{text}" if exact < 0 else text


def signed(value: Decimal | None, *, places: int | None = None) -> str:
    """Write a difference with its sign; zero has none."""
    if value is None:
        return NOTHING
    return f"+{number(value, places=places)}" if value > 0 else number(value, places=places)


def money(value: Decimal | None, currency: str, *, places: int = 2) -> str:
    """Write an amount of money with its currency before it."""
    if value is None:
        return NOTHING
    symbol = SYMBOLS.get(currency, currency)
    text = number(abs(value), places=places)
    return f"{MINUS if value < 0 else ''}{symbol}{SPACE}{text}"


def price(amount: Decimal | None, currency: str, per: Decimal | None = None, unit: str = "") -> str:
    """Write a price: two decimals or as many as it has, and its basis where that is not one."""
    if amount is None:
        return NOTHING
    places = max(2, -int(amount.normalize().as_tuple().exponent))
    text = money(amount, currency, places=places)
    if per is None or per == 1:
        return text
    return f"{text} / {number(per)}{SPACE}{unit_label(unit)}".rstrip()


def unit_label(code: str) -> str:
    """Return the unit as people write it; codes nobody renamed stay as they are."""
    return gettext("pcs") if code in PIECES else code


def quantity(value: Decimal | None, unit: str = "") -> str:
    """Write a quantity with its unit."""
    if value is None:
        return NOTHING
    return f"{number(value)}{SPACE}{unit_label(unit)}".rstrip(SPACE)


def percent(value: Decimal | None, *, places: int = 1) -> str:
    """Write a percentage."""
    return NOTHING if value is None else f"{number(value, places=places)}{SPACE}%"


def day(value: date | None, *, today: date | None = None) -> str:
    """Write a day; the year is left out when it is that of `today`."""
    if value is None:
        return NOTHING
    # Translators: how a day is written, in Django's date letters
    short, full = pgettext("day without year", "j M"), pgettext("day with year", "j M Y")
    return date_format(value, short if today and value.year == today.year else full)


def moment(value: datetime | None) -> str:
    """Write a day and time in the reader's zone."""
    if value is None:
        return NOTHING
    return date_format(timezone.localtime(value), pgettext("day and time", "j M Y, H:i"))


def clock_time(value: datetime | None) -> str:
    """Write the time of day in the reader's zone."""
    return NOTHING if value is None else date_format(timezone.localtime(value), pgettext("time", "H:i"))


def since(value: datetime, now: datetime) -> str:
    """Write a moment the short way: the time if it is today, else the day with the time."""
    local, today = timezone.localtime(value), timezone.localtime(now).date()
    if local.date() == today:
        return clock_time(value)
    if local.date() == today - timedelta(days=1):
        return gettext("yesterday %(time)s") % {"time": clock_time(value)}
    return f"{day(local.date(), today=today)}, {clock_time(value)}"


def duration(minutes: Decimal | int) -> str:
    """Write working time in hours and minutes: days would ask whose working day is meant."""
    hours, left = divmod(int(Decimal(minutes).copy_abs()), 60)
    sign = MINUS if minutes < 0 else ""
    return f"{sign}{hours}{pgettext('hours', 'h')}{SPACE}{left:02d}{pgettext('minutes', 'm')}"


def capped(count: int, cap: int) -> str:
    """Write a count that was not counted beyond `cap`."""
    return f"{number(cap)}+" if count > cap else number(count)


def days(count: int) -> str:
    """Write a number of days."""
    return ngettext("%(n)s day", "%(n)s days", abs(count)) % {"n": number(count)}


def days_apart(days: int) -> str:
    """Write a distance in days with its sign."""
    text = ngettext("%(n)s day", "%(n)s days", abs(days)) % {"n": number(abs(days))}
    if days == 0:
        return "0"
    return f"+{text}" if days > 0 else f"{MINUS}{text}"


def listed(words: Sequence[str]) -> str:
    """Write several words as a list: "Ann, Ben and Cy"."""
    if len(words) < 2:
        return "".join(words)
    return gettext("%(first)s and %(last)s") % {"first": ", ".join(words[:-1]), "last": words[-1]}

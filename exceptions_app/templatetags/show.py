"""How templates show values: icons, chips, numbers, days. Formatting only; the words are in `web`."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

from exceptions_app.audit.models import Event
from exceptions_app.people.models import User
from exceptions_app.spoken import reading
from exceptions_app.spoken.reading import event_in_words
from exceptions_app.web import formats, labels

register = template.Library()


@register.simple_tag
def icon(name: str, size: str = "") -> SafeString:
    """Draw an icon of the sprite; it says nothing to a screen reader, the words beside it do."""
    css = f"icon {size}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}#{}"/></svg>', css, static("icons/lucide.svg"), name
    )


@register.simple_tag
def chip(of: labels.Chip) -> SafeString:
    """Draw a chip: a dot and a word."""
    return format_html('<span class="chip {}">{}</span>', of.tone, of.label)


@register.simple_tag
def avatar(person: User | None) -> SafeString:
    """Draw a person's initials with the full name behind them."""
    if person is None:
        return SafeString("")
    return format_html(
        '<span class="avatar {}" title="{}" aria-hidden="true">{}</span>',
        labels.tone_of(person.pk),
        person,
        person.initials,
    )


@register.filter
def told(event: Event) -> str:
    """Say what an event tells, in the reader's language."""
    return event_in_words(event.kind, event.summary)


@register.filter
def in_words(text: str) -> str:
    """Say what is kept in English, such as a headline or a mark, in the reader's language."""
    return reading.in_words(text)


@register.filter
def type_icon(code: str) -> str:
    """Return the icon of an exception type."""
    return labels.type_icon(code)


@register.filter
def team_icon(code: str) -> str:
    """Return the icon of a team."""
    return labels.TEAM_ICONS.get(code, "users")


@register.filter
def money(value: Decimal | None, currency: str = "") -> str:
    """Write an amount of money."""
    return formats.money(value, currency)


@register.filter
def quantity(value: Decimal | None, unit: str = "") -> str:
    """Write a quantity with its unit."""
    return formats.quantity(value, unit)


@register.filter
def number(value: Decimal | int | None) -> str:
    """Write a number."""
    return formats.number(value)


@register.filter
def percent(value: Decimal | None) -> str:
    """Write a percentage."""
    return formats.percent(value)


@register.filter
def duration(value: Decimal | None) -> str:
    """Write minutes of working time in hours and minutes."""
    return formats.NOTHING if value is None else formats.duration(value)


@register.filter
def day(value: date | None) -> str:
    """Write a day."""
    return formats.day(value)


@register.filter
def moment(value: datetime | None) -> str:
    """Write a day and time in the reader's zone."""
    return formats.moment(value)


@register.filter
def since(value: datetime, now: datetime) -> str:
    """Write a moment the short way, seen from `now`."""
    return formats.since(value, now)


@register.filter
def bytes_of(size: int) -> str:
    """Write a size in kB, below that in bytes."""
    return f"{formats.number(size)} B" if size < 1024 else f"{formats.number(size // 1024)} kB"

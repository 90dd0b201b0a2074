"""How the clocks of a case look: time left, overdue, paused, or with the supplier."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.cases.clock_views import ClockView
from exceptions_app.web import formats, labels
from exceptions_app.web.labels import Text

CLOCK_NAMES: dict[str, Text] = {
    "respond": _("First response"),
    "resolve": _("Resolution"),
    "supplier": _("The supplier's answer"),
}


@dataclass(frozen=True, slots=True)
class ClockWords:
    """A clock as one reads it."""

    text: str
    tone: str
    icon: str
    title: str


def is_worth_showing(clock: ClockView) -> bool:
    """Say whether a clock tells anything: one that ended in time, or that nobody needs now, does not."""
    if clock.state == "stopped":
        return clock.is_breached
    return clock.is_ours or clock.state != "paused"


def clock_words(clock: ClockView, *, now: datetime) -> ClockWords:
    """Return what a clock says: time left, overdue, paused, or that its promise was broken."""
    if not clock.is_ours and clock.running_since is not None:
        return _supplier_words(clock, clock.running_since, now=now)
    name = CLOCK_NAMES[clock.kind]
    left = formats.duration(abs(clock.left))
    if clock.state == "stopped":
        return ClockWords(gettext("%(name)s was late") % {"name": name}, "paused", "timer-off", "")
    title = (
        gettext("Due %(moment)s, counted in working time") % {"moment": formats.moment(clock.due_at)}
        if clock.due_at
        else gettext("Paused while we wait for the supplier")
    )
    if clock.state == "paused":
        return ClockWords(
            gettext("%(name)s paused, %(left)s left") % {"name": name, "left": left}, "paused", "pause", title
        )
    if clock.state == "breached":
        return ClockWords(
            gettext("%(name)s overdue by %(left)s") % {"name": name, "left": left},
            "breached",
            "timer-off",
            title,
        )
    tone = labels.clock_tone(clock)
    return ClockWords(gettext("%(name)s in %(left)s") % {"name": name, "left": left}, tone, "timer", title)


def _supplier_words(clock: ClockView, since: datetime, *, now: datetime) -> ClockWords:
    """Return since when the supplier has the case, and what is left of its time or by how much it is late."""
    words = {"since": formats.since(since, now), "left": formats.duration(abs(clock.left))}
    text = (
        gettext("With the supplier since %(since)s, answer overdue by %(left)s")
        if clock.state == "breached"
        else gettext("With the supplier since %(since)s, %(left)s left to answer")
    )
    title = gettext("Due %(moment)s, in the supplier's working time") % {
        "moment": formats.moment(clock.due_at)
    }
    return ClockWords(text % words, labels.supplier_tone(clock), "hourglass", title)

"""How what a backtest found looks: figures, groups, and case by case what differs."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exceptions_app.backtest.compare import EFFECTS, Effect
from exceptions_app.backtest.models import BacktestCase, BacktestStatus
from exceptions_app.backtest.queries import Figure
from exceptions_app.web import formats, labels
from exceptions_app.web.addresses import address
from exceptions_app.web.labels import Chip, Text
from exceptions_app.web.types import type_label

STATUSES: dict[str, Chip] = {
    BacktestStatus.WAITING: Chip(_("Waiting")),
    BacktestStatus.RUNNING: Chip(_("Running"), "info"),
    BacktestStatus.DONE: Chip(_("Done"), "good"),
    BacktestStatus.FAILED: Chip(_("Failed"), "crit"),
    BacktestStatus.STOPPED: Chip(_("Stopped")),
}
GROUPS: dict[str, Text] = {"type": _("Type"), "supplier": _("Supplier"), "team": _("Team")}


def figure_words(figure: Figure, path: str) -> dict[str, Any]:
    """Return what an effect comes to, with the way to its cases on the page at `path`."""
    return {
        "label": EFFECTS[Effect(figure.name)],
        "url": f"{path}?effect={figure.name}#cases",
        "cases": figure.cases,
        "amount": difference(figure.amount, figure.currency),
        "loss": difference(figure.expected_loss, figure.currency),
    }


def group_words(figure: Figure, group: str, path: str) -> dict[str, Any]:
    """Return what a type, a supplier or a team comes to, with the way to its cases."""
    query = address(path, QueryDict(), **{group: figure.name}) if figure.name else path
    return {
        "name": (type_label(figure.name) if group == "type" else figure.name) or formats.NOTHING,
        "url": f"{query}#cases",
        "cases": figure.cases,
        "opens": figure.opens,
        "not_opened": figure.not_opened,
        "amount": difference(figure.amount, figure.currency),
        "loss": difference(figure.expected_loss, figure.currency),
    }


def difference(money: Decimal | None, currency: str) -> str:
    """Return an amount with its sign; empty where nobody can compute it."""
    text = formats.money(money, currency, places=0)
    return f"+{text}" if money is not None and money > 0 else text


def case_words(case: BacktestCase) -> dict[str, Any]:
    """Return a case that would be another one, with what differs."""
    return {
        "case": case,
        "type": type_label(case.type_code),
        "icon": labels.type_icon(case.type_code),
        "effects": effects_of(case),
        "changes": list(_sides(case)),
        "amount": difference(case.amount, case.company.currency),
        "loss": difference(case.expected_loss, case.company.currency),
    }


def effects_of(case: BacktestCase) -> list[Text]:
    """Return what the rules that are tried do to a case."""
    return [EFFECTS[Effect(effect)] for effect in case.effects]


def _sides(case: BacktestCase) -> Iterable[str]:
    """Yield what is said of the case: all of it where only one of the rules has it, else what differs."""
    was, would = case.live, case.tried
    if not was or not would:
        yield ", ".join(_whole(was or would or {}))
        return
    for label, name, say in (
        (_("Opens"), "opened_at", _moment),
        (_("Closes"), "closed_at", _moment),
        (_("Lines"), "lines", ", ".join),
        (_("Team"), "team", str),
        (_("Severity"), "severity", labels.severity_label),
        (_("Due"), "due_at", _moment),
        (_("Escalation level"), "level", str),
    ):
        before, after = say(was[name]), say(would[name])
        if before != after:
            yield f"{label}: {before} → {after}"


def _whole(side: dict[str, Any]) -> Iterable[str]:
    yield f"{_moment(side['opened_at'])} – {_moment(side['closed_at'])}"
    if side["lines"]:
        yield f"{gettext('Lines')} {', '.join(side['lines'])}"
    yield side["team"]
    yield labels.severity_label(side["severity"])


def _moment(text: str | None) -> str:
    return formats.moment(datetime.fromisoformat(text)) if text else formats.NOTHING

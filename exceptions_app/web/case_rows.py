"""The rows of a list of cases."""

from collections.abc import Sequence
from datetime import datetime

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from exceptions_app.cases.case_rows import CaseRow
from exceptions_app.spoken.reading import in_words
from exceptions_app.web import formats, labels
from exceptions_app.web.columns import COLUMNS, DEFAULT, Column
from exceptions_app.web.types import type_label


def rows_html(
    rows: list[CaseRow],
    *,
    now: datetime,
    team_code: str = "",
    bulk: bool = False,
    columns: Sequence[Column] | None = None,
) -> SafeString:
    """Return the rows of a list of cases, by the compiled renderer; empty when there are none."""
    if not rows:
        return mark_safe("")
    context = {
        "rows": rows,
        "team_code": team_code,
        "bulk": bulk,
        "columns": columns if columns is not None else [COLUMNS[code] for code in DEFAULT],
        "now": now,
        "base": reverse("web:cases"),
        "sprite": static("icons/lucide.svg"),
        "words": _words(),
        "types": {code: type_label(code) for code in {row.type_code for row in rows}},
        "severities": labels.SEVERITY_NAMES,
        "severity_words": {level: str(chip.label) for level, chip in labels.SEVERITIES.items()},
        "chips": {state: (chip.tone, str(chip.label)) for state, chip in labels.STATES.items()},
        "clock_tone": labels.clock_tone,
        "supplier_tone": labels.supplier_tone,
        "since": formats.since,
        "duration": formats.duration,
        "money": formats.money,
        "day": formats.day,
        "opened_on": lambda moment: timezone.localtime(moment).date(),
        "today": timezone.localtime(now).date(),
        "tone_of": labels.tone_of,
        "type_icon": labels.type_icon,
        "in_words": in_words,
    }
    return mark_safe(render_to_string("case_rows.html", context, using="jinja2"))


def _words() -> dict[str, str]:
    """Return the words of a row, looked up once here and not once a row."""
    return {
        "select": gettext("Select"),
        "severity": gettext("Severity"),
        "tier": gettext("Tier"),
        "overdue": gettext("overdue"),
        "paused": gettext("left, clock paused"),
        "left": gettext("of working time left"),
        "supplier": gettext("With the supplier since"),
        "supplier_left": gettext("left to answer"),
        "supplier_overdue": gettext("answer overdue"),
        "escalated": gettext("Escalated, level"),
        "nobody": gettext("Nobody has it yet"),
        "more": gettext("and more:"),
    }

"""The second template engine: compiled row renderers for long lists (templates/jinja2)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext
from jinja2 import Environment, StrictUndefined


def environment(**options: Any) -> Environment:
    """Return the environment of templates/jinja2: escaping on, a missing name is an error."""
    rows = Environment(**{**options, "undefined": StrictUndefined}, extensions=["jinja2.ext.i18n"])
    rows.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    rows.globals.update(static=static, url=reverse)
    rows.filters.update(localdate=date_format, localnumber=number_format)
    return rows

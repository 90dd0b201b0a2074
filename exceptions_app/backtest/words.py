"""Why something was not judged, in words."""

from django.utils.translation import gettext_lazy as _

REASONS = {
    "undocumented": _("no document of it is kept that old"),
    "unreadable": _("it cannot be read"),
    "unit": _("its unit cannot be converted"),
    "blind": _("nobody could see"),
    "no_past": _("what it is about leaves no past to judge"),
    "unplayed": _("it changes no case, only who gets it or is told"),
}

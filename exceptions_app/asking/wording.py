"""Which words a mail is written in: the most specific template that holds today, else the standard."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Q

from exceptions_app.asking.standard import STANDARD, Words
from exceptions_app.cases.models import Case
from exceptions_app.detection.inquiries import Inquiry
from exceptions_app.policies.models import MessageTemplate
from suppliers.profiles import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a mail, and the rule they are from; None: the standard words."""

    words: Words
    template_id: int | None = None
    release: int | None = None


def wording_for(cases: Sequence[Case], inquiry: Inquiry, language: Language, *, at: datetime) -> Wording:
    """Return the words for a mail about these cases of one company; of several types only what fits all."""
    company = cases[0].company
    today = at.astimezone(ZoneInfo(company.time_zone)).date()
    types = {case.type_code for case in cases}
    rows = MessageTemplate.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=today),
        Q(valid_until=None) | Q(valid_until__gte=today),
        Q(company=None) | Q(company=company),
        inquiry=inquiry,
        language=language,
        type_code__in=["", *types] if len(types) == 1 else [""],
    ).select_related("release")
    row = max(rows, key=_specificity, default=None)
    if row is None:
        return Wording(STANDARD[inquiry, language])
    return Wording(Words(row.subject, row.body, row.line), row.pk, row.release.number)


def _specificity(row: MessageTemplate) -> tuple[bool, bool, date, int]:
    return bool(row.type_code), row.company_id is not None, row.valid_from or date.min, row.pk

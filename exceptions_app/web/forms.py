"""The forms behind the verbs of a case: which fields each argument is entered in."""

from collections.abc import Iterable

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from exceptions_app.cases.models import Case, Severity
from exceptions_app.people.models import Team, User
from exceptions_app.people.permissions import WORKERS
from exceptions_app.web import by_hand, labels


class PersonField(forms.ModelChoiceField):
    """Somebody of a team, by full name."""

    def label_from_instance(self, obj: User) -> str:
        """Return the full name."""
        return str(obj)


class TeamField(forms.ModelChoiceField):
    """A team of the company, by its name alone."""

    def label_from_instance(self, obj: Team) -> str:
        """Return the team's name."""
        return obj.name


class VerbForm(forms.Form):
    """The arguments one verb needs, and those it takes besides, named as the verb names them."""

    def __init__(
        self, *args: object, case: Case, needs: Iterable[str], takes: Iterable[str] = (), **options: object
    ) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]
        for name in needs:
            self.fields[name] = _field(name, case)
        for name in takes:
            self.fields[name] = _field(name, case)
            self.fields[name].required = False


def _field(name: str, case: Case) -> forms.Field:
    if name in by_hand.FIELDS:
        return by_hand.FIELDS[name](case)
    if name == "to":
        return PersonField(label=_("To"), queryset=workers_of(case.team), empty_label=_("Choose a person"))
    if name == "team":
        others = Team.objects.filter(company=case.company_id).exclude(pk=case.team_id).order_by("name")
        return TeamField(label=_("Team"), queryset=others, empty_label=_("Choose a team"))
    if name == "severity":
        choices = [(level.value, labels.SEVERITIES[level].label) for level in reversed(Severity)]
        return forms.TypedChoiceField(label=_("Severity"), choices=choices, coerce=int, initial=case.severity)
    label, hint = TEXTS.get(name, (name, ""))
    return forms.CharField(
        label=gettext(label),
        help_text=gettext(hint) if hint else "",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


#: The label and the hint of what is entered as text.
TEXTS: dict[str, tuple[str, str]] = {
    "reason": (gettext_noop("Reason"), gettext_noop("It stays in the history.")),
    "text": (gettext_noop("Comment"), ""),
    "answer": (
        gettext_noop("What the supplier said"),
        gettext_noop("By telephone or mail, and who said it. It stays in the history."),
    ),
}


def workers_of(team: Team) -> QuerySet[User]:
    """Return who can have a case of the team, by name."""
    return User.objects.filter(
        memberships__team=team, memberships__role__in=WORKERS, is_active=True
    ).order_by("first_name", "last_name", "username")

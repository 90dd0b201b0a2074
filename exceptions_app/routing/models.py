"""How the rules last answered a case: kept beside it, so that anybody can see why it is where it is."""

from django.db import models

from exceptions_app.cases.models import Case
from exceptions_app.policies.models import PolicyRelease, RoutingRule


class CaseRoute(models.Model):
    """The facts the rules were asked about a case, which of them took it (None: none did), and the words.

    `team_words` and `person_words` say why it is this team's and this person's, under `release`.
    """

    case = models.OneToOneField(Case, on_delete=models.CASCADE, primary_key=True, related_name="route")
    facts = models.JSONField()
    rule = models.ForeignKey(RoutingRule, on_delete=models.SET_NULL, null=True, related_name="+")
    team_words = models.CharField(max_length=500)
    person_words = models.CharField(max_length=500, blank=True)
    release = models.ForeignKey(PolicyRelease, on_delete=models.PROTECT, related_name="+")
    routed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.case}: {self.team_words}"

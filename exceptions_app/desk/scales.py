"""What a case of one subject weighs, and where it goes."""

from collections.abc import Iterable
from dataclasses import dataclass

from exceptions_app.cases.models import CaseLine
from exceptions_app.detection.subject import SubjectView
from exceptions_app.detection.types.base import ExceptionType
from exceptions_app.detection.view import OrderView
from exceptions_app.impact import Impact, assess
from exceptions_app.policies.lookup import Policies
from exceptions_app.routing.route import Question, Route, route
from exceptions_app.shortfalls import Nearby, Surroundings
from exceptions_app.subjects.impact import assess_subject
from exceptions_app.subjects.subject import Loaded


@dataclass(frozen=True, slots=True)
class Scales:
    """A subject as it was judged, with what is near it: its lines are weighed and routed by the policies."""

    loaded: Loaded
    view: OrderView | SubjectView
    policies: Policies
    nearby: Nearby

    def impact(self, kind: ExceptionType, lines: list[CaseLine], around: Surroundings | None) -> Impact:
        """Return what lines of one type cost and hold up; `around` None: by themselves."""
        order = self.loaded.order
        if order is not None and isinstance(self.view, OrderView):
            return assess(kind, lines, loaded=order, view=self.view, policies=self.policies, around=around)
        return assess_subject(kind, lines, loaded=self.loaded, policies=self.policies)

    def route(self, kind: ExceptionType, lines: Iterable[CaseLine], impact: Impact) -> Route:
        """Return which team and owner a case with these lines goes to, and why."""
        company_id = self.loaded.about.company.pk
        question = Question(
            company_id=company_id,
            owner_code=kind.owner,
            facts=impact.facts,
            scopes=tuple(dict.fromkeys(self.loaded.scope(line.line_number) for line in lines)),
        )
        return route(question, self.policies, self.nearby.workers(company_id))

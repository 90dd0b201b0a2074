"""Gathers the models of this app; each stands beside its verbs."""

from exceptions_app.audit.models import Event
from exceptions_app.cases.models import (
    AgreementRow,
    Case,
    CaseLine,
    Clock,
    QueueEntry,
    Task,
)
from exceptions_app.detection.models import Watch
from exceptions_app.incidents.models import Incident
from exceptions_app.notifications.models import Notification
from exceptions_app.people.models import Absence, ApiToken, Membership, SavedView, Team, User
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    PolicyRelease,
    Responsibility,
    RoutingRule,
    ServiceLevelRow,
    SeverityBands,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeSetting,
)
from exceptions_app.proposals.models import Approval, ApprovalNeed, Bundle, Proposal, ProposalLine
from exceptions_app.routing.models import CaseRoute

__all__ = [
    "Absence",
    "AgreementRow",
    "ApiToken",
    "Approval",
    "ApprovalNeed",
    "ApprovalRule",
    "Bundle",
    "Calendar",
    "Case",
    "CaseLine",
    "CaseRoute",
    "Clock",
    "CompanyPolicy",
    "EscalationStep",
    "Event",
    "ExchangeRate",
    "ImpactDefaults",
    "Incident",
    "Membership",
    "Notification",
    "PolicyRelease",
    "Proposal",
    "ProposalLine",
    "QueueEntry",
    "Responsibility",
    "RoutingRule",
    "SavedView",
    "ServiceLevelRow",
    "SeverityBands",
    "Task",
    "TaskTemplate",
    "Team",
    "TermRow",
    "ToleranceRow",
    "TypeSetting",
    "User",
    "Watch",
]

"""Gathers the models of this app; each stands beside its verbs."""

from exceptions_app.audit.models import Event, EventText, Seal, UnsealedEvent
from exceptions_app.backtest.models import Backtest, BacktestCase, BacktestProposal
from exceptions_app.cases.models import (
    AgreementRow,
    Case,
    CaseLine,
    Clock,
    ClockSegment,
    QueueEntry,
    Task,
)
from exceptions_app.detection.models import LookOver, Watch
from exceptions_app.incidents.models import Incident
from exceptions_app.notifications.models import Notification
from exceptions_app.overrides.models import Override
from exceptions_app.people.models import Absence, ApiToken, Delegation, Membership, SavedView, Team, User
from exceptions_app.performance.models import PriceObservation
from exceptions_app.policies.draft_models import PolicyChange, PolicyDraft
from exceptions_app.policies.models import (
    ApprovalRule,
    Calendar,
    ClockWarning,
    CompanyPolicy,
    EscalationStep,
    ExchangeRate,
    ImpactDefaults,
    MessageTemplate,
    PolicyRelease,
    PolicyStamp,
    Responsibility,
    RoutingRule,
    ServiceLevelRow,
    SeverityBands,
    SupplierTimeRow,
    TaskTemplate,
    TermRow,
    ToleranceRow,
    TypeSetting,
)
from exceptions_app.policies.shadow_models import DraftFinding, DraftShadow
from exceptions_app.proposals.models import (
    Answer,
    Approval,
    ApprovalNeed,
    Bundle,
    KeptApart,
    Proposal,
    ProposalLine,
)
from exceptions_app.routing.models import CaseRoute
from exceptions_app.shadow.models import ShadowFinding
from exceptions_app.signing_in.models import BrowserSession, DirectoryGroup, DirectoryIdentity, SignInTry
from exceptions_app.sla.models import ClockFinding, Heartbeat

__all__ = [
    "Absence",
    "AgreementRow",
    "Answer",
    "ApiToken",
    "Approval",
    "ApprovalNeed",
    "ApprovalRule",
    "Backtest",
    "BacktestCase",
    "BacktestProposal",
    "BrowserSession",
    "Bundle",
    "Calendar",
    "Case",
    "CaseLine",
    "CaseRoute",
    "Clock",
    "ClockFinding",
    "ClockSegment",
    "ClockWarning",
    "CompanyPolicy",
    "Delegation",
    "DirectoryGroup",
    "DirectoryIdentity",
    "DraftFinding",
    "DraftShadow",
    "EscalationStep",
    "Event",
    "EventText",
    "ExchangeRate",
    "Heartbeat",
    "ImpactDefaults",
    "Incident",
    "KeptApart",
    "LookOver",
    "Membership",
    "MessageTemplate",
    "Notification",
    "Override",
    "PolicyChange",
    "PolicyDraft",
    "PolicyRelease",
    "PolicyStamp",
    "PriceObservation",
    "Proposal",
    "ProposalLine",
    "QueueEntry",
    "Responsibility",
    "RoutingRule",
    "SavedView",
    "Seal",
    "ServiceLevelRow",
    "SeverityBands",
    "ShadowFinding",
    "SignInTry",
    "SupplierTimeRow",
    "Task",
    "TaskTemplate",
    "Team",
    "TermRow",
    "ToleranceRow",
    "TypeSetting",
    "UnsealedEvent",
    "User",
    "Watch",
]

"""The routes of the API, version 1."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from exceptions_app.api import (
    approvals,
    backtests,
    bundles,
    cases,
    commands,
    decisions,
    exchange,
    history,
    incidents,
    interchanges,
    matching,
    orders,
    policies,
    policy_drafts,
    shadow,
    tasks,
)
from exceptions_app.api.schema import DocsView, SchemaView

router = SimpleRouter()
router.register("interchanges", interchanges.InterchangeViewSet, basename="interchange")
router.register("commands", commands.CommandViewSet, basename="command")
router.register("orders", orders.OrderViewSet, basename="order")
router.register("suppliers", orders.SupplierViewSet, basename="supplier")
router.register("cases", cases.CaseViewSet, basename="case")
router.register("tasks", tasks.TaskViewSet, basename="task")
router.register("incidents", incidents.IncidentViewSet, basename="incident")
router.register("bundles", bundles.BundleViewSet, basename="bundle")
router.register("matching", matching.MatchingViewSet, basename="matching")
router.register("events", history.EventViewSet, basename="event")
router.register("shadow-findings", shadow.ShadowFindingViewSet, basename="shadow-finding")
router.register("proposals", decisions.ProposalViewSet, basename="proposal")
router.register("approvals", approvals.ApprovalViewSet, basename="approval")
router.register("policies/tolerances", policies.ToleranceViewSet, basename="tolerances")
router.register("policies/terms", policies.TermViewSet, basename="terms")
router.register("policies/routing-rules", policies.RoutingRuleViewSet, basename="routing-rules")
router.register("policies/service-levels", policies.ServiceLevelViewSet, basename="service-levels")
router.register("policies/approval-rules", policies.ApprovalRuleViewSet, basename="approval-rules")
router.register("policies/impact-defaults", policies.ImpactDefaultsViewSet, basename="impact-defaults")
router.register("policies/severity-bands", policies.SeverityBandsViewSet, basename="severity-bands")
router.register("policies/type-settings", policies.TypeSettingViewSet, basename="type-settings")
router.register("policies/responsibilities", policies.ResponsibilityViewSet, basename="responsibilities")
router.register("policies/task-templates", policies.TaskTemplateViewSet, basename="task-templates")

router.register("policies/drafts", policy_drafts.DraftViewSet, basename="policy-draft")
router.register("policies/backtests", backtests.BacktestViewSet, basename="backtest")
router.register("policies/releases", policy_drafts.ReleaseViewSet, basename="policy-release")

app_name = "api"
urlpatterns = [
    path("inbound/<slug:connection>/", exchange.InboundView.as_view(), name="inbound"),
    path("documents/", exchange.DocumentView.as_view(), name="documents"),
    path("policies/", policies.PoliciesView.as_view(), name="policies"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("", include(router.urls)),
]

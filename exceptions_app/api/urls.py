"""The routes of the API, version 1."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from exceptions_app.api import cases, decisions, exchange, orders

router = SimpleRouter()
router.register("interchanges", exchange.InterchangeViewSet, basename="interchange")
router.register("commands", exchange.CommandViewSet, basename="command")
router.register("orders", orders.OrderViewSet, basename="order")
router.register("suppliers", orders.SupplierViewSet, basename="supplier")
router.register("cases", cases.CaseViewSet, basename="case")
router.register("tasks", cases.TaskViewSet, basename="task")
router.register("proposals", decisions.ProposalViewSet, basename="proposal")
router.register("approvals", decisions.ApprovalViewSet, basename="approval")

app_name = "api"
urlpatterns = [
    path("inbound/<slug:connection>/", exchange.InboundView.as_view(), name="inbound"),
    path("documents/", exchange.DocumentView.as_view(), name="documents"),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="schema"),
    path(
        "docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api:schema", permission_classes=[AllowAny]),
        name="docs",
    ),
    path("", include(router.urls)),
]

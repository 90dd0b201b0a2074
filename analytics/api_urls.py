"""The KPI routes of the API."""

from django.urls import path

from analytics import api

app_name = "analytics_api"
urlpatterns = [
    path("kpis/", api.KpiListView.as_view(), name="kpis"),
    path("kpis/<slug:code>/", api.KpiView.as_view(), name="kpi"),
]

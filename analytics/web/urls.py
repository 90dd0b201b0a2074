"""The addresses of the pages on which numbers are read."""

from django.urls import path

from analytics.web import confirmations, times

app_name = "analytics"
urlpatterns = [
    path("confirmations/", confirmations.overview, name="confirmations"),
    path("confirmations/suppliers.csv", confirmations.suppliers_csv, name="confirmation_suppliers_csv"),
    path("confirmations/lines/", confirmations.lines, name="confirmation_lines"),
    path("confirmations/lines.csv", confirmations.lines_csv, name="confirmation_lines_csv"),
    path("times/", times.overview, name="times"),
    path("times/cases/", times.cases, name="time_cases"),
    path("times/cases.csv", times.cases_csv, name="time_cases_csv"),
]

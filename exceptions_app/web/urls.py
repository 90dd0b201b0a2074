"""The addresses of the browser pages."""

from django.urls import path

from exceptions_app.web import (
    approvals,
    bulk,
    case_list,
    cases,
    connections,
    documents,
    exports,
    interchanges,
    notifications,
    orders,
    profile,
    proposals,
    queues,
    saved_views,
    search,
    sign_in,
)

app_name = "web"
urlpatterns = [
    path("login/", sign_in.login, name="login"),
    path("logout/", sign_in.logout, name="logout"),
    path("", queues.home, name="home"),
    path("queues/<slug:company>/<str:code>/", queues.queue, name="queue"),
    path("queues/<slug:company>/<str:code>/export/<str:form>/", exports.export, name="export"),
    path("queues/<slug:company>/<str:code>/bulk/", bulk.preview, name="bulk"),
    path("queues/<slug:company>/<str:code>/bulk/<str:code_of_verb>/", bulk.carry_out, name="bulk_do"),
    path("views/", saved_views.save, name="view_save"),
    path("views/<int:view_id>/delete/", saved_views.delete, name="view_delete"),
    path("cases/", case_list.case_list, name="cases"),
    path("cases/<str:number>/", cases.case, name="case"),
    path("cases/<str:number>/pulse/", cases.pulse, name="pulse"),
    path("cases/<str:number>/do/<str:code>/", cases.verb, name="verb"),
    path("cases/<str:number>/documents/<uuid:document_id>/", documents.document_of_case, name="document"),
    path("cases/<str:number>/propose/<str:code>/", proposals.propose, name="propose"),
    path("cases/<str:number>/propose/<str:code>/preview/", proposals.preview, name="preview"),
    path("tasks/<int:task_id>/complete/", cases.complete_task, name="complete_task"),
    path("proposals/<uuid:proposal_id>/decide/", proposals.decide, name="decide"),
    path("approvals/", approvals.inbox, name="approvals"),
    path("notifications/", notifications.news, name="notifications"),
    path("notifications/read/", notifications.mark_read, name="notifications_read"),
    path("search/", search.search, name="search"),
    path("orders/<int:order_id>/", orders.order, name="order"),
    path(
        "orders/<int:order_id>/documents/<uuid:document_id>/",
        documents.document_of_order,
        name="order_document",
    ),
    path("interchanges/", interchanges.interchange_list, name="interchanges"),
    path("interchanges/<uuid:interchange_id>/", interchanges.interchange, name="interchange"),
    path("connections/", connections.health, name="connections"),
    path("profile/", profile.profile, name="profile"),
    path("profile/theme/", profile.theme, name="theme"),
]

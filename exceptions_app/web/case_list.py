"""All cases a person may see, the last changed first, ended ones too."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from exceptions_app.cases.listing import case_list_page
from exceptions_app.cases.models import Case
from exceptions_app.people.models import User
from exceptions_app.people.permissions import visible_cases
from exceptions_app.web.access import Permission, permitted, person_of, teams_of
from exceptions_app.web.addresses import address, filter_state, page_urls, without_empty
from exceptions_app.web.case_rows import rows_html
from exceptions_app.web.cases import panel
from exceptions_app.web.filters import CaseFilter
from exceptions_app.web.pages import now_of, show
from exceptions_app.web.pills import pills
from exceptions_app.web.saved_views import saved_views_of


@permitted(Permission.VISIBLE_CASE)
@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """Show one page of all cases this person may see."""
    person, now = person_of(request), now_of(request)
    path, query = reverse("web:cases"), without_empty(request.GET)
    visible = Case.objects.filter(pk__in=visible_cases(person).values("pk"))
    found = CaseFilter(query, queryset=visible, request=request).qs
    page = case_list_page(found, now=now, after=query.get("after", ""), before=query.get("before", ""))
    context = {
        "path": path,
        "query": query,
        "here": address(path, query, drop=("case",)),
        "rows": rows_html(page.rows, now=now),
        "page": page,
        **page_urls(path, query, page),
        "pills": pills(query, _colleagues(request), ended=True),
        "is_filtered": bool(filter_state(query)),
        "clear_url": path,
        "views": saved_views_of(person, path),
        "panel": panel(request, query.get("case", "")),
    }
    return show(request, "cases/list.html", context, current="cases", fragment="list")


def _colleagues(request: HttpRequest) -> list[User]:
    members = User.objects.filter(memberships__team__in=teams_of(request), is_active=True)
    return list(members.order_by("first_name", "last_name", "username").distinct()[:50])

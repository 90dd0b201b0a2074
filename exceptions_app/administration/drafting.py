"""Rules are edited into a draft: nothing that is saved here holds before somebody else reviewed it."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from erp_connectors import clock
from exceptions_app.administration import policy_forms
from exceptions_app.administration.recorded import RecordedAdmin, actor_of
from exceptions_app.people.models import User
from exceptions_app.policies import drafts
from exceptions_app.policies.changes import lay_upon, table_of, values_of
from exceptions_app.policies.draft_models import Action, DraftState, PolicyChange, PolicyDraft
from exceptions_app.policies.models import PolicyRow
from exceptions_app.policies.sentences import Names, in_short, sentence

#: Which draft the person writes into, kept in their session; the pages of the rules set it too.
CHOSEN = "policy_draft"
LONGEST_TITLE = 200
LAST = ("owner", "valid_from", "valid_until", "release")


def draft_of(request: HttpRequest) -> PolicyDraft | None:
    """Return the draft the person writes into: the one they chose, else their newest."""
    person: User = request.user  # type: ignore[assignment]
    written = PolicyDraft.objects.filter(state=DraftState.WRITTEN)
    chosen = written.filter(pk=request.session.get(CHOSEN, 0)).first()
    if chosen is not None and drafts.may(person, "edit_policies", chosen):
        return chosen
    return written.filter(created_by=person).order_by("-pk").first()


class PolicyAdmin(RecordedAdmin):
    """Puts every change of a rule into the person's draft, which is begun where there is none."""

    form = policy_forms.PolicyForm
    subject_kind = "policy"
    readonly_fields = ("release",)
    actions = ("remove_in_draft",)
    change_list_template = "admin/policies/list.html"
    change_form_template = "admin/policies/form.html"
    delete_confirmation_template = "admin/policies/removal.html"

    # --- what is shown --------------------------------------------------------------------------------------

    def get_list_display(self, request: HttpRequest) -> Any:
        """Say what the draft would make of each row, where it says anything about such rules."""
        first, *others = super().get_list_display(request)
        changes = self._changes(request).exclude(action=Action.ADD)
        return [first, *([_in_draft(changes)] if changes.exists() else []), *others]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Begin with what a rule is about and says; who answers for it, and when it holds, come last."""
        found = list(super().get_fields(request, obj))
        return [*(name for name in found if name not in LAST), *(name for name in LAST if name in found)]

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Lead to the history of the rule, which is everybody's."""
        about = urlencode({"subject": f"{table_of(self.model)} {object_id}"})
        return HttpResponseRedirect(f"{reverse('web:audit')}?{about}")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        """Say above the form into which draft it is saved."""
        return super().changeform_view(request, object_id, form_url, {"draft": draft_of(request)})

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Let every rule be removed in a draft, which says itself where it is still in use."""
        return [], {}, set(), []

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Say above the question into which draft the removal goes."""
        return super().delete_view(request, object_id, {"draft": draft_of(request)})

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Say above the list which rules the draft adds."""
        if request.method == "GET":
            for change in self._changes(request).filter(action=Action.ADD):
                self._say(request, change)
        return super().changelist_view(request, {"draft": draft_of(request)})

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return a rule as the draft has it, in memory."""
        row: Any = super().get_object(request, object_id, from_field)
        change = None if row is None else self._changes(request).filter(row_id=row.pk).first()
        if change is not None:
            lay_upon(row, change.after)
        return row

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """Let the form know the draft it is saved into."""
        form: Any = super().get_form(request, obj, change, **options)
        named = self._named(request)
        form.draft, form.instead_of = draft_of(request), None if named is None else named.row_id
        return form

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with a rule that the draft adds already, where its change is named."""
        change = self._named(request)
        return super().get_changeform_initial_data(request) if change is None else dict(change.after)

    # --- what is saved --------------------------------------------------------------------------------------

    def save_model(self, request: HttpRequest, row: PolicyRow, form: Any, change: bool) -> None:
        """Write the rule into the draft; the rule itself stays as it is."""
        if form.changed_data or not change:
            action = Action.CHANGE if change else Action.ADD
            row.written_in = self._write(request, row, action)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing is edited beside a rule."""

    def delete_model(self, request: HttpRequest, row: PolicyRow) -> None:
        """Write into the draft that the rule is removed."""
        row.written_in = self._write(request, row, Action.REMOVE)  # type: ignore[attr-defined]

    def remove_in_draft(self, request: HttpRequest, rows: QuerySet[PolicyRow]) -> None:
        """Write into the draft that the chosen rules are removed."""
        for row in rows:
            self._say(request, self._write(request, row, Action.REMOVE))

    remove_in_draft.short_description = "Remove in your draft"  # type: ignore[attr-defined]

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer to remove in the draft, and not at once; to those who may remove at all."""
        found = super().get_actions(request)
        found.pop("delete_selected", None)
        if not self.has_delete_permission(request):
            found.pop("remove_in_draft", None)
        return found

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Say which draft the rule is in, and go on."""
        written = getattr(obj, "written_in", None)
        self._say(request, written)
        if "_addanother" in request.POST:
            return HttpResponseRedirect(request.path)
        if "_continue" in request.POST and written is not None:
            return HttpResponseRedirect(f"{request.path}?change={written.pk}")
        return HttpResponseRedirect(self._list())

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """Say which draft the change is in, and go on."""
        self._say(request, getattr(obj, "written_in", None))
        if "_addanother" in request.POST:
            return HttpResponseRedirect(reverse(f"admin:exceptions_app_{table_of(obj)}_add"))
        return HttpResponseRedirect(request.path if "_continue" in request.POST else self._list())

    def response_delete(self, request: HttpRequest, obj_display: str, obj_id: Any) -> HttpResponse:
        """Say which draft the removal is in."""
        self._say(request, self._changes(request).filter(row_id=obj_id).first())
        return HttpResponseRedirect(self._list())

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing was added yet; the history tells what was written into the draft."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Nothing was changed yet."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing was removed yet."""

    # --- the draft ------------------------------------------------------------------------------------------

    def _changes(self, request: HttpRequest) -> QuerySet[PolicyChange]:
        """Return what the draft of the person says about rules of this kind."""
        found = PolicyChange.objects.filter(table=table_of(self.model)).order_by("pk")
        draft = draft_of(request)
        return found.none() if draft is None else found.filter(draft=draft)

    def _named(self, request: HttpRequest) -> PolicyChange | None:
        """Return the added rule of the draft that the address names."""
        text = request.GET.get("change", "")
        return self._changes(request).filter(pk=text, action=Action.ADD).first() if text.isdigit() else None

    def _write(self, request: HttpRequest, row: PolicyRow, action: Action) -> PolicyChange | None:
        by, at = actor_of(request), clock.now()
        draft = draft_of(request)
        if draft is None:
            words = f"{self.opts.verbose_name}: {row}"
            draft = drafts.begin(words[:1].upper() + words[1:LONGEST_TITLE], by=by, at=at)
        request.session[CHOSEN] = draft.pk
        there = None if row.pk is None else type(row)._default_manager.get(pk=row.pk)
        named = self._named(request)
        return drafts.write(
            draft.pk,
            row,
            action,
            before={} if there is None else values_of(there),
            by=by,
            at=at,
            instead_of=None if named is None else named.pk,
        )

    def _say(self, request: HttpRequest, change: PolicyChange | None) -> None:
        """Say what stands in the draft now, with the way there."""
        if change is None:
            self.message_user(request, gettext("Nothing is changed: the rule is like this already."))
            return
        self.message_user(
            request,
            format_html(
                '<a href="{}">{} {}</a>: {}. {}',
                reverse("web:policy_draft", args=[change.draft_id]),
                gettext("Draft"),
                change.draft_id,
                sentence(change),
                gettext("It holds once somebody else reviewed the draft and it is published."),
            ),
            messages.SUCCESS,
        )

    def _list(self) -> str:
        return reverse(f"admin:exceptions_app_{table_of(self.model)}_changelist")


def _in_draft(changes: QuerySet[PolicyChange]) -> Callable[[PolicyRow], str]:
    """Return a column that says what a draft would make of a row; the draft is read once for all rows."""
    told: dict[int | None, str] = {}
    is_read = False

    def in_draft(row: PolicyRow) -> str:
        nonlocal is_read
        if not is_read:
            listed = list(changes)
            names = Names().read(listed)
            told.update({change.row_id: in_short(change, names) for change in listed})
            is_read = True
        return told.get(row.pk, "")

    in_draft.short_description = _("In your draft")  # type: ignore[attr-defined]
    return in_draft

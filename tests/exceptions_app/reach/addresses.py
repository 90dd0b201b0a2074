"""The table of who reaches which page: one row for every address outside the API and the administration.

A new page is one line in PAGES: its name, its address with the keys of `tests.builders.everything` in braces,
and who reaches it. The routes of the API have their table in `tests/exceptions_app/api/test_access.py`.
"""

from dataclasses import dataclass

#: Of Weserland: bea works in procurement, which has the case, and paul leads it; pia of planning
#: has a task on it; wade of the warehouse has not heard of it; ed is in the integration team; ivo reads as
#: auditor. ada is superuser, stray is in no team, and rival manages procurement in another company.
PEOPLE = frozenset({"bea", "paul", "pia", "wade", "ed", "ivo", "ada", "stray", "rival"})

NOBODY: frozenset[str] = frozenset()
EVERYBODY = PEOPLE
HOUSE = PEOPLE - {"stray", "rival"}
#: Incidents are for those who work in the company.
IN_TEAMS = HOUSE - {"ada"}
OWN_TEAM = frozenset({"bea", "paul"})
#: Who sees the case: its team, who is asked for something, and who oversees the company.
CASE = OWN_TEAM | {"pia", "ivo", "ada"}
#: Who may look into a queue that is not theirs.
QUEUE = OWN_TEAM | {"ivo", "ada"}
LEADS = frozenset({"paul", "ivo", "ada"})
EXCHANGE = LEADS | {"ed"}
#: Of their own company: what is of Weserland does not exist for rival.
LISTS_OF_LEADS, LISTS_OF_EXCHANGE = LEADS | {"rival"}, EXCHANGE | {"rival"}
#: Who changes rules of a company of their own, or of all.
MANAGERS = frozenset({"ada", "rival"})
HISTORY = frozenset({"ivo", "ada"})
LISTS_OF_HISTORY = HISTORY | {"rival"}
BEA = frozenset({"bea"})


@dataclass(frozen=True)
class Page:
    """An address, who reaches it, and what it says to anybody else who is signed in.

    404: it does not exist for them. 403: they know that there is such a page, and are told whom it is for;
    a row of another company does not exist all the same.
    Whoever is not signed in is asked to do so, unless it `is_public`. What is posted comes back with what is
    wrong with it, or with what it did: both mean that it was reached.
    """

    path: str
    who: frozenset[str]
    method: str = "get"
    refused: int = 404
    is_public: bool = False
    sent: tuple[tuple[str, str], ...] = ()


def post(path: str, who: frozenset[str], **sent: str) -> Page:
    """Return a page that takes what is sent to it."""
    return Page(path, who, "post", sent=tuple(sent.items()))


TEAM = "queues/weserland/PRO/"
PAGES: dict[str, Page] = {
    "healthz": Page("healthz", EVERYBODY, is_public=True),
    "readyz": Page("readyz", EVERYBODY, is_public=True),
    "metrics": Page("metrics", EVERYBODY, is_public=True),
    "web:login": Page("login/", EVERYBODY, is_public=True),
    "web:logout": Page("logout/", EVERYBODY, "post", is_public=True),
    "account_login": Page("login/", EVERYBODY, is_public=True),
    "account_logout": Page("logout/", EVERYBODY, "post", is_public=True),
    "mfa_authenticate": Page("login/second-factor/", EVERYBODY, is_public=True),
    "known_browser": Page("login/known/nonsense/", EVERYBODY, is_public=True),
    "mfa_login_webauthn": Page("login/passkey/", EVERYBODY, is_public=True),
    "directory": Page("login/directory/", NOBODY, is_public=True),
    "directory_back": Page("login/directory/back/", NOBODY, is_public=True),
    "sign_in_to_administration": Page("admin/login/", NOBODY, is_public=True),
    "password_in_administration": Page("admin/password_change/", EVERYBODY),
    "account_reauthenticate": Page("profile/confirm/", EVERYBODY),
    "mfa_reauthenticate": Page("profile/confirm/code/", EVERYBODY),
    "mfa_reauthenticate_webauthn": Page("profile/confirm/passkey/", EVERYBODY),
    "mfa_index": Page("profile/security/", EVERYBODY),
    "mfa_list_webauthn": Page("profile/security/", EVERYBODY),
    "account_change_password": Page("profile/security/password/", EVERYBODY),
    "end_other_sessions": post("profile/security/sessions/end/", EVERYBODY),
    "end_session": post("profile/security/sessions/{document}/end/", EVERYBODY),
    "mfa_activate_totp": Page("profile/security/app/", EVERYBODY),
    "mfa_deactivate_totp": Page("profile/security/app/remove/", NOBODY),
    "mfa_add_webauthn": Page("profile/security/passkeys/add/", EVERYBODY),
    "mfa_edit_webauthn": Page("profile/security/passkeys/{view}/", EVERYBODY),
    "mfa_remove_webauthn": Page("profile/security/passkeys/{view}/remove/", EVERYBODY),
    "mfa_view_recovery_codes": Page("profile/security/codes/", NOBODY),
    "mfa_generate_recovery_codes": Page("profile/security/codes/new/", EVERYBODY),
    "mfa_download_recovery_codes": Page("profile/security/codes/download/", NOBODY),
    "web:home": Page("", EVERYBODY),
    "web:queue": Page(TEAM, QUEUE),
    "web:export": Page(f"{TEAM}export/csv/", QUEUE),
    "web:bulk": post(f"{TEAM}bulk/", QUEUE, verb="take"),
    "web:bulk_do": post(f"{TEAM}bulk/take/", QUEUE),
    "web:ask_many": post(f"{TEAM}ask/", QUEUE),
    "web:ask_many_send": post(f"{TEAM}ask/send/", QUEUE),
    "web:view_save": post("views/", EVERYBODY),
    "web:view_delete": post("views/{view}/delete/", BEA),
    "web:cases": Page("cases/", EVERYBODY),
    "web:case": Page("cases/{case}/", CASE),
    "web:ask": Page("cases/{case}/ask/?inquiry=confirm", CASE),
    "web:ask_preview": post("cases/{case}/ask/preview/", CASE),
    "web:message_send_again": post("cases/{case}/messages/{message}/send-again/", CASE),
    "web:why": Page("cases/{case}/why/", CASE),
    "web:pulse": Page("cases/{case}/pulse/", CASE),
    "web:verb": post("cases/{case}/do/comment/", CASE),
    "web:document": Page("cases/{case}/documents/{document}/", CASE),
    "web:propose": post("cases/{case}/propose/split/", CASE),
    "web:preview": Page("cases/{case}/propose/split/preview/", CASE),
    "web:complete_task": post("tasks/{task}/complete/", CASE),
    "web:decide": post("proposals/{proposal}/decide/", CASE, decision="approve"),
    "web:proposal": Page("proposals/{proposal}/of-last-week/", CASE),
    "web:proposal_again": Page("proposals/{proposal}/again/", CASE),
    "web:proposal_edit": Page("proposals/{proposal}/edit/", CASE),
    "web:approvals": Page("approvals/", EVERYBODY),
    "web:matched": Page("documents/matched/", EVERYBODY),
    "web:loose_lines": Page("documents/{head}/lines/", HOUSE),
    "web:unmatch": post("documents/{head}/lines/undo/", HOUSE),
    "web:incidents": Page("incidents/", EVERYBODY),
    "web:incident": Page("incidents/{incident}/", IN_TEAMS),
    "web:incident_change": post("incidents/{incident}/change/confirm/", IN_TEAMS),
    "web:incident_decide": Page("incidents/{incident}/decide/accept_date/", IN_TEAMS),
    "web:bundle": Page("bundles/{bundle}/", CASE),
    "web:notifications": Page("notifications/", EVERYBODY),
    "web:bell": Page("notifications/bell/", EVERYBODY),
    "web:notifications_read": post("notifications/read/", EVERYBODY),
    "web:search": Page("search/?q=EX-1", EVERYBODY),
    "web:order": Page("orders/{order}/", HOUSE),
    "web:order_decide": Page("orders/{order}/decide/", HOUSE),
    "web:order_document": Page("orders/{order}/documents/{document}/", HOUSE),
    "web:interchanges": Page("interchanges/", LISTS_OF_EXCHANGE, refused=403),
    "web:interchange": Page("interchanges/{interchange}/", EXCHANGE, refused=403),
    "web:interchange_read_again": Page(
        "interchanges/{interchange}/read-again/", EXCHANGE, "post", refused=403
    ),
    "web:interchange_correct": Page("interchanges/{interchange}/correct/", EXCHANGE, refused=403),
    "web:connections": Page("connections/", LISTS_OF_EXCHANGE, refused=403),
    "web:shadow": Page("shadow/", LISTS_OF_LEADS, refused=403),
    "web:shadow_export": Page("shadow/export/csv/", LISTS_OF_LEADS, refused=403),
    "web:policies": Page("policies/", LISTS_OF_LEADS, refused=403),
    "web:policy_begin": Page("policies/begin/", MANAGERS, "post", refused=403),
    "web:policy_export": Page("policies/export/", LISTS_OF_LEADS, refused=403),
    "web:policy_import": Page("policies/import/", MANAGERS, refused=403),
    "web:policy_draft": Page("policies/drafts/{draft}/", LEADS, refused=403),
    "web:policy_change": Page("policies/drafts/{draft}/do/comment/", LEADS, "post", refused=403),
    "web:policy_write": Page("policies/drafts/{draft}/write/tolerancerow/", frozenset({"ada"}), refused=403),
    "web:policy_draft_export": Page("policies/drafts/{draft}/export/", LEADS, refused=403),
    "web:backtest_start": Page("policies/drafts/{draft}/backtest/", frozenset({"ada"}), "post", refused=403),
    "web:draft_findings": Page("policies/drafts/{draft}/shadow/", LEADS, refused=403),
    "web:draft_shadow": Page("policies/drafts/{draft}/shadow/end/", frozenset({"ada"}), "post", refused=403),
    "web:backtest": Page("policies/backtests/{backtest}/", LEADS, refused=403),
    "web:backtest_stop": Page("policies/backtests/{backtest}/stop/", frozenset({"ada"}), "post", refused=403),
    "web:backtest_export": Page("policies/backtests/{backtest}/export/csv/", LEADS, refused=403),
    "web:policy_release": Page("policies/releases/1/", LISTS_OF_LEADS, refused=403),
    "web:policy_take_back": Page("policies/releases/1/take-back/", MANAGERS, "post", refused=403),
    "web:mail": Page("mail/", LISTS_OF_EXCHANGE, refused=403),
    "web:mail_message": Page("mail/{message}/", EXCHANGE, refused=403),
    "web:tokens": Page("tokens/", frozenset({"ada"})),
    "web:token_revoke": Page("tokens/{token}/revoke/", frozenset({"ada"}), "post"),
    "web:audit": Page("audit/", LISTS_OF_HISTORY, refused=403),
    "web:audit_export": Page("audit/export/csv/", LISTS_OF_HISTORY, refused=403),
    "web:audit_sample": Page("audit/sample/", LISTS_OF_HISTORY, refused=403),
    "web:audit_sample_export": Page("audit/sample/export/csv/", LISTS_OF_HISTORY, refused=403),
    "web:audit_report": Page("audit/report/", LISTS_OF_HISTORY, refused=403),
    "web:audit_event": Page("audit/{event}/", HISTORY, refused=403),
    "web:profile": Page("profile/", EVERYBODY),
    "web:delegations": Page("profile/delegations/", EVERYBODY),
    "web:delegation_end": post("profile/delegations/{delegation}/end/", BEA),
    "web:theme": post("profile/theme/", EVERYBODY),
    "analytics:confirmations": Page("analytics/confirmations/", EVERYBODY),
    "analytics:confirmation_suppliers_csv": Page("analytics/confirmations/suppliers.csv", EVERYBODY),
    "analytics:confirmation_lines": Page("analytics/confirmations/lines/", EVERYBODY),
    "analytics:confirmation_lines_csv": Page("analytics/confirmations/lines.csv", EVERYBODY),
    "analytics:times": Page("analytics/times/", EVERYBODY),
    "analytics:time_cases": Page("analytics/times/cases/", EVERYBODY),
    "analytics:time_cases_csv": Page("analytics/times/cases.csv", EVERYBODY),
}
#: Addresses of the administration that are no screen of a model.
ADMINISTRATION = frozenset(
    {
        "admin:index",
        "admin:login",
        "admin:logout",
        "admin:password_change",
        "admin:password_change_done",
        "admin:auth_user_password_change",
        "admin:autocomplete",
        "admin:jsi18n",
        "admin:view_on_site",
        "admin:app_list",
        "admin:routing_bench",
        "admin:None",
    }
)

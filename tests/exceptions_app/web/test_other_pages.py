"""Notifications, search, orders, interchanges, connections, profile, signing in: page, then fragment."""

import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.translation import override

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.canonical.documents import Confirmation, ConfirmationLine, LineAnswer, OfferedPart
from erp_connectors.canonical.values import DocumentVersion, Quantity
from erp_connectors.documents.models import Document
from erp_connectors.exchange.models import StreamState
from exceptions_app.cases.models import Case
from exceptions_app.people.models import User
from tests.builders import factories as make
from tests.builders.factories import PASSWORD, TUESDAY_TEN
from tests.exceptions_app.web.scenes import FRAGMENT, Scene, set_scene
from tests.exceptions_app.web.test_cases import PAYLOAD, text_of

X12_HEAD = (
    b"ISA*00*          *00*          *ZZ*SUP77          *ZZ*WESERLAND      "
    b"*261124*0900*U*00401*000005521*0*P*>~"
)
X12_BODY = b"ST*855*0001~BAK*00*AC*4500000001*20261124~ACK*IQ*82*EA~SE*4*0001~"

SCENE = set_scene


def words_of(scene: Scene, who: str, path: str) -> str:
    answer = scene.browser(who).get(path)
    assert answer.status_code == 200
    return text_of(answer.content.decode())


# --- notifications ------------------------------------------------------------------------------------------


def test_the_bell_counts_what_a_person_or_their_team_has_not_read(scene: Scene) -> None:
    case = scene.shortage()
    make.NotificationFactory.create(case=case, team=scene.world.teams["PRO"], title="Short again")
    make.NotificationFactory.create(case=case, team=None, person=scene.world.people["bea"], title="For Bea")
    make.NotificationFactory.create(case=case, team=scene.world.teams["PLN"], title="For planning")
    page = scene.browser("bea").get("/notifications/").content.decode()

    assert "Short again" in page
    assert "For Bea" in page
    assert "For planning" not in page
    assert "2 unread" in text_of(page)


def test_the_bell_is_counted_anew_without_the_page(scene: Scene) -> None:
    bea = scene.browser("bea")
    quiet = bea.get("/notifications/bell/", headers=FRAGMENT).content.decode()
    make.NotificationFactory.create(case=scene.shortage(), team=scene.world.teams["PRO"])
    rung = bea.get("/notifications/bell/", headers=FRAGMENT).content.decode()

    assert "unread" not in text_of(quiet)
    assert "1 unread" in text_of(rung)


def test_reading_is_each_persons_own(scene: Scene) -> None:
    make.NotificationFactory.create(case=scene.shortage(), team=scene.world.teams["PRO"])
    scene.browser("bea").post("/notifications/read/")

    assert "unread" not in words_of(scene, "bea", "/approvals/")
    assert "1 unread" in words_of(scene, "paul", "/approvals/")


def test_one_notification_is_marked_read_alone(scene: Scene) -> None:
    case = scene.shortage()
    first, _second = (
        make.NotificationFactory.create(case=case, team=scene.world.teams["PRO"], title=title)
        for title in ("One", "Two")
    )
    scene.browser("bea").post("/notifications/read/", {"id": str(first.pk)})

    assert list(first.read_by.all()) == [scene.world.people["bea"]]
    assert "1 unread" in words_of(scene, "bea", "/notifications/")


def test_the_notifications_of_another_team_cannot_be_marked(scene: Scene) -> None:
    foreign = make.NotificationFactory.create(case=scene.shortage(), team=scene.world.teams["PLN"])
    scene.browser("bea").post("/notifications/read/", {"id": str(foreign.pk)})

    assert not foreign.read_by.exists()


def test_what_arrived_at_once_is_one_entry_that_is_read_at_once(scene: Scene) -> None:
    case, bea = scene.shortage(), scene.browser("bea")
    for n in range(14):
        make.NotificationFactory.create(case=case, team=scene.world.teams["PRO"], title=f"Short {n}")
    page = bea.get("/notifications/").content.decode()

    assert "14 new cases" in page
    assert '<a href="/queues/weserland/PRO/"><strong>14 new cases</strong></a>' in page
    assert "Short 13" in page
    assert "and 4 more" in page
    assert "1 unread" in text_of(page)

    key = page.partition('name="burst" value="')[2].partition('"')[0]
    bea.post("/notifications/read/", {"burst": key})
    assert "unread" not in words_of(scene, "bea", "/approvals/")


# --- search -------------------------------------------------------------------------------------------------


def test_search_finds_cases_orders_and_customer_orders_with_what_holds_them_up(scene: Scene) -> None:
    case = scene.shortage()
    line = case.lines.get().order_line
    assert line is not None
    make.CustomerDemandFactory.create(
        item=line.item, warehouse=scene.world.warehouse, order_number="SO-881", customer="Kessler"
    )

    assert "18 EA short on EX-1" in words_of(scene, "bea", "/search/?q=EX-1")
    assert "Purchase orders Order Supplier" in words_of(scene, "bea", "/search/?q=4500000001")
    assert "SO-881 / 1 Kessler A" in words_of(scene, "bea", "/search/?q=kessl")
    assert "EX-1 18 EA short on EX-1" in words_of(scene, "bea", "/search/?q=SO-881")


def test_search_shows_nothing_of_another_company(scene: Scene) -> None:
    make.order_line(make.ground("elbeland", supplier_number="78"), number="4711000001")

    assert "Nothing fits “4711”" in words_of(scene, "bea", "/search/?q=4711")


def test_search_wants_two_letters(scene: Scene) -> None:
    assert "What are you looking for?" in words_of(scene, "bea", "/search/?q=x")


# --- orders -------------------------------------------------------------------------------------------------


def test_an_order_shows_where_every_line_stands(scene: Scene) -> None:
    line = make.order_line(scene.world)
    make.offer(line, (82, date(2026, 12, 2)))
    make.order_line(scene.world, line="20", quantity=Decimal(5))
    browser = scene.browser("wade")
    page = browser.get(f"/orders/{line.order_id}/")
    words = text_of(page.content.decode())

    assert "Quantity 100 pcs 82 pcs −18 −18.0 %" in words
    assert "Quantity 5 pcs – not said – cannot be said" in words
    fragment = browser.get(f"/orders/{line.order_id}/", headers=FRAGMENT).content.decode().strip()
    assert fragment.startswith('<section class="page order"')


# --- a document beside its bytes ----------------------------------------------------------------------------


def confirmation_of(scene: Scene, case: Case, *, notes: tuple[str, ...] = ()) -> Document:
    assert case.order is not None
    payload = X12_HEAD + X12_BODY + b"IEA*1*000005521~"
    transaction = make.TransactionFactory.create(
        interchange=make.InterchangeFactory.create(
            connection=scene.world.edi, payload=payload, verdict="accept"
        ),
        offset_from=len(X12_HEAD),
        offset_to=len(X12_HEAD) + len(X12_BODY),
        findings=[{"code": "DATE_MISSING", "text": "No date for 18.", "severity": "warning", "offset": 120}],
    )
    content = Confirmation(
        order_number=case.order.number,
        version=DocumentVersion(TUESDAY_TEN),
        lines=(
            ConfirmationLine(
                line_number="10",
                answers=(LineAnswer.CHANGED,),
                offered=(OfferedPart(Quantity(Decimal(82), "EA"), date(2026, 12, 2)),),
                rule="IQ",
            ),
        ),
        notes=notes,
    )
    document: Document = make.DocumentFactory.create(
        kind="confirmation", connection=scene.world.erp, content=to_builtins(content), transaction=transaction
    )
    reference = make.OrderReferenceFactory.create(
        connection=scene.world.erp, supplier_number="77", order_number=case.order.number
    )
    document.orders.add(reference)
    return document


def test_a_document_stands_beside_its_bytes_with_its_own_part_marked(scene: Scene) -> None:
    case = scene.shortage()
    document = confirmation_of(scene, case)
    page = scene.browser("bea").get(f"/cases/EX-1/documents/{document.pk}/").content.decode()
    words = text_of(page)

    assert "10 – changed 82 pcs 2 Dec 2026" in words
    assert re.search(r"<mark>ACK\*IQ\*82\*EA~</mark>", page)
    assert not re.search(r"<mark>ISA", page)
    assert "DATE_MISSING No date for 18." in words
    assert f"Bytes {len(X12_HEAD)} to {len(X12_HEAD) + len(X12_BODY)} of the file" in words


def test_the_case_lists_the_document_and_loads_it_on_demand(scene: Scene) -> None:
    document = confirmation_of(scene, scene.shortage())
    browser = scene.browser("bea")
    page = browser.get("/cases/EX-1/").content.decode()
    fragment = browser.get(f"/cases/EX-1/documents/{document.pk}/", headers=FRAGMENT).content.decode()

    assert f'hx-get="/cases/EX-1/documents/{document.pk}/"' in page
    assert "ACK*IQ" not in page
    assert fragment.strip().startswith('<div class="raw-and-read">')


def test_an_order_leads_to_its_documents_whoever_has_the_case(scene: Scene) -> None:
    case = scene.shortage()
    document = confirmation_of(scene, case)
    browser, path = scene.browser("wade"), f"/orders/{case.order_id}/"

    assert f'href="{path}documents/{document.pk}/"' in browser.get(path).content.decode()
    page = browser.get(f"{path}documents/{document.pk}/").content.decode()
    assert "ACK*IQ*82*EA~" in page
    assert "The whole interchange" not in page
    assert (
        "The whole interchange"
        in scene.browser("paul").get(f"{path}documents/{document.pk}/").content.decode()
    )


def test_notes_of_a_partner_are_shown_and_never_run(scene: Scene) -> None:
    document = confirmation_of(scene, scene.shortage(), notes=(PAYLOAD,))
    page = scene.browser("bea").get(f"/cases/EX-1/documents/{document.pk}/").content.decode()

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_document_of_another_order_does_not_exist_here(scene: Scene) -> None:
    document = confirmation_of(scene, scene.shortage("EX-2"))
    scene.shortage("EX-1")

    assert scene.browser("bea").get(f"/cases/EX-1/documents/{document.pk}/").status_code == 404


# --- interchanges and connections ---------------------------------------------------------------------------


def test_interchanges_in_trouble_come_first(scene: Scene) -> None:
    make.InterchangeFactory.create(connection=scene.world.edi, file_name="good.edi", status="processed")
    make.InterchangeFactory.create(
        connection=scene.world.edi,
        file_name="broken.edi",
        status="quarantined",
        received_at=TUESDAY_TEN - timedelta(days=1),
        findings=[{"code": "ISA_LENGTH", "text": "18 characters short.", "severity": "error"}],
    )
    words = words_of(scene, "ed", "/interchanges/")

    assert words.index("broken.edi") < words.index("good.edi")
    assert "ISA_LENGTH 18 characters short." in words
    assert "good.edi" not in words_of(scene, "ed", "/interchanges/?status=quarantined")


def test_interchanges_page_by_page(scene: Scene) -> None:
    for n in range(53):
        make.InterchangeFactory.create(
            connection=scene.world.edi,
            file_name=f"f{n:02}.edi",
            received_at=TUESDAY_TEN - timedelta(minutes=n),
        )
    browser = scene.browser("ed")
    first = browser.get("/interchanges/").content.decode()
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = browser.get(older[1].replace("&amp;", "&")).content.decode()

    assert set(re.findall(r"f\d\d\.edi", second)) == {"f50.edi", "f51.edi", "f52.edi"}


@pytest.mark.parametrize("older", ["x", "2026-11-24T09:00:00+00:00~x", "~", "2026-99-99~1"])
def test_a_place_nobody_gave_begins_interchanges_at_the_top(scene: Scene, older: str) -> None:
    make.InterchangeFactory.create(connection=scene.world.edi, file_name="here.edi")
    assert "here.edi" in scene.browser("ed").get("/interchanges/", {"older": older}).content.decode()


def test_an_interchange_shows_verdicts_findings_and_its_bytes_with_offsets(scene: Scene) -> None:
    document = confirmation_of(scene, scene.shortage())
    assert document.transaction is not None
    path = f"/interchanges/{document.transaction.interchange_id}/"
    browser = scene.browser("ed")
    page = browser.get(f"{path}?mark={document.transaction.position}").content.decode()

    assert f'<span class="offset">{len(X12_HEAD)}</span><mark>ST*855*0001~</mark>' in page
    assert "DATE_MISSING" in page
    assert (
        browser.get(path, headers=FRAGMENT).content.decode().strip().startswith('<section class="exchange"')
    )


def test_a_long_interchange_is_read_in_parts(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"".join(b"row %05d\n" % n for n in range(6000))
    interchange = make.InterchangeFactory.create(connection=scene.world.erp, payload=rows)
    browser, path = scene.browser("ed"), f"/interchanges/{interchange.pk}/"
    first = browser.get(path).content.decode()

    assert "row 00000" in first
    assert "row 05999" not in first
    assert "row 05999" in browser.get(f"{path}?from=40000").content.decode()


def test_a_file_that_is_no_text_is_not_shown_as_text(scene: Scene) -> None:
    interchange = make.InterchangeFactory.create(
        connection=scene.world.erp, payload=b"PK\x03\x04\x00\x00", sha256="0" * 64
    )

    assert "The file is not text" in words_of(scene, "ed", f"/interchanges/{interchange.pk}/")


def test_connections_tell_how_far_each_stream_is_read_and_the_last_error(scene: Scene) -> None:
    StreamState.objects.filter(connection=scene.world.erp, stream="orders").update(
        failures=3, last_error="The folder is gone."
    )
    StreamState.objects.filter(connection=scene.world.edi).update(watermark=TUESDAY_TEN - timedelta(hours=2))
    words = words_of(scene, "ed", "/connections/")

    assert "Orders 10:00 10:00 Failing The folder is gone. (3×)" in words
    assert "Confirmations 08:00 10:00 Lags" in words


def test_a_mailbox_reaches_as_far_as_what_it_holds_is_processed(scene: Scene) -> None:
    StreamState.objects.filter(connection=scene.world.edi).delete()
    current = words_of(scene, "ed", "/connections/")
    make.InterchangeFactory.create(
        connection=scene.world.edi,
        status="received",
        received_at=TUESDAY_TEN - timedelta(hours=1),
        due_at=TUESDAY_TEN,
    )
    lagging = words_of(scene, "ed", "/connections/")

    assert "Confirmations 10:00 – Current" in current
    assert "Confirmations 09:00 – Lags" in lagging


# --- a person's own settings --------------------------------------------------------------------------------


def test_a_person_chooses_zone_language_and_theme(scene: Scene) -> None:
    bea = scene.browser("bea")
    entered = {
        "first_name": "Bea",
        "last_name": "Brandt",
        "email": "bea@example.com",
        "time_zone": "America/New_York",
        "theme": "dark",
        "language": "de",
    }
    # A request leaves its language behind in the thread.
    with override("en"):
        answer = bea.post("/profile/", entered)
        page = bea.get("/profile/").content.decode()

    assert answer.status_code == 302
    assert 'lang="de" data-theme="dark"' in page
    assert User.objects.get(username="bea").time_zone == "America/New_York"


def test_times_are_shown_in_the_persons_zone(scene: Scene) -> None:
    User.objects.filter(username="bea").update(time_zone="Asia/Tokyo")
    case = scene.shortage()
    make.WatchFactory.create(subject_id=case.order_id, blind_since=TUESDAY_TEN)

    assert "Blind since 18:00" in words_of(scene, "bea", "/queues/weserland/PRO/")


def test_a_zone_that_does_not_exist_is_refused(scene: Scene) -> None:
    answer = scene.browser("bea").post("/profile/", {"time_zone": "Mars/Olympus", "theme": "dark"})

    assert answer.status_code == 422


def test_the_theme_is_kept_from_the_menu(scene: Scene) -> None:
    bea = scene.browser("bea")

    assert bea.post("/profile/theme/", {"theme": "light"}, headers=FRAGMENT).status_code == 204
    assert User.objects.get(username="bea").theme == "light"
    bea.post("/profile/theme/", {"theme": "<b>"})
    assert User.objects.get(username="bea").theme == "light"


@pytest.mark.parametrize(
    ("path", "start"),
    [
        ("/queues/weserland/PRO/", '<section class="queue"'),
        ("/cases/", '<section class="queue"'),
        ("/cases/EX-1/", '<article class="case"'),
        ("/approvals/", '<section class="inbox'),
        ("/notifications/", '<section class="page" id="news"'),
        ("/search/?q=EX-1", '<section class="page queue" id="results"'),
        ("/interchanges/", '<section class="exchange" id="interchanges"'),
        ("/connections/", '<section class="exchange" id="connections"'),
    ],
)
def test_a_page_and_its_fragment_are_one_template(scene: Scene, path: str, start: str) -> None:
    scene.shortage()
    paul = scene.browser("paul")
    page = paul.get(path).content.decode()
    fragment = paul.get(path, headers=FRAGMENT).content.decode().strip()

    assert page.startswith("<!doctype html>")
    assert start in page
    assert fragment.startswith(start)
    assert "<nav" not in fragment.split(start)[0]


# --- signing in ---------------------------------------------------------------------------------------------


def test_a_wrong_password_is_told_without_saying_which_part_was_wrong(scene: Scene) -> None:
    answer = Client().post("/login/", {"username": "bea", "password": "wrong"})

    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode()


def test_too_many_wrong_passwords_slow_the_name_down(scene: Scene) -> None:
    client = Client()
    for _ in range(10):
        answer = client.post("/login/", {"username": "bea", "password": "wrong"})
    locked = client.post("/login/", {"username": "bea", "password": PASSWORD})

    assert answer.status_code == 429
    assert locked.status_code == 429
    assert "within 2 minutes" in locked.content.decode()


def test_signing_in_leads_where_one_wanted_to_go_and_nowhere_else(scene: Scene) -> None:
    entered = {"username": "bea", "password": PASSWORD}

    inside = Client().post("/login/", entered | {"next": "/approvals/"})
    outside = Client().post("/login/", entered | {"next": "https://elsewhere.example/"})

    assert inside["Location"] == "/approvals/"
    assert outside["Location"] == "/"


def test_signing_out_takes_a_form_not_a_link(scene: Scene) -> None:
    bea = scene.browser("bea")

    assert bea.get("/logout/").status_code == 405
    assert bea.post("/logout/")["Location"] == "/login/"
    assert bea.get("/approvals/").status_code == 302


@pytest.mark.parametrize(("path", "status"), [("/no-such-page/", 404), ("/queues/weserland/XXX/", 404)])
def test_a_refusal_is_a_page_that_leads_back_to_work(scene: Scene, path: str, status: int) -> None:
    answer = scene.browser("bea").get(path)

    assert answer.status_code == status
    assert "Go to your queue" in answer.content.decode()

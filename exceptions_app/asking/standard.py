"""The standard words of mails to suppliers, which hold where no administrator has written others. Pure."""

from dataclasses import dataclass

from exceptions_app.detection.inquiries import Inquiry
from suppliers.profiles import Language

EN, DE = Language.ENGLISH, Language.GERMAN


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one mail: subject, body, and how each line is written; facts stand in braces."""

    subject: str
    body: str
    line: str = ""


def _english(subject: str, asking: str, *of_line: str) -> Words:
    body = (
        f"Dear Sir or Madam,\n\n{asking}\n\n{{lines}}\n\n"
        "Please answer as usual, or simply reply to this mail.\n\n"
        "Kind regards\n{person}\n{company}\n\nOur reference: {case}"
    )
    rows = ("Line {line}: {ordered} {description}", "Our item {item}, your item {your_item}", *of_line)
    return Words(subject, body, "\n".join(("Order {order}", *(f"  {row}" for row in rows))))


def _german(subject: str, asking: str, *of_line: str) -> Words:
    body = (
        f"Sehr geehrte Damen und Herren,\n\n{asking}\n\n{{lines}}\n\n"
        "Bitte antworten Sie wie gewohnt oder einfach auf diese E-Mail.\n\n"
        "Mit freundlichen Grüßen\n{person}\n{company}\n\nUnser Zeichen: {case}"
    )
    rows = (
        "Position {line}: {ordered} {description}",
        "Unser Artikel {item}, Ihr Artikel {your_item}",
        *of_line,
    )
    return Words(subject, body, "\n".join(("Bestellung {order}", *(f"  {row}" for row in rows))))


STANDARD: dict[tuple[Inquiry, Language], Words] = {
    (Inquiry.CONFIRMATION, EN): _english(
        "Please confirm order {order}",
        "we have no complete confirmation of the following lines. Please confirm quantity, date and price.",
        "Wanted {wanted} at {price}",
        "Confirmed so far: {confirmed}",
    ),
    (Inquiry.CONFIRMATION, DE): _german(
        "Bitte um Auftragsbestätigung zu Bestellung {order}",
        "zu den folgenden Positionen fehlt uns eine vollständige Auftragsbestätigung. "
        "Bitte bestätigen Sie Menge, Termin und Preis.",
        "Gewünscht zum {wanted} zu {price}",
        "Bisher bestätigt: {confirmed}",
    ),
    (Inquiry.PRICE, EN): _english(
        "Price on order {order}",
        "the price you confirmed is not the one we ordered at. Please correct your confirmation, "
        "or tell us what the difference is based on.",
        "Ordered at {price}",
        "Confirmed at {confirmed_price}",
    ),
    (Inquiry.PRICE, DE): _german(
        "Preis zu Bestellung {order}",
        "der von Ihnen bestätigte Preis weicht von unserer Bestellung ab. Bitte berichtigen Sie Ihre "
        "Bestätigung oder teilen Sie uns mit, worauf die Abweichung beruht.",
        "Bestellt zu {price}",
        "Bestätigt zu {confirmed_price}",
    ),
    (Inquiry.NEW_DATE, EN): _english(
        "Delivery date of order {order}",
        "we need the following lines as ordered. Please tell us the earliest date on which you can deliver.",
        "Wanted {wanted}",
        "Promised {promised}",
        "Shipped {shipped}, received {received}",
    ),
    (Inquiry.NEW_DATE, DE): _german(
        "Liefertermin zu Bestellung {order}",
        "wir benötigen die folgenden Positionen wie bestellt. Bitte nennen Sie uns den frühesten Termin, "
        "zu dem Sie liefern können.",
        "Gewünscht zum {wanted}",
        "Zugesagt zum {promised}",
        "Versandt {shipped}, eingegangen {received}",
    ),
    (Inquiry.MISSING_QUANTITY, EN): _english(
        "Missing quantity on order {order}",
        "less is offered than we ordered. Please tell us when we can expect the missing quantity.",
        "Wanted {wanted}",
        "Confirmed {confirmed} for {promised}, shipped {shipped}, received {received}",
        "Missing {deviation}",
    ),
    (Inquiry.MISSING_QUANTITY, DE): _german(
        "Fehlmenge zu Bestellung {order}",
        "es ist weniger angeboten als bestellt. Bitte teilen Sie uns mit, wann wir die fehlende Menge "
        "erwarten können.",
        "Gewünscht zum {wanted}",
        "Bestätigt {confirmed} zum {promised}, versandt {shipped}, eingegangen {received}",
        "Es fehlen {deviation}",
    ),
    (Inquiry.SHIP_NOTICE, EN): _english(
        "Ship notice for order {order}",
        "we expect the following goods and have no ship notice for them, or one that does not fit. "
        "Please send it, or tell us when the goods leave.",
        "Promised {promised}",
        "Shipped {shipped} with {notice}",
    ),
    (Inquiry.SHIP_NOTICE, DE): _german(
        "Lieferavis zu Bestellung {order}",
        "wir erwarten die folgende Ware und haben dazu kein passendes Lieferavis. Bitte senden Sie es uns "
        "zu oder teilen Sie uns mit, wann die Ware Ihr Haus verlässt.",
        "Zugesagt zum {promised}",
        "Versandt {shipped} mit {notice}",
    ),
    (Inquiry.CLAIM, EN): _english(
        "Claim on order {order}",
        "the following goods did not arrive as announced. Please send a replacement or a credit note, and "
        "tell us which.",
        "Shipped {shipped} with {notice}, received {received}",
        "Claimed {deviation}",
    ),
    (Inquiry.CLAIM, DE): _german(
        "Reklamation zu Bestellung {order}",
        "die folgende Ware ist nicht wie angekündigt eingegangen. Bitte senden Sie uns Ersatz oder eine "
        "Gutschrift und teilen Sie uns mit, welches von beidem.",
        "Versandt {shipped} mit {notice}, eingegangen {received}",
        "Reklamiert {deviation}",
    ),
    (Inquiry.INVOICE, EN): _english(
        "Invoice {invoice}, order {order}",
        "your invoice and our order do not agree on the following lines, or the invoice is missing. "
        "Please look into it, and send us a corrected invoice or a credit note where one is due.",
        "Ordered at {price}, received {received}",
        "Invoice {invoice}: {invoiced}",
        "In question {amount}",
    ),
    (Inquiry.INVOICE, DE): _german(
        "Rechnung {invoice}, Bestellung {order}",
        "Ihre Rechnung stimmt bei den folgenden Positionen nicht mit unserer Bestellung überein, oder sie "
        "fehlt uns. Bitte prüfen Sie dies und senden Sie uns gegebenenfalls eine berichtigte Rechnung oder "
        "eine Gutschrift.",
        "Bestellt zu {price}, eingegangen {received}",
        "Rechnung {invoice}: {invoiced}",
        "Strittig {amount}",
    ),
    (Inquiry.OTHER, EN): _english(
        "Order {order}", "we have a question about the following lines.", "Wanted {wanted}"
    ),
    (Inquiry.OTHER, DE): _german(
        "Bestellung {order}", "wir haben eine Frage zu den folgenden Positionen.", "Gewünscht zum {wanted}"
    ),
    (Inquiry.REMINDER, EN): Words(
        "Reminder: {asked_about}",
        "Dear Sir or Madam,\n\nwe still have no answer to our mail of {asked_on}. Please answer today.\n\n"
        "Kind regards\n{person}\n{company}\n\nOur reference: {case}\n\n---\n{asked}",
    ),
    (Inquiry.REMINDER, DE): Words(
        "Erinnerung: {asked_about}",
        "Sehr geehrte Damen und Herren,\n\nauf unsere E-Mail vom {asked_on} haben wir noch keine Antwort. "
        "Bitte antworten Sie noch heute.\n\n"
        "Mit freundlichen Grüßen\n{person}\n{company}\n\nUnser Zeichen: {case}\n\n---\n{asked}",
    ),
}

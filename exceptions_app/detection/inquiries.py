"""What one asks a supplier about, and which inquiries fit an exception type. Pure.

An inquiry is a mail from a template. It writes nothing to the ERP, so it is no resolution: it has the
supplier say something, and what it says is judged like any other word of it.
"""

from enum import StrEnum


class Inquiry(StrEnum):
    """What a mail to a supplier is about; each has its templates."""

    CONFIRMATION = "confirmation"
    PRICE = "price"
    NEW_DATE = "new_date"
    MISSING_QUANTITY = "missing_quantity"
    SHIP_NOTICE = "ship_notice"
    CLAIM = "claim"
    INVOICE = "invoice"
    OTHER = "other"
    REMINDER = "reminder"


#: What a person reads on the button.
LABELS: dict[Inquiry, str] = {
    Inquiry.CONFIRMATION: "Ask for a confirmation",
    Inquiry.PRICE: "Dispute the price",
    Inquiry.NEW_DATE: "Ask for another date",
    Inquiry.MISSING_QUANTITY: "Ask for the missing quantity",
    Inquiry.SHIP_NOTICE: "Ask for the ship notice",
    Inquiry.CLAIM: "Claim",
    Inquiry.INVOICE: "Ask about the invoice",
    Inquiry.OTHER: "Ask something else",
    Inquiry.REMINDER: "Remind",
}

"""Words that pure modules and models speak, named here so that translators find them.

The modules themselves know no Django; the pages translate what they say with `gettext`. A test holds this
list to what they say.
"""

from django.utils.translation import gettext_noop

TYPES = (
    gettext_noop("Answer incomplete"),
    gettext_noop("Backorder"),
    gettext_noop("Confirmation late"),
    gettext_noop("Date later"),
    gettext_noop("Delivery overdue"),
    gettext_noop("Invoice before receipt"),
    gettext_noop("Invoice quantity"),
    gettext_noop("Line rejected"),
    gettext_noop("Price basis suspect"),
    gettext_noop("Price mismatch"),
    gettext_noop("Quantity over"),
    gettext_noop("Quantity short"),
    gettext_noop("Receipt short"),
    gettext_noop("Ship notice missing"),
    gettext_noop("Ship notice short"),
    gettext_noop("Shipped after cancellation"),
    gettext_noop("Unit unknown"),
)
VERBS = (
    gettext_noop("Take"),
    gettext_noop("Start work"),
    gettext_noop("Assign"),
    gettext_noop("Ask the supplier"),
    gettext_noop("Wait for supplier"),
    gettext_noop("Supplier answered"),
    gettext_noop("Resume"),
    gettext_noop("Comment"),
    gettext_noop("Escalate"),
    gettext_noop("Change severity"),
    gettext_noop("Hand over"),
    gettext_noop("Dismiss"),
    gettext_noop("Reopen"),
)
INQUIRIES = (
    gettext_noop("Ask for a confirmation"),
    gettext_noop("Dispute the price"),
    gettext_noop("Ask for another date"),
    gettext_noop("Ask for the missing quantity"),
    gettext_noop("Ask for the ship notice"),
    gettext_noop("Claim"),
    gettext_noop("Ask about the invoice"),
    gettext_noop("Ask something else"),
    gettext_noop("Remind"),
)
RESOLUTIONS = (
    gettext_noop("Cancel the remainder"),
    gettext_noop("Keep what is offered and cancel the rest of the line. The order is changed."),
    gettext_noop("Confirm for the supplier"),
    gettext_noop("Enter what the supplier told you. It counts as its confirmation, under your name."),
    gettext_noop("Reduce the line"),
    gettext_noop("Order only what is offered, or less. The order is changed; nothing more is expected."),
    gettext_noop("Split the delivery"),
    gettext_noop("Keep what is offered now and schedule the rest for another day. The order is changed."),
    gettext_noop("Wait until"),
    gettext_noop("Change nothing and wait until the end of a day; if it still deviates then, it comes back."),
)
INPUTS = (
    gettext_noop("Confirmed for"),
    gettext_noop("Confirmed quantity"),
    gettext_noop("New quantity"),
    gettext_noop("The rest comes on"),
)
CONDITIONS = (
    gettext_noop("Always"),
    gettext_noop("All of these hold"),
    gettext_noop("At least one of these holds"),
    gettext_noop("This does not hold"),
    gettext_noop("is"),
    gettext_noop("is not"),
    gettext_noop("is above"),
    gettext_noop("is at least"),
    gettext_noop("is below"),
    gettext_noop("is at most"),
    gettext_noop("is between"),
    gettext_noop("is one of"),
    gettext_noop("is none of"),
    gettext_noop("starts with"),
    gettext_noop("has"),
    gettext_noop("does not have"),
    gettext_noop("has any of"),
    gettext_noop("has none of"),
    gettext_noop("has nothing but"),
    gettext_noop("is known"),
    gettext_noop("is not known"),
)
ROLES = (
    gettext_noop("Member"),
    gettext_noop("Lead"),
    gettext_noop("Manager"),
    gettext_noop("Auditor (reads only)"),
)

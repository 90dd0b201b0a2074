"""News that travels upward. Each is heard once above, in `receivers.py`, where it only marks a row.

Sent inside the transaction that records the fact, so that the mark and the fact are committed together.
"""

from django.dispatch import Signal

#: Documents changed the mirror. Arguments: `orders` (primary keys of orders), `documents` (Document rows),
#: `heads` (DocumentHead rows: invoices, and documents of which something fits no order, or did).
document_recorded = Signal()
#: A command reached a final or unclear state. Arguments: `command` (Command).
command_settled = Signal()
#: Something of an inbound message was refused, or is applied by now. Arguments: `quarantine` (Quarantine).
message_refused = Signal()

"""Which sets of any standard are an acknowledgement, and which an order of our own coming back."""

from erp_connectors.edi.edifact.messages import ACKNOWLEDGEMENT_MESSAGES, ORDER_MESSAGES
from erp_connectors.edi.x12.sets import ACKNOWLEDGEMENT_SETS as X12_ACKNOWLEDGEMENTS

ACKNOWLEDGEMENT_SETS = X12_ACKNOWLEDGEMENTS | ACKNOWLEDGEMENT_MESSAGES
ORDER_SETS = frozenset({"850", "860"}) | ORDER_MESSAGES

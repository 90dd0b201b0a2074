"""One row an order: what the supplier's confirmed prices come to beyond the order's."""

from typing import Any

from django.db import models

from erp_connectors.documents.models import PurchaseOrder, Supplier

MONEY: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}


class PriceObservation(models.Model):
    """The confirmed lines of an order at its own prices, and how much more the supplier wants for them.

    Both in the order's currency. Kept in step by `observing.note` whenever the order is looked at; an order
    of which no price can be compared has no row.
    """

    order = models.OneToOneField(PurchaseOrder, on_delete=models.CASCADE, related_name="price_observation")
    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="price_observations")
    said_at = models.DateTimeField()
    ordered = models.DecimalField(**MONEY)
    difference = models.DecimalField(**MONEY)
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(ordered__gt=0), name="observed_order_has_a_value")
        ]
        indexes = [models.Index(fields=["supplier", "-said_at", "-order"], name="price_observation_newest")]

    def __str__(self) -> str:
        return f"{self.order}: {self.difference} on {self.ordered} {self.currency}"

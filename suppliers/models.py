"""Gathers the models of this app; each stands beside its verbs."""

from suppliers.messaging.models import MessageCase, SupplierMessage
from suppliers.profiles import Contact, SupplierProfile

__all__ = ["Contact", "MessageCase", "SupplierMessage", "SupplierProfile"]

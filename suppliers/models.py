"""Gathers the models of this app; each stands beside its verbs."""

from suppliers.profiles import Contact, SupplierProfile

__all__ = ["Contact", "SupplierProfile"]

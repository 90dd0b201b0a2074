"""Gathers the models of this app; each stands beside its verbs."""

from analytics.facts import ConfirmationFact, FactsRead

__all__ = ["ConfirmationFact", "FactsRead"]

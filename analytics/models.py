"""Gathers the models of this app; each stands beside its verbs."""

"""Detects, routes, decides: the cases and everything that acts on them."""

"""Reads: facts, KPIs and reports."""

"""Connectors: one folder per kind of ERP, all behind the protocol of `base`."""

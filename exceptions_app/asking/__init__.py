"""Asking a supplier by mail: what about, in which words and figures, to whom, and what follows from it."""

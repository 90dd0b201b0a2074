"""Telling people, in the app and by mail."""

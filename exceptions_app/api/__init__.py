"""The REST API; thin."""

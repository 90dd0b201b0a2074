"""The append-only history of every decision, message and change."""

"""The outside: documents, EDI, connectors, inbox and outbox."""

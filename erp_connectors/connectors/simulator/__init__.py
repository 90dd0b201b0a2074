"""A small ERP that speaks by file: for the demo, for journeys and for the conformance suite."""

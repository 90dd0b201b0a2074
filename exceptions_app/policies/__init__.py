"""Policy as data: tolerances, terms, routing, service levels, approvals, calendars."""

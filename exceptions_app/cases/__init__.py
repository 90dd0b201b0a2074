"""The case: one shared record per exception, from detection to closure."""

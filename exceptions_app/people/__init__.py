"""People, their teams, what they may see and do."""

"""Where a case goes: to which team, to whom in it, and why in words."""

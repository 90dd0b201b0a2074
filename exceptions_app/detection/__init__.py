"""Detection: what deviates now, as pure functions of a snapshot, the agreements, the policies and a moment."""

"""Detection: what deviates now, as pure functions of a snapshot, the agreements and a moment."""

"""Programs we start, watch and stop, and the guard who stops them should we vanish."""

"""One file per resolution; the registry finds every class in here."""

"""What a case can be about: one file for each, with how it is loaded, locked and looked at."""

"""The pages on which numbers are read."""

"""The mirror of what the outside said, and the position of every order line."""

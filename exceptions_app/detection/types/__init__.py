"""The exception types, one class in one file each; `detection.registry` finds them."""

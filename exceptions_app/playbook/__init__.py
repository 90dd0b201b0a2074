"""What can be decided about a deviation: one class per resolution, found by the registry."""

"""The words every source is translated into: frozen values, no Django, no clock, no network."""

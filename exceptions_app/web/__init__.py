"""The browser pages; thin."""

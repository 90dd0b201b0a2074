"""ANSI X12: bytes to interchanges, envelope verdicts, mapping, and writing it again."""

STANDARD = "X12"

"""UN/EDIFACT: bytes to interchanges, envelope verdicts, mapping, and writing it again."""

STANDARD = "EDIFACT"

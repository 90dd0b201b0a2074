"""Where the demo keeps what is not in the database, under RIGHTLINE_HOME."""

from pathlib import Path


def memories(home: Path) -> list[Path]:
    """Return where the demo's ERPs keep their memory; none without a demo."""
    return sorted((home / "demo").glob("*.json"))


def memory_of(home: Path, company: str) -> Path:
    """Return where the ERP of a company keeps its memory."""
    return home / "demo" / f"{company}.json"


def logins_of(home: Path) -> Path:
    """Return the file with the sentence about the demo's sign-ins."""
    return home / "demo-logins.txt"

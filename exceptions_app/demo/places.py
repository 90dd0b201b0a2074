"""Where the demo keeps what is not in the database, under RIGHTLINE_HOME."""

from pathlib import Path


def memories(home: Path) -> list[Path]:
    """Return where the demo's ERPs keep their memory; none without a demo."""
    return sorted((home / "demo").glob("*.json"))


def memory_of(home: Path, company: str) -> Path:
    """Return where the ERP of a company keeps its memory."""
    return home / "demo" / f"{company}.json"


def ledgers(home: Path) -> list[Path]:
    """Return where those outside keep how far each order has come, company by company."""
    return sorted((home / "demo" / "outside").glob("*.json"))


def ledger_of(home: Path, company: str) -> Path:
    """Return where those outside keep how far each order of a company has come."""
    return home / "demo" / "outside" / f"{company}.json"


def logins_of(home: Path) -> Path:
    """Return the file with the sentence about the demo's sign-ins."""
    return home / "demo-logins.txt"

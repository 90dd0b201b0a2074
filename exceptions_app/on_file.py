"""What is already on file about subjects of one kind, in a number of queries that does not grow with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from exceptions_app.cases.book import Book, locked_books
from exceptions_app.detection.agreement import Agreement
from exceptions_app.detection.types.base import SubjectKind
from exceptions_app.performance.observing import Observation, observed_on
from exceptions_app.shadow.keep import Findings, open_findings
from exceptions_app.subjects.registry import subject
from exceptions_app.subjects.subject import Loaded


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFile:
    """The cases of one subject, what was agreed on it, what types in shadow found, and its prices."""

    book: Book
    agreements: Sequence[Agreement]
    findings: Findings
    prices: Observation


def on_file(kind: SubjectKind, subjects: Mapping[int, Loaded], as_of: datetime) -> dict[int, OnFile]:
    """Lock the cases of the subjects and return what is on file about each."""
    books = locked_books((loaded.about for loaded in subjects.values()), as_of)
    agreements = subject(kind).agreements(subjects)
    findings = open_findings(kind, subjects)
    prices = observed_on(subjects) if kind is SubjectKind.ORDER else {}
    return {
        subject_id: OnFile(
            book=books[subject_id],
            agreements=agreements.get(subject_id, ()),
            findings=findings.get(subject_id, {}),
            prices=prices.get(subject_id),
        )
        for subject_id in subjects
    }

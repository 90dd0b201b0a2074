"""Opening hours as lines that a person reads and writes, one for days that are alike.

    Monday to Thursday 08:00-12:00, 13:00-17:00
    Friday 08:00-14:00

Days that are not named are closed. Written in the reader's language, read in it and in English.
"""

import re
from collections.abc import Mapping
from itertools import groupby
from typing import Any

from django.utils.translation import gettext, override

from exceptions_app.policies.sentences import WEEKDAYS

Hours = dict[str, list[list[str]]]
LINE = re.compile(r"(?P<days>[^\d]+?):?\s+(?P<spans>\d.*)")
SPAN = re.compile(r"(\d{1,2}:\d{2})\s*[-\N{EN DASH}]\s*(\d{1,2}:\d{2})")
SHORTEST = 2


def written(hours: Mapping[str, Any]) -> str:
    """Return opening hours as lines. Raises ValueError or TypeError for what are none."""
    days = sorted((int(day), ", ".join("-".join(span) for span in spans)) for day, spans in hours.items())
    lines = []
    # Days that follow each other, with the same hours.
    for (_, spans), alike in groupby(enumerate(days), key=lambda each: (each[1][0] - each[0], each[1][1])):
        numbers = [day for _, (day, _) in alike]
        if spans:
            lines.append(f"{_days(numbers)} {spans}")
    return "\n".join(lines)


def read(text: str) -> Hours:
    """Return the opening hours that lines say. Raises ValueError naming the line that says none."""
    hours: Hours = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            days, spans = _line(line.strip(), number)
            for day in days:
                hours.setdefault(str(day), []).extend(spans)
    return {day: hours[day] for day in sorted(hours)}


def _days(numbers: list[int]) -> str:
    first, last = gettext(WEEKDAYS[numbers[0]]), gettext(WEEKDAYS[numbers[-1]])
    return first if len(numbers) == 1 else gettext("%(first)s to %(last)s") % {"first": first, "last": last}


def _line(line: str, number: int) -> tuple[list[int], list[list[str]]]:
    found = LINE.fullmatch(line)
    days = None if found is None else _read_days(found["days"])
    spans = [] if found is None else [SPAN.fullmatch(each.strip()) for each in found["spans"].split(",")]
    if days is None or not spans or None in spans:
        example = f"{_days([0, 1, 2, 3, 4])} 08:00-12:00, 13:00-17:00"
        raise ValueError(
            gettext("Line %(number)s: write days and hours, like “%(example)s”.")
            % {"number": number, "example": example}
        )
    return days, [[each[1].zfill(5), each[2].zfill(5)] for each in spans if each is not None]


def _read_days(text: str) -> list[int] | None:
    """Read one day, or the first and the last of several; None for anything else."""
    words = [word for word in re.split(r"[\s\-\N{EN DASH}]+", text.strip().lower()) if word]
    numbers = [_number(words[0]), _number(words[-1])] if words else []
    if not numbers or None in numbers or len(words) > len(("first", "to", "last")):
        return None
    first, last = (number for number in numbers if number is not None)
    return list(range(first, last + 1)) or None


def _number(word: str) -> int | None:
    """Return the number of a weekday that begins like this, in the reader's language or in English."""
    with override("en"):
        english = [gettext(day).lower() for day in WEEKDAYS]
    for names in ([gettext(day).lower() for day in WEEKDAYS], english):
        alike = [number for number, name in enumerate(names) if name.startswith(word.rstrip("."))]
        if len(word) >= SHORTEST and len(alike) == 1:
            return alike[0]
    return None

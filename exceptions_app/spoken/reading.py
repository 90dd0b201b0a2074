"""Reads what is kept in English aloud in the reader's language.

The history is sealed as it was told, and who reads it may read another language than who is told by mail. So
nothing is kept twice: the sentences are recognised (`sentences`), and what differs in them is put into the
translation, itself translated where it is a phrase of ours. What is not recognised stays as it is.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from django.utils.translation import get_language, gettext

from erp_connectors.exchange.models import CommandState
from exceptions_app.notifications.tellings import COVER, TELLINGS
from exceptions_app.spoken.sentences import AS_IT_IS, EVENTS, IN_PHRASES, OF_ANY_ROW, PHRASES

KEPT_IN = "en"
#: What stands in these places is ours and translated in turn; elsewhere are names, numbers, and own words.
OURS = frozenset(
    (
        *(
            "about",
            "after",
            "became",
            "case",
            "charge",
            "clock",
            "fact",
            "factor",
            "headline",
            "limit",
            "lines",
        ),
        *(
            "need",
            "parts",
            "said",
            "spoken",
            "state",
            "stated",
            "stream",
            "team",
            "term",
            "what",
            "when",
            "why",
        ),
    )
)
#: What some places look like; others hold anything.
SHAPES = {
    "n": r"\d+",
    "day": r"\d{4}-\d\d-\d\d",
    "wanted": r"\d{4}-\d\d-\d\d|\S+",
    "days": r"\d{4}-\d\d-\d\d(?:, \d{4}-\d\d-\d\d)*",
    "much": r"-?[\d.,]+ \S+(?: \+ -?[\d.,]+ \S+)*",
    "line": r"[^\s:]+",
    "which": r"\S+(?:, \S+)*",
    "became": "|".join(f"{label[:1].lower()}{label[1:]}" for label in CommandState.labels),
    "words": r".*",
    "fact": r"\w+",
    "case": r"EX-\d+ .+|EX-\d+",
    "spoken": r"[A-Z][a-z]+(?: [a-z]+)*",
}
PLACE = re.compile(r"\{(\w+)\}|%\((\w+)\)s")
SENTENCE_ENDS = re.compile(r"(?<=\.) (?=[A-Z])")
CASE = re.compile(r"(EX-\d+) (.+)", re.DOTALL)
#: Why a case goes where it goes, and where it is found, as `routing` and `notifications` say it.
ROUTING = (
    "%(about)s. %(team)s has it as %(case)s.",
    "Rule “%(rule)s” of %(release)s.",
    "Rule “%(rule)s” names a team of another company.",
    "Rule “%(rule)s” names %(team)s, in which nobody works.",
    "No rule holds: the owner of this type.",
    "No rule holds and there is no team %(code)s: the fallback team.",
    "No rule holds and nobody works in team %(code)s: the fallback team.",
    "The rule names %(who)s.",
    "%(who)s looks after %(what)s.",
    "%(who)s is the buyer in the ERP.",
    "%(who)s has the least to do at the moment.",
    "%(who)s is away until %(day)s.",
    "Nobody in %(team)s is there today: whoever is back first takes it from the queue.",
)
TOLD_TO_TEAMS = tuple(
    text
    for telling in (*(each for own in TELLINGS.values() for each in own.values()), *COVER.values())
    for text in (telling.title, telling.body)
    if text
)
EVERYTHING = (*PHRASES, *ROUTING, *TOLD_TO_TEAMS)


def event_in_words(kind: str, summary: str) -> str:
    """Return the summary of an event in the reader's language."""
    if _is_kept_so() or (kind in AS_IT_IS and kind not in EVENTS):
        return summary
    sentences = EVENTS.get(kind, () if kind in IN_PHRASES else OF_ANY_ROW)
    return _translated(summary, sentences) or (_phrase(summary) if kind in IN_PHRASES else None) or summary


def in_words(text: str) -> str:
    """Return a mark, a headline, a reason of ours or a line of a mail in the reader's language."""
    return text if not text or _is_kept_so() else _read(text, get_language() or KEPT_IN)


def has_words(kind: str) -> bool:
    """Say whether a kind of event is known here."""
    return kind in EVENTS or kind in IN_PHRASES or kind in AS_IT_IS


def _is_kept_so() -> bool:
    return (get_language() or KEPT_IN).startswith(KEPT_IN)


@lru_cache(maxsize=4096)
def _read(text: str, language: str) -> str:
    """Return phrases, line by line, in the language that is active; a list shows the same over and over."""
    return "\n".join(_line(line) for line in text.split("\n"))


def _line(text: str) -> str:
    case = CASE.fullmatch(text)
    return f"{case[1]} {_line(case[2])}" if case else _phrase(text) or text


def _phrase(text: str) -> str | None:
    """Return a phrase, or phrases strung together, translated; None where not all of it is ours."""
    strung = _strung(text, "; ") or _strung(text, SENTENCE_ENDS)
    whole = strung or _label(text) or _translated(text, EVERYTHING)
    return whole or _strung(text, ", ") or _begun_large(text)


def _begun_large(text: str) -> str | None:
    """Return a phrase with which a sentence begins."""
    read = _translated(text[:1].lower() + text[1:], EVERYTHING) if text[:1].isupper() else None
    return read[:1].upper() + read[1:] if read else None


def _strung(text: str, joint: str | re.Pattern[str]) -> str | None:
    """Return phrases that a joint holds together, each translated; None where one of them is not ours."""
    parts = joint.split(text) if isinstance(joint, re.Pattern) else text.split(joint)
    told = [_label(part) or _translated(part, EVERYTHING) for part in parts]
    if len(parts) == 1 or None in told:
        return None
    return (joint if isinstance(joint, str) else " ").join(filter(None, told))


def _label(text: str) -> str | None:
    """Return a word that has a translation of its own, also where a sentence goes on with it."""
    for spoken in (text, text[:1].upper() + text[1:]) if text.strip() else ():
        translated = gettext(spoken)
        if translated != spoken:
            return translated if spoken == text else translated[:1].lower() + translated[1:]
    return None


def _translated(text: str, sentences: Iterable[str]) -> str | None:
    for sentence in sentences:
        found = _pattern(sentence).fullmatch(text)
        if found is not None:
            return _filled(gettext(sentence), found.groupdict())
    return None


def _filled(sentence: str, places: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: _place(place[1] or place[2], places), sentence)


def _place(name: str, places: Mapping[str, str]) -> str:
    return in_words(places[name]) if name in OURS else places[name]


@cache
def _pattern(sentence: str) -> re.Pattern[str]:
    """Return what recognises a sentence; a place that comes twice looks the same both times."""
    pattern, end, seen = "", 0, set()
    for place in PLACE.finditer(sentence):
        name = place[1] or place[2]
        pattern += re.escape(sentence[end : place.start()])
        pattern += f"(?P={name})" if name in seen else f"(?P<{name}>{SHAPES.get(name, '.+?')})"
        seen.add(name)
        end = place.end()
    return re.compile(pattern + re.escape(sentence[end:]), re.DOTALL)

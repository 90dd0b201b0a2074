"""Commands as files: one JSON file each in `outgoing/commands`, answers as CSV or JSON in `incoming/answers`.

A file is complete as soon as it can be seen, and named by the id of its command, which is its idempotency
key, or by that of a group, whose commands are carried out together. Decimals are strings.
docs/adding-a-connector.md shows the formats.
"""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from erp_connectors.canonical.codec import to_builtins
from erp_connectors.connectors.base import (
    LONGEST_WORDS,
    Answer,
    Answers,
    EndpointDown,
    Group,
    Outcome,
    Sending,
)
from erp_connectors.errors import TransientError
from erp_connectors.exchange.channels.folders import write_atomically

FORMAT = "rightline-command/1"
GROUP_FORMAT = "rightline-command-group/1"
LARGEST_ANSWER_FILE = 5_000_000
OUTCOMES = {
    "applied": Outcome.APPLIED,
    "refused": Outcome.REFUSED,
    "conflict": Outcome.CONFLICT,
}


def write_command(folder: Path, sending: Sending) -> None:
    """Put the command into the folder, whose parent must be there; the same key again leaves one file.

    Raises EndpointDown where it cannot be written; then nothing can be seen in the folder.
    """
    content = {"format": FORMAT, "sent_at": sending.sent_at.isoformat(), **_content(sending)}
    _write(folder, f"{sending.key}.json", content)


def write_group(folder: Path, group: Group) -> None:
    """Put commands that are carried out together into the folder, as one file; see `write_command`."""
    first = group.sendings[0]
    content = {
        "format": GROUP_FORMAT,
        "group": group.key,
        "order_number": first.command.order_number,
        "version_token": first.command.version_token,
        "sent_at": first.sent_at.isoformat(),
        "commands": [_content(sending) for sending in group.sendings],
    }
    _write(folder, f"{group.key}.json", content)


def _content(sending: Sending) -> dict[str, Any]:
    command = to_builtins(sending.command)
    if not sending.command.additions:
        del command["additions"]
    return {"command": sending.key, "case": sending.case_number, **command}


def _write(folder: Path, name: str, content: dict[str, Any]) -> None:
    payload = json.dumps(content, indent=2, ensure_ascii=False).encode()
    try:
        folder.mkdir(exist_ok=True)
        write_atomically(folder, name, payload)
    except OSError as error:
        raise EndpointDown(f"The command cannot be written to {folder}: {error.strerror}.") from error


def read_answers(folder: Path, *, settle_seconds: int) -> Iterator[Answers]:
    """Return what each answer file says; a file that may still be growing waits for the next time.

    Raises TransientError where the folder cannot be read.
    """
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.casefold() in (".csv", ".json"))
        for path in paths:
            state = path.stat()
            if path.name.startswith(".") or time.time() - state.st_mtime < settle_seconds:
                continue
            if state.st_size > LARGEST_ANSWER_FILE:
                yield Answers(reference=path.name, problems=(f"{path.name} is too large for answers.",))
            else:
                yield _answers_in(path.name, path.read_bytes())
    except FileNotFoundError:
        return
    except OSError as error:
        raise TransientError(f"The answers in {folder} cannot be read: {error.strerror}.") from error


def _answers_in(name: str, payload: bytes) -> Answers:
    try:
        rows = _rows(name, payload.decode("utf-8-sig"))
    except (ValueError, csv.Error) as error:
        return Answers(reference=name, problems=(f"{name} cannot be read: {error}.",))
    answers, problems = [], []
    for number, row in enumerate(rows, start=1):
        outcome = OUTCOMES.get(str(row.get("outcome") or "").strip().casefold())
        key = str(row.get("command") or "").strip()
        if outcome is None or not key:
            problems.append(
                f"{name}, answer {number}: command and outcome (applied, refused, conflict) are needed."
            )
            continue
        words = str(row.get("words") or "").strip()[:LONGEST_WORDS]
        line = str(row.get("line") or "").strip()
        answers.append(Answer(key=key, outcome=outcome, words=words, line=line))
    return Answers(reference=name, answers=tuple(answers), problems=tuple(problems))


def _rows(name: str, text: str) -> list[dict[str, Any]]:
    """One answer or a list of them in JSON; in CSV one a row, headed command, line, outcome, words."""
    if name.casefold().endswith(".json"):
        content = json.loads(text)
        rows = content if isinstance(content, list) else [content]
        if not all(isinstance(row, dict) for row in rows):
            raise ValueError("an answer is an object with command, outcome and words")
        return rows
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


def put_away(path: Path, target: Path, problems: tuple[str, ...]) -> None:
    """Move an answer file to `target`, with what was wrong with it beside it.

    Raises TransientError where that fails: the same answers are then read again.
    """
    try:
        kept = _free_name(target, path.name)
        if problems:
            kept.with_name(f"{kept.name}.txt").write_text("\n".join(problems) + "\n", encoding="utf-8")
        path.replace(kept)
    except OSError as failure:
        raise TransientError(f"{path.name} cannot be moved to {target}: {failure.strerror}.") from failure


def _free_name(folder: Path, name: str) -> Path:
    """Never write over an earlier file of the same name."""
    path, count = folder / name, 1
    while path.exists():
        path, count = folder / f"{name}.{count}", count + 1
    return path

"""Damage done to files: seeded, so that every failure can be seen again; the same for every standard."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from erp_connectors.canonical.codec import to_json
from erp_connectors.edi import Verdict
from tests.erp_connectors.edi.decoding import Outcome


@dataclass(frozen=True)
class Marks:
    """What separates in a standard, and pieces of its envelope to put where they do not belong."""

    element: bytes
    component: bytes
    terminator: bytes
    pieces: tuple[bytes, ...]


def flip_bytes(data: bytes, random: Random, marks: Marks) -> bytes:
    damaged = bytearray(data)
    for _ in range(random.randint(1, 12)):
        damaged[random.randrange(len(damaged))] = random.randrange(256)
    return bytes(damaged)


def cut_out(data: bytes, random: Random, marks: Marks) -> bytes:
    start, stop = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:start] + data[stop:] if random.random() < 0.7 else data[start:stop]


def swap_segments(data: bytes, random: Random, marks: Marks) -> bytes:
    segments = data.split(marks.terminator)
    for _ in range(random.randint(1, 4)):
        first, second = random.randrange(len(segments)), random.randrange(len(segments))
        segments[first], segments[second] = segments[second], segments[first]
    return marks.terminator.join(segments)


def change_delimiters(data: bytes, random: Random, marks: Marks) -> bytes:
    old, new = random.choice(marks.element + marks.terminator + marks.component), random.randrange(256)
    place = random.randrange(len(data))
    changed = data.replace(bytes([old]), bytes([new]))
    return changed if random.random() < 0.5 else data[:place] + changed[place:]


def repeat_a_part(data: bytes, random: Random, marks: Marks) -> bytes:
    start, stop = sorted(random.randrange(len(data) + 1) for _ in range(2))
    return data[:stop] + data[start:stop] * random.randint(1, 3) + data[stop:]


def put_in_noise(data: bytes, random: Random, marks: Marks) -> bytes:
    place = random.randrange(len(data) + 1)
    noise = [
        b"\r\n",
        b"\x00",
        marks.terminator,
        marks.element * 300,
        *marks.pieces,
        b"\xff\xfe",
        b"9" * 5000,
    ]
    return data[:place] + random.choice(noise) + data[place:]


def change_a_number(data: bytes, random: Random, marks: Marks) -> bytes:
    segments = data.split(marks.terminator)
    place = random.randrange(len(segments))
    elements = segments[place].split(marks.element)
    odd = [b"", b"-1", b"0", b"1e9", b"NaN", b"99999999999999999999", b"1.2.3", b"\xd9\xa3", b" 5 "]
    elements[random.randrange(len(elements))] = random.choice(odd)
    segments[place] = marks.element.join(elements)
    return marks.terminator.join(segments)


MUTATIONS: list[Callable[[bytes, Random, Marks], bytes]] = [
    flip_bytes,
    cut_out,
    swap_segments,
    change_delimiters,
    repeat_a_part,
    put_in_noise,
    change_a_number,
]


def mutated(seed: int, bases: list[bytes], marks: Marks) -> bytes:
    """Return one of the bases with one to three kinds of damage."""
    random = Random(seed)
    data = random.choice(bases)
    for _ in range(random.randint(1, 3)):
        data = random.choice(MUTATIONS)(data, random, marks) or marks.terminator
    return data


def check(data: bytes, outcome: Outcome) -> Verdict:
    """Use everything that came of damaged bytes; return the file's verdict."""
    for transaction in outcome.transactions:
        assert transaction.verdict in Verdict
        assert (transaction.document is None) or transaction.verdict.is_accepted
        assert transaction.verdict is Verdict.ACCEPT or transaction.findings
        assert data[transaction.offset : transaction.end] == transaction.raw
        json.dumps(transaction.reading, default=str)
        to_json(transaction.document)
    for result in [*outcome.transactions, *outcome.groups, *outcome.interchanges, outcome.file]:
        for finding in result.findings:
            assert finding.code
            assert finding.text
            assert finding.offset is None or 0 <= finding.offset <= len(data)
    return outcome.file.verdict

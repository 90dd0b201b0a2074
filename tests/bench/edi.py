"""P10 and P11: how fast an X12 file becomes canonical documents, over splitting it, and in what memory."""

import subprocess
import sys
import tempfile
from collections.abc import Callable

from config import env
from tests.bench.edi_files import MESSAGES, decoded, file_of
from tests.bench.figures import Bar, Figure, Ratio, WrongAnswer
from tests.bench.timing import percentile, wall_of
from tests.bench.wanted import Wanted

MEGABYTE = 1024 * 1024
RATE_BAR = Bar(v1=0.12, moonshot=0.25, more_is_better=True)
MEMORY_BAR = Bar(v1=128, moonshot=64, on_value=True)


def measure(wanted: Wanted) -> list[Figure]:
    """Write a file of `n` MB for every set, check what it decodes to, and measure rates and memory."""
    confirmations, _ = file_of(wanted.n * MEGABYTE, seed=wanted.seed)
    others = [set_code for set_code in MESSAGES if set_code != "855"]
    return [
        _rate(f"edi.decode@{wanted.n}MB", "855", wanted),
        *(_rate(f"edi.decode.{set_code}@{wanted.n}MB", set_code, wanted) for set_code in others),
        _memory(confirmations, wanted),
    ]


def _rate(area: str, set_code: str, wanted: Wanted) -> Figure:
    payload, truth = file_of(wanted.n * MEGABYTE, seed=wanted.seed, set_code=set_code)
    read = decoded(payload)
    if read != truth:
        raise WrongAnswer(f"The file says {truth}; decoded were {read}.")
    size, pairs = len(payload) / MEGABYTE, []
    for _ in range(wanted.reps):
        floor = wall_of(_splitting(payload))
        pairs.append((size / wall_of(lambda: decoded(payload)), size / floor))
    return Figure(
        area=area,
        value=percentile([rate for rate, _ in pairs], 0.5),
        unit="MB/s",
        floor=percentile([rate for _, rate in pairs], 0.5),
        ratio=Ratio.of(pairs),
        bar=RATE_BAR,
        facts={
            "lines/s": percentile([rate for rate, _ in pairs], 0.5) / size * truth.lines,
            "documents": truth.documents,
            "lines": truth.lines,
        },
    )


def _splitting(payload: bytes) -> Callable[[], None]:
    """Return the floor: every segment and its elements, one after the other."""
    terminator, separator = payload[105:106], payload[3:4]

    def split() -> None:
        start = 0
        while (end := payload.find(terminator, start)) >= 0:
            payload[start:end].decode("ascii").split(separator.decode())
            start = end + 1

    return split


# --- memory ---------------------------------------------------------------------------------------


def _memory(payload: bytes, wanted: Wanted) -> Figure:
    """Decode the file, and a tenth of it, each in a process of its own; compare the most memory they held."""
    tenth, _ = file_of(wanted.n * MEGABYTE // 10, seed=wanted.seed)
    peaks = [_peak_of(tenth), _peak_of(payload)]
    return Figure(
        area=f"edi.memory@{wanted.n}MB",
        value=peaks[1],
        unit="MB",
        floor=peaks[0],
        ratio=Ratio.of([(peaks[1], peaks[0])]),
        bar=MEMORY_BAR,
    )


def _peak_of(payload: bytes) -> float:
    with tempfile.NamedTemporaryFile(suffix=".edi") as file:
        file.write(payload)
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.edi_files", file.name],
            cwd=env.PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise WrongAnswer(done.stderr)
    return float(done.stdout)

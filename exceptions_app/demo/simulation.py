"""The world around the demo, moment by moment: its ERPs and everybody outside are at work."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from erp_connectors.connectors.simulator.file_erp import FileErp
from exceptions_app.demo import erp, ledger
from exceptions_app.demo.catalogue import COMPANIES, DemoCompany
from exceptions_app.demo.outside import Outside
from exceptions_app.demo.places import ledger_of, memories
from exceptions_app.demo.post import Post

SECONDS_AN_HOUR = 3600
#: What an ERP says when it refuses, as ERPs do.
REFUSALS = (
    "The period is closed for this order.",
    "The order is locked by user MBERGER.",
    "The release strategy does not allow the change.",
)


@dataclass(slots=True)
class Simulation:
    """All companies under `home`. `rate`: how much happens in an hour in all of them together.

    `misbehave`: in how many of a hundred acts somebody does. `seed` None: that of the demo.
    """

    home: Path
    rate: int = 0
    misbehave: int = 0
    seed: int | None = None
    begun_at: datetime | None = None
    done: int = 0

    def tick(self, at: datetime) -> list[str]:
        """Let everything happen that is due at `at`, and say what did."""
        if self.begun_at is None:
            self.begun_at = at
        due = int((at - self.begun_at).total_seconds() * self.rate / SECONDS_AN_HOUR) - self.done
        self.done += max(due, 0)
        said = []
        with _alone(self.home):
            paths = memories(self.home)
            shares = self._shares(paths, max(due, 0))
            for path in paths:
                said += [f"{path.stem}: {words}" for words in self._live(path, shares[path], at)]
        return said

    def _shares(self, paths: list[Path], due: int) -> dict[Path, int]:
        """Return how many acts each company has now: whose turn it is follows from how many there were."""
        shares = dict.fromkeys(paths, 0)
        for turn in range(self.done - due, self.done) if paths else ():
            shares[Random(f"{self.seed}/{turn}").choice(paths)] += 1
        return shares

    def _live(self, path: Path, acts: int, at: datetime) -> Iterator[str]:
        memory, post = erp.recall(path), Post()
        self._ponder(memory, at)
        done, changed = erp.carried_out(memory, at=at)
        post.orders |= changed
        if done:
            yield f"carried out {done} command(s)"
        if acts:
            yield from self._go_on(path.stem, memory, post, acts, at)
        if done or post.orders:
            erp.remember(memory, path)
        post.deliver(memory, _mailbox(memory), at=at)

    def _ponder(self, memory: FileErp, at: datetime) -> None:
        """Let the ERP now and then make up its mind to refuse what comes next."""
        chance = Random(f"{self.seed}/{at:%Y%m%d%H%M%S}")
        if self.misbehave and chance.randrange(100) < self.misbehave:
            memory.refusals = dict.fromkeys(memory.orders, chance.choice(REFUSALS))

    def _go_on(self, code: str, memory: FileErp, post: Post, acts: int, at: datetime) -> Iterator[str]:
        """Let so much happen outside one company, and keep what everybody remembers."""
        path = ledger_of(self.home, code)
        book = ledger.recall(path)
        outside = Outside(
            demo=_company(code),
            ledger=book,
            erp=memory,
            post=post,
            mails=self.home / "mail",
            at=at,
            misbehave=self.misbehave,
            seed=book.seed if self.seed is None else self.seed,
        )
        for _ in range(acts):
            words = outside.act()
            if words:
                yield words
        ledger.remember(outside.ledger, path)


def _company(code: str) -> DemoCompany:
    return next(company for company in COMPANIES if company.code == code)


def _mailbox(memory: FileErp) -> Path:
    """Return where the EDI of the company of an ERP arrives: beside the ERP's own folder."""
    return memory.folder.with_name(memory.folder.name.removesuffix("-erp") + "-edi") / "incoming"


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Keep other simulators of the same demo waiting."""
    folder = home / "demo"
    if not folder.is_dir():
        yield
        return
    with (folder / "simulate.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""A stream that should have spoken has not."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from exceptions_app.detection import examples as world
from exceptions_app.detection.deadlines import JUST_AFTER
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.streams import Expectation, StreamView
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, SubjectKind, TeamCode
from exceptions_app.detection.types.subject import SubjectType
from exceptions_app.deviation import Deviation
from exceptions_app.severity import Severity

#: How soon a silent stream is looked at again; and any other one, for nobody says that it cannot be read.
AGAIN = timedelta(minutes=1)
AT_LEAST_EVERY = timedelta(minutes=10)


class FeedSilent(SubjectType):
    """A stream cannot be read, has missed its schedule twice, or is silent twice as long as ever before.

    Without a schedule its rhythm is learned from its newest messages, in business time.
    """

    code = "feed_silent"
    label = "Silent stream"
    family = Family.DATA
    group_label = "stream"
    subject = SubjectKind.STREAM
    owner = TeamCode.INTEGRATION
    told = (TeamCode.PROCUREMENT, TeamCode.PLANNING, TeamCode.WAREHOUSE, TeamCode.FINANCE)
    service = ServiceLevel(1, 4)
    resolutions = ("quiet_until",)
    is_live = True
    severity_floor = Severity.HIGH
    heals_by: ClassVar[tuple[Healing, ...]] = (Healing.HEARD_AGAIN,)

    def judge(self, view: StreamView) -> Iterable[Deviation]:
        """Yield the stream, with the first thing it owes."""
        missed = self._missed(view)
        if missed is not None:
            snapshot = view.snapshot
            yield Deviation(
                type_code=self.code,
                key=self.key(),
                group=snapshot.key,
                line_number=None,
                since=missed.by,
                expected={"by": missed.by.isoformat()},
                actual={
                    "connection": snapshot.connection,
                    "stream": snapshot.stream,
                    "why": missed.reason,
                    "silent_since": missed.since.isoformat(),
                    "error": snapshot.last_error,
                },
            )

    def next_look(self, view: StreamView) -> datetime | None:
        """Return when the stream next owes something; soon, while it is silent; else before long.

        What it owes may begin at any time: with its first message, or with a read that fails.
        """
        if self._missed(view) is not None:
            return view.as_of + AGAIN
        moments = [each.by + JUST_AFTER for each in view.expectations]
        end = super().next_look(view)
        return min([view.as_of + AT_LEAST_EVERY, *moments, *([end] if end else [])])

    def headline(self, deviation: Deviation) -> str:
        """Return for example: Invoices of erp-1 missed its schedule twice, silent since 2026-11-24 09:00."""
        actual = deviation.actual
        stream = actual["stream"].replace("_", " ").capitalize()
        since = actual["silent_since"][:16].replace("T", " ")
        return f"{stream} of {actual['connection']}: {actual['why']}, silent since {since}"

    @staticmethod
    def _missed(view: StreamView) -> Expectation | None:
        return next((each for each in view.expectations if view.as_of > each.by), None)

    @classmethod
    def examples(cls) -> list[Example]:
        """Return streams read, scheduled and learned, just in time and just too late."""
        hour = timedelta(hours=1)
        hourly = tuple(world.at(f"2026-11-{day} {hour_:02}:00") for day in (23, 24) for hour_ in range(9, 16))

        def silent(title: str, when: str, *found: dict[str, Any], **more: Any) -> Example:
            return Example(title, world.stream(**more), world.at(when), found)

        late = {"key": "feed_silent", "line_number": None}
        read = {"read_every": timedelta(minutes=1), "read_at": world.at("2026-11-24 09:00")}
        return [
            silent("nothing is known of it", "2026-11-24 12:00"),
            silent("ten minutes are granted", "2026-11-24 09:10", **read),
            silent("it cannot be read", "2026-11-24 09:11", late, **read),
            silent("its schedule is missed once", "2026-11-24 17:00", spoke=hourly, every=hour),
            silent("and twice", "2026-11-24 17:01", late, spoke=hourly, every=hour),
            silent("twice as long as ever, without the night", "2026-11-25 12:00", spoke=hourly),
            silent("and a minute more", "2026-11-25 12:01", late, spoke=hourly),
            silent("too few to know a rhythm", "2026-11-27 12:00", spoke=hourly[:10]),
        ]

"""An inbound message could not be applied."""

from collections.abc import Iterable
from typing import Any, ClassVar

from exceptions_app.detection import examples as world
from exceptions_app.detection.healing import Healing
from exceptions_app.detection.messages import MessageView, RefusedPart
from exceptions_app.detection.types.base import Example, Family, ServiceLevel, SubjectKind, TeamCode
from exceptions_app.detection.types.subject import SubjectType
from exceptions_app.deviation import Deviation


class MessageQuarantined(SubjectType):
    """Something of a message was refused or set aside: one case for the message, one line for each part.

    It ends when the message is read again and everything is applied, or when somebody decides on it.
    """

    code = "message_quarantined"
    label = "Message quarantined"
    family = Family.DATA
    group_label = "message"
    subject = SubjectKind.MESSAGE
    owner = TeamCode.INTEGRATION
    service = ServiceLevel(2, 8)
    resolutions = ("ignore_message",)
    is_live = True
    heals_by: ClassVar[tuple[Healing, ...]] = (Healing.PROCESSED,)

    def judge(self, view: MessageView) -> Iterable[Deviation]:
        """Yield every part that was not applied."""
        snapshot = view.snapshot
        for part in snapshot.refused:
            yield Deviation(
                type_code=self.code,
                key=self.key("" if part.position is None else str(part.position)),
                group=snapshot.key,
                line_number=None,
                since=snapshot.received_at,
                expected={"applied": True},
                actual=_words(part) | {"message": snapshot.name, "connection": snapshot.connection},
            )

    def headline(self, deviation: Deviation) -> str:
        """Return for example: 855 0001 of confirmations.edi was not applied: BAK03 is empty."""
        actual = deviation.actual
        what = f"{actual['kind']} {actual['control_number']}".strip()
        of = f"{what} of {actual['message']}" if what else actual["message"]
        return f"{of} was not applied: {actual['text']}"[:300]

    @classmethod
    def examples(cls) -> list[Example]:
        """Return a message that was applied, one with a part set aside, and one nobody could read."""
        now = world.at("2026-11-24 10:00")
        part = RefusedPart(position=1, kind="855", control_number="0002", text="BAK03 is empty.", code="X")
        whole = RefusedPart(position=None, kind="", control_number="", text="It is no EDI.")

        def example(title: str, *refused: RefusedPart, **found: Any) -> Example:
            return Example(title, world.message(*refused), now, (found,) if found else ())

        return [
            example("all of it was applied"),
            example("one transaction was set aside", part, key="message_quarantined:1", line_number=None),
            example("nobody can read it", whole, key="message_quarantined:"),
        ]


def _words(part: RefusedPart) -> dict[str, Any]:
    return {
        "kind": part.kind,
        "control_number": part.control_number,
        "code": part.code,
        "text": part.text,
        "way_out": part.way_out,
    }

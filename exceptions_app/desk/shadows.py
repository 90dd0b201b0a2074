"""What types in shadow find in one subject: noted, and nothing else done about it."""

from dataclasses import dataclass

from exceptions_app.cases.lines import new_line
from exceptions_app.desk.modes import Modes
from exceptions_app.desk.scales import Scales
from exceptions_app.detection import registry
from exceptions_app.detection.detect import Detection
from exceptions_app.deviation import Deviation
from exceptions_app.on_file import OnFile
from exceptions_app.policies.models import TypeMode
from exceptions_app.shadow import keep as shadow
from exceptions_app.shadow.models import ShadowFinding


@dataclass(frozen=True, slots=True)
class Shadows:
    """The findings of types in shadow, as they were on file and as they are found now."""

    known: OnFile
    detection: Detection
    modes: Modes
    scales: Scales

    def keep(self) -> None:
        """Note what would have opened a case, and what would no longer."""
        in_cases = {line.key for line in self.known.book.lines if not line.cleared_at}
        unjudged = self.detection.unjudged
        shadow.keep(
            self.known.findings,
            [
                deviation
                for deviation in self.detection.deviations
                if deviation.key not in in_cases and self.modes.is_in(deviation, TypeMode.SHADOW)
            ],
            unjudged={
                finding.key
                for finding in self.known.findings.values()
                if finding.key in unjudged and self._mode_of(finding) == TypeMode.SHADOW
            },
            make=self._would_open,
            why_gone=self._why_gone,
            at=self.scales.policies.as_of,
        )

    def _mode_of(self, finding: ShadowFinding) -> TypeMode:
        return self.modes.mode(finding.type_code, finding.line_number)

    def _would_open(self, deviation: Deviation) -> ShadowFinding:
        loaded, policies = self.scales.loaded, self.scales.policies
        kind = registry.exception_type(deviation.type_code)
        order_line = loaded.lines.get(deviation.line_number or "")
        line = new_line(deviation, order_line, release=policies.release, at=policies.as_of)
        impact = self.scales.impact(kind, [line], around=None)
        return shadow.finding_of(
            loaded.about,
            line,
            impact,
            type_code=kind.code,
            group_key=self.known.book.group_key(deviation),
            team=self.scales.route(kind, [line], impact).team,
        )

    def _why_gone(self, finding: ShadowFinding) -> str:
        mode = self._mode_of(finding)
        if mode == TypeMode.SHADOW:
            kind = registry.exception_type(finding.type_code)
            return kind.healed_by(shadow.open_line_of(finding), self.scales.view).value
        return "its type opens cases now" if mode == TypeMode.ON else "its type is off now"

"""What the pages are made of: icons that exist, licences, and nothing a strict policy would refuse."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from exceptions_app.playbook.registry import RESOLUTIONS
from exceptions_app.web import buttons, command_view, labels, notifications

BASE = Path(settings.BASE_DIR)
TEMPLATES = sorted(path for path in (BASE / "templates").rglob("*.html") if "admin" not in path.parts)
SPRITE = (BASE / "static/icons/lucide.svg").read_text()
IN_SPRITE = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))


def icons_asked_for() -> set[str]:
    named = set()
    for path in TEMPLATES:
        text = path.read_text()
        named |= set(re.findall(r'{% icon "([^"]+)"', text)) | set(re.findall(r'icon\("([^"]+)"\)', text))
    named |= set(labels.TEAM_ICONS.values()) | set(labels.TYPE_ICONS.values())
    named |= {labels.ANY_TYPE_ICON, labels.INVOICE_ICON, "users", "circle-dot"}
    named |= set(buttons.ICONS.values()) | {icon for _label, icon in labels.DOCUMENT_KINDS.values()}
    named |= {resolution.icon for resolution in RESOLUTIONS.values()}
    named |= {icon for _text, icon, _tone in command_view.COMMANDS.values()}
    named |= {icon for _label, icon, _tone in notifications.KINDS.values()}
    return named


def test_every_icon_is_in_the_sprite() -> None:
    assert icons_asked_for() <= IN_SPRITE


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE)))
def test_no_template_holds_what_the_content_policy_refuses(path: Path) -> None:
    text = path.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:|hx-on|hx-vals='?js", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE)))
def test_no_template_trusts_text(path: Path) -> None:
    assert not re.search(r"\|safe\b|autoescape off|mark_safe", path.read_text())


def test_what_others_made_stands_beside_its_licence() -> None:
    fonts = {path.name for path in (BASE / "static/fonts").iterdir()}

    assert {"LICENSE-inter.txt", "LICENSE-jetbrains-mono.txt"} < fonts
    assert "ISC License" in (BASE / "static/icons/LICENSE-lucide.txt").read_text()
    assert "SIL Open Font License" in (BASE / "static/fonts/LICENSE-inter.txt").read_text()


def test_every_file_the_styles_name_is_there() -> None:
    for sheet in (BASE / "static/css").glob("*.css"):
        for named in re.findall(r"url\(\"?([^)\"]+)\"?\)", sheet.read_text()):
            assert (sheet.parent / named).resolve().is_file(), (sheet.name, named)

"""Every text of the pages is there in both languages."""

import ast
from collections.abc import Iterator, Mapping
from enum import Enum
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from alerts.explaining import Note, Replay
from api import console_words, labels, problems, sentences
from api.status import LEVEL_COLOURS, LOOKS
from api.words import words
from core.bands import Level, Trouble
from core.false_alarms import PartOfDay, ProposalKind
from core.incidents import Answer, EntryKind, IncidentState, Outcome, Trigger
from core.notifications import NotificationStatus, Purpose
from core.people import Channel, Language, Role
from core.pings import Doubt, FixSource, RejectReason
from core.zones import Side
from geofence.engine import WhyNot
from geofence.trying import Cause

API = Path(str(files("api")))


def from_templates() -> Iterator[str]:
    """Yield the texts marked in templates."""
    for template in API.rglob("templates/**/*.html"):
        with template.open("rb") as source:
            for _line, text, _comments, _context in extract("jinja2.ext:babel_extract", source):
                assert isinstance(text, str)
                yield text


def from_code() -> Iterator[str]:
    """Yield the texts given to `_`, `N_` or `gettext` in Python."""
    for module in API.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            is_nested = isinstance(node.func, ast.Call)
            text = node.args[0]
            marked = name in ("_", "N_", "gettext") or is_nested
            if marked and isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def from_tables() -> Iterator[str]:
    """Yield the texts in tables of words."""
    for name, table in vars(labels).items():
        if name.isupper() and isinstance(table, dict):
            yield from table.values()
    yield from labels.DIRECTIONS
    yield from (look.words for look in LOOKS.values())
    yield from sentences._PLAIN.values()
    yield from sentences._NEXT.values()
    yield from console_words._WORDS.values()
    yield from problems.SENTENCES.values()
    yield from problems._FIELDS.values()


SOURCE_TEXTS = sorted({*from_templates(), *from_code(), *from_tables()})


def placeholders(text: str) -> list[str]:
    """Return the named places in a text, sorted."""
    return sorted(part.split(")")[0] for part in text.split("%(")[1:])


@pytest.mark.parametrize("text", SOURCE_TEXTS)
def test_every_text_has_a_chinese_reading(text: str) -> None:
    """Each English source text is translated, with the same places to fill."""
    chinese = words(Language.CHINESE).gettext(text)

    if any(letter.isalpha() for letter in text.replace("%(", "")) and text not in SAME:
        assert chinese != text
    assert placeholders(text) == placeholders(chinese)


#: texts that read the same in both languages
SAME = {"WiFi", "km", "m", "%(ago)s (%(time)s)"}


def test_the_catalogue_holds_nothing_unused() -> None:
    """A text that left the pages leaves the catalogue, too."""
    source = files("api").joinpath("locale/zh.po").read_bytes()
    kept = {message.id for message in read_po(BytesIO(source)) if message.id}

    assert set() == kept - set(SOURCE_TEXTS)


@pytest.mark.parametrize(
    ("members", "table"),
    [
        (Trigger, labels.TRIGGERS),
        (Answer, labels.ANSWERS),
        (Trouble, labels.TROUBLES),
        (Level, labels.LEVELS),
        (Level, LEVEL_COLOURS),
        (Outcome, labels.OUTCOMES),
        (Role, labels.ROLES),
        (Channel, labels.CHANNELS),
        (FixSource, labels.SOURCES),
        (Purpose, labels.PURPOSES),
        (NotificationStatus, labels.STATUSES),
        (Side, labels.SIDES),
        (RejectReason, labels.REJECTS),
        (Doubt, labels.DOUBTS),
        (Note, labels.NOTES),
        (Replay, labels.REPLAYS),
        (ProposalKind, labels.PROPOSALS),
        (PartOfDay, labels.PARTS_OF_DAY),
        (Cause, labels.CAUSES),
        (EntryKind, sentences._PLAIN),
        (IncidentState, LOOKS),
    ],
)
def test_every_member_has_words(members: type[Enum], table: Mapping[Any, object]) -> None:
    """A page never meets a state, answer or doubt that it has no words for."""
    assert set() == set(members) - set(table)


def test_every_refusal_has_words() -> None:
    """A report that was not judged says why, whatever the reason is."""
    assert {WhyNot.JUDGED} == set(WhyNot) - set(labels.WHY_NOT)

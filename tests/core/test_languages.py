"""Every text of the service can be read in Chinese."""

from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from core.languages import translations
from core.people import Language

ROOMS = ("core", "alerts", "store")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "worded": None}


def extracted() -> Iterator[tuple[str, str]]:
    """Yield (where, text) for every text marked in these rooms."""
    for room in ROOMS:
        for path in sorted(Path(str(files(room))).rglob("*.py")):
            with path.open("rb") as source:
                for line, text, _comments, _context in extract("python", source, KEYWORDS):
                    assert isinstance(text, str)
                    yield f"{room}/{path.name}:{line}", text


TEXTS = list(extracted())


def places(text: str) -> list[str]:
    """Return the named places of a text, sorted."""
    return sorted(part.split(")")[0] for part in text.split("%(")[1:])


def test_there_are_texts() -> None:
    """The search finds the words of the messages."""
    assert len(TEXTS) > 20


@pytest.mark.parametrize(("where", "text"), TEXTS)
def test_every_text_has_a_chinese_reading_with_the_same_places(where: str, text: str) -> None:
    """Each marked text is in the catalogue, and its translation fills in the same values."""
    chinese = translations(Language.CHINESE).gettext(text)

    assert text != chinese, where
    assert places(text) == places(chinese), where


def test_the_catalogue_holds_nothing_unused() -> None:
    """A text that left the code leaves the catalogue, too."""
    source = files("core").joinpath("locale/zh.po").read_bytes()
    kept = {message.id for message in read_po(BytesIO(source)) if message.id}

    assert set() == kept - {text for _, text in TEXTS}


def test_english_is_the_source_itself() -> None:
    """An English reader gets the source text."""
    assert "left the safe zone" == translations(Language.ENGLISH).gettext("left the safe zone")


def test_an_unknown_text_is_shown_as_it_is() -> None:
    """A text nobody translated is shown in English rather than not at all."""
    assert "xyzzy" == translations(Language.CHINESE).gettext("xyzzy")

"""A sentence that can still be said in the reader's language: errors carry it to the door. Pure."""

from collections.abc import Callable


class Worded(str):
    """Reads as its English text; keeps the catalogue's text and the values that fill it."""

    source: str
    values: dict[str, object]

    def said(self, gettext: Callable[[str], str]) -> str:
        """Return the sentence in the words of a catalogue."""
        values = {
            name: value.said(gettext) if isinstance(value, Worded) else value
            for name, value in self.values.items()
        }
        return gettext(self.source) % values


def worded(text: str, **values: object) -> Worded:
    """Return *text*, which is in the catalogue of core, with the values in its places."""
    made = Worded(text % values)
    made.source, made.values = text, values
    return made

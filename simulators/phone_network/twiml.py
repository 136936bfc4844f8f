"""Read the script of a call. The verbs a call of ours uses; others are skipped."""

from dataclasses import dataclass
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

#: how fast a voice reads Chinese, characters a second
_CHARACTERS_PER_S = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Words spoken to the person."""

    text: str

    @property
    def lasts_s(self) -> float:
        """How long the words take, seconds."""
        return len(self.text) / _CHARACTERS_PER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Gather:
    """Words, then a wait of *timeout_s* seconds for a key, which is posted to *action*."""

    text: str
    action: str
    timeout_s: float = 5.0

    @property
    def lasts_s(self) -> float:
        """How long it listens in all, seconds."""
        return len(self.text) / _CHARACTERS_PER_S + self.timeout_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Silence."""

    lasts_s: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The script goes on at another address."""

    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    """The end of the call."""


Verb = Say | Gather | Pause | Redirect | HangUp


def read_script(xml: str, *, base_url: str = "") -> tuple[Verb, ...]:
    """Return the verbs of *xml* in order; ValueError when it is no call script.

    Relative addresses are resolved against *base_url*, where the script came from.
    """
    try:
        # The script comes from the service under test on this machine, as it comes to a provider.
        root = ET.fromstring(xml.encode())  # noqa: S314
    except ET.ParseError as error:
        raise ValueError(f"not a call script: {error}") from None
    if root.tag != "Response":
        raise ValueError(f"a call script begins with Response, not {root.tag}")
    verbs: list[Verb] = []
    for element in root:
        words = " ".join(" ".join(element.itertext()).split())
        match element.tag:
            case "Say":
                verbs.append(Say(text=words * max(1, int(element.get("loop", "1")))))
            case "Gather":
                verbs.append(
                    Gather(
                        text=words,
                        action=urljoin(base_url, element.get("action", "")),
                        timeout_s=float(element.get("timeout", "5")),
                    )
                )
            case "Pause":
                verbs.append(Pause(lasts_s=float(element.get("length", "1"))))
            case "Redirect":
                verbs.append(Redirect(url=urljoin(base_url, words)))
            case "Hangup":
                verbs.append(HangUp())
    return tuple(verbs)

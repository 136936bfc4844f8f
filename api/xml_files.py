"""XML that is put together from plain values: always well-formed, whatever a name holds. Pure."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from datetime import UTC, datetime

#: what XML 1.0 cannot say at all
_UNSAYABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Element = ET.Element


def element(parent: Element, tag: str, text: str | None = None, **attributes: str) -> Element:
    """Add an element below *parent*; what XML cannot say is left out of the text."""
    made = ET.SubElement(parent, tag, {key: clean(value) for key, value in attributes.items()})
    if text is not None:
        made.text = clean(text)
    return made


def clean(text: str) -> str:
    """Return *text* without what XML cannot say."""
    return _UNSAYABLE.sub("", text)


def moment(instant: datetime) -> str:
    """Return an instant as `xsd:dateTime` in UTC."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def degrees(value: float) -> str:
    """Return degrees with seven decimals, never with an exponent."""
    return f"{value:.7f}"


def written(root: Element, namespaces: Mapping[str, str]) -> bytes:
    """Return the document; *namespaces* are prefix -> address, "" for elements without one."""
    for prefix, address in namespaces.items():
        root.set(f"xmlns:{prefix}" if prefix else "xmlns", address)
    ET.indent(root)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document

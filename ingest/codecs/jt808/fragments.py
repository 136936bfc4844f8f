"""Put the fragments of a JT/T 808 message together, within bounds. Pure.

Parts may come out of order, twice, or between those of another message. They carry consecutive
serial numbers, so the first one's names the message. Each part is also kept as it came, so what
never becomes whole is not lost.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ingest.codecs.jt808.framing import Message, Sender

#: parts that come later than this after the first that came begin anew, seconds
PATIENCE_S = 300
#: messages under way on one connection; the oldest gives way
MOST_ASSEMBLIES = 4
#: a message of more parts is not put together: 64 bodies of 1 023 bytes are enough for any batch
MOST_PARTS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """A message whose parts are coming in."""

    sender: Sender
    message_id: int
    first_serial: int
    total: int
    began_at: datetime
    #: number and body
    parts: tuple[tuple[int, bytes], ...] = ()

    @property
    def key(self) -> tuple[Sender, int, int, int]:
        """What the parts of one message have in common."""
        return self.sender, self.message_id, self.first_serial, self.total


def add_part(
    assemblies: tuple[Assembly, ...], message: Message, received_at: datetime
) -> tuple[tuple[Assembly, ...], bytes | None]:
    """Return the assemblies with *message*'s part in them, and the body if it is whole now."""
    assert message.part is not None
    number, total = message.part
    begun = tuple(
        assembly
        for assembly in assemblies
        if received_at - assembly.began_at <= timedelta(seconds=PATIENCE_S)
    )
    if total > MOST_PARTS:
        return begun, None
    mine = Assembly(
        sender=message.sender,
        message_id=message.message_id,
        first_serial=(message.serial - (number - 1)) % (1 << 16),
        total=total,
        began_at=received_at,
    )
    mine = next((assembly for assembly in begun if assembly.key == mine.key), mine)
    others = tuple(assembly for assembly in begun if assembly.key != mine.key)
    parts = dict(mine.parts) | {number: message.body}
    if len(parts) == total:
        return others, b"".join(parts[place] for place in sorted(parts))
    mine = replace(mine, parts=tuple(parts.items()))
    return (*others, mine)[-MOST_ASSEMBLIES:], None

"""Which band is on which connection. The newest one wins. Pure but for who is told."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

#: a band that changes its connection more often than this within the span is two bands, or one
#: behind a network that forgets it
MOST_SWAPS = 3
SWAP_SPAN_S = 600.0
_MOST_COUNTED = 1000


class Line(Protocol):
    """A connection, as the switchboard knows it."""

    def replace(self) -> None:
        """End: the band is on another connection now."""
        ...


@dataclass(slots=True)
class Switchboard:
    """Connects bands and connections."""

    #: bands that may be remembered; those without a connection are forgotten first
    most_bands: int
    #: these bands are not remembered any more
    forgotten: Callable[[Sequence[str]], None]
    _lines: dict[str, Line] = field(default_factory=dict)
    #: every band heard of, the one heard of longest ago first
    _bands: dict[str, None] = field(default_factory=dict)
    _swaps: dict[str, deque[float]] = field(default_factory=dict)

    def line(self, device_id: str) -> Line | None:
        """Return the band's connection."""
        return self._lines.get(device_id)

    def bands(self) -> list[str]:
        """Return the bands that are connected now."""
        return list(self._lines)

    def arrived(self, device_id: str, line: Line, now: float) -> int:
        """Put a band on *line*, ending the one it was on; return its swaps within the span.

        *now* is seconds of a clock that only measures spans.
        """
        before = self._lines.get(device_id)
        self._lines[device_id] = line
        self._bands.pop(device_id, None)
        self._bands[device_id] = None
        if len(self._bands) > self.most_bands:
            self._forget(now)
        if before is None or before is line:
            return 0
        before.replace()
        swaps = self._swaps.setdefault(device_id, deque())
        swaps.append(now)
        while swaps[0] < now - SWAP_SPAN_S or len(swaps) > _MOST_COUNTED:
            swaps.popleft()
        return len(swaps)

    def left(self, device_id: str, line: Line) -> None:
        """Take a band off *line*, if it is still on it."""
        if self._lines.get(device_id) is line:
            del self._lines[device_id]

    def _forget(self, now: float) -> None:
        """Make room for a tenth, so that this is not done for every newcomer."""
        gone = [band for band in self._bands if band not in self._lines]
        gone = gone[: max(1, self.most_bands // 10)]
        for band in gone:
            del self._bands[band]
        for band, swaps in list(self._swaps.items()):
            if swaps[-1] < now - SWAP_SPAN_S:
                del self._swaps[band]
        if gone:
            self.forgotten(gone)

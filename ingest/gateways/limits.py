"""How much one address may say: a bucket of frames that fills again with time. Pure.

Whoever says more is read more slowly, never cut: behind one address of a mobile network may stand
a whole town's bands.
"""

from collections import Counter
from dataclasses import dataclass

#: so many addresses are remembered; full buckets are forgotten first
_MOST_ADDRESSES = 20_000


@dataclass(slots=True)
class Bucket:
    """Frames that may be taken at once, filled again evenly."""

    per_minute: float
    left: float
    at: float

    def take(self, frames: float, now: float) -> float:
        """Take *frames* and return how long to wait before they are read, seconds.

        *now* is seconds of a clock that only measures spans.
        """
        self.left = min(self.per_minute, self.left + (now - self.at) * self.per_minute / 60)
        self.at = now
        self.left -= frames
        return max(0.0, -self.left * 60 / self.per_minute)

    def admits(self, now: float) -> bool:
        """Take one, if there is one; False, and nothing taken, when there is none."""
        self.take(0, now)
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Addresses:
    """What every address may do, and does."""

    def __init__(self, *, most_connections: int, frames_per_minute: int) -> None:
        """Each address may hold *most_connections* and say *frames_per_minute*."""
        self._most = most_connections
        self._per_minute = frames_per_minute
        self._open: Counter[str] = Counter()
        self._buckets: dict[str, Bucket] = {}

    def enter(self, address: str) -> bool:
        """Count a connection; False, and not counted, when the address has too many."""
        if self._open[address] >= self._most:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Count a connection off."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]

    def take(self, address: str, frames: float, now: float) -> float:
        """Take *frames* and return how long to wait before they are read, seconds."""
        bucket = self._buckets.get(address)
        if bucket is None:
            self._forget(now)
            bucket = Bucket(float(self._per_minute), float(self._per_minute), now)
            self._buckets[address] = bucket
        return bucket.take(frames, now)

    def _forget(self, now: float) -> None:
        if len(self._buckets) < _MOST_ADDRESSES:
            return
        for address in [a for a, b in self._buckets.items() if b.at < now - 60]:
            del self._buckets[address]  # full again by now

"""Slow down whoever guesses: so many wrong tries from one place in a while, then none."""

from collections import deque
from collections.abc import Callable
from threading import Lock

from core.clock import monotonic


class Throttle:
    """Counts wrong tries per place in a sliding window; kept in memory, one per process."""

    def __init__(
        self, *, tries: int = 5, window_s: float = 300, elapsed_s: Callable[[], float] = monotonic
    ) -> None:
        """Allow *tries* wrong tries in *window_s* seconds of *elapsed_s*."""
        self._tries = tries
        self._window_s = window_s
        self._elapsed_s = elapsed_s
        self._wrong: dict[str, deque[float]] = {}
        self._lock = Lock()

    def tries_left(self, place: str) -> int:
        """Return how many more wrong tries *place* has."""
        with self._lock:
            return max(0, self._tries - len(self._recent(place)))

    def count_wrong(self, place: str) -> None:
        """Remember one wrong try."""
        with self._lock:
            recent = self._recent(place)
            recent.append(self._elapsed_s())
            self._wrong[place] = recent

    def _recent(self, place: str) -> deque[float]:
        oldest = self._elapsed_s() - self._window_s
        if len(self._wrong) > 10_000:  # somebody invents places; forget those that are over
            self._wrong = {p: w for p, w in self._wrong.items() if w and w[-1] > oldest}
        recent = self._wrong.get(place, deque())
        while recent and recent[0] <= oldest:
            recent.popleft()
        return recent

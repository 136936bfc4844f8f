"""Rows whose handling failed: each rests alone, so that others go on; who keeps failing is told."""

from core.clock import monotonic

#: a row whose handling failed is left alone this long, wall seconds
REST_S = 30.0
#: so many failures one after another, and a person must look
MOST_FAILURES = 3
#: of more rows than this the oldest are forgotten: they are over, or fail again
_MOST_ROWS = 10_000


class FailingRows:
    """Remembers failures of one worker; another worker, or the next, counts its own."""

    def __init__(self, rest_s: float = REST_S) -> None:
        """Leave a row alone for *rest_s* wall seconds after each failure."""
        self._rest_s = rest_s
        self._failures: dict[int, int] = {}
        self._until: dict[int, float] = {}

    def rests(self, row_id: int) -> bool:
        """Say whether a row is left alone now."""
        return self._until.get(row_id, 0.0) > monotonic()

    def failed(self, row_id: int) -> bool:
        """Count a failure; True when there were so many that a person must look."""
        failures = self._failures.pop(row_id, 0) + 1
        self._failures[row_id] = failures
        self._until[row_id] = monotonic() + self._rest_s
        while len(self._failures) > _MOST_ROWS:
            oldest = next(iter(self._failures))
            del self._failures[oldest], self._until[oldest]
        return failures >= MOST_FAILURES

    def worked(self, row_id: int) -> None:
        """Forget what failed before."""
        if row_id in self._failures:
            del self._failures[row_id], self._until[row_id]

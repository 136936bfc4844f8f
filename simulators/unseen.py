"""What a band keeps saying: alarm reports, until the server has committed them.

Said again after 10, 20 and 40 s, then every minute.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

RESEND_AFTER_S = (10.0, 20.0, 40.0, 60.0)


@dataclass(slots=True, kw_only=True)
class _Kept:
    body: dict[str, Any]
    due_at: datetime
    resends: int = 0


class Unseen:
    """The alarm reports the server has not confirmed yet."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._kept: dict[str, _Kept] = {}

    def keep(self, body: dict[str, Any], at: datetime) -> None:
        """Keep a report that was just said at *at*."""
        due_at = at + timedelta(seconds=RESEND_AFTER_S[0])
        self._kept[body["id"]] = _Kept(body=body, due_at=due_at)

    def due_times(self) -> list[datetime]:
        """Return when each kept report is to be said again."""
        return [kept.due_at for kept in self._kept.values()]

    def again(self, at: datetime) -> dict[str, Any] | None:
        """Return one report to say again at *at*, None when none is due."""
        for kept in self._kept.values():
            if kept.due_at <= at:
                kept.resends += 1
                wait_s = RESEND_AFTER_S[min(kept.resends, len(RESEND_AFTER_S) - 1)]
                kept.due_at = at + timedelta(seconds=wait_s)
                return kept.body
        return None

    def seen(self, report_ids: Iterable[str]) -> None:
        """Forget what the server has committed."""
        for report_id in report_ids:
            self._kept.pop(report_id, None)

    def postpone(self, now: datetime) -> None:
        """Say nothing before *now*: the machine slept."""
        for kept in self._kept.values():
            kept.due_at = max(kept.due_at, now)

    def clear(self) -> None:
        """Forget everything: the battery is flat."""
        self._kept.clear()

"""The audit's own thread: it looks on while a tick hangs, and what it finds is told.

It reads first and writes after, so that a stuck writer hides nothing. It may make an overdue
incident due and tell operators; it never ends an incident and never writes to guardians.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.auditor import audit, rearm
from alerts.budget import Limits
from alerts.notices import NoticeKind, tell_operators
from alerts.promise_words import RULES
from core.audit import Problem, Rule
from core.clock import Clock, monotonic
from store import ask_history, workers
from store.database import reading

log = logging.getLogger(__name__)

#: how often everything is looked at, wall seconds
LOOK_EVERY_S = 30.0
#: what is due may be over by this, wall seconds
PATIENCE_S = 60.0
ROLE = "guard"
#: of one rule so many rows are written into beat and log
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What the last audit came to."""

    at_monotonic: float
    problems: tuple[Problem, ...]


class Guard:
    """Audits every so often, in a thread of its own."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        worker: str,
        limits: Limits | None = None,
        every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Look every *every_s* wall seconds."""
        self._engine = engine
        self._clock = clock
        self._worker = f"{worker}:{ROLE}"
        self._limits = limits
        self._every_s = every_s
        #: what is told with each beat beside the findings
        self.more: Callable[[], Mapping[str, Any]] = dict
        #: says whether this worker may work on the database at all
        self.schema_fits: Callable[[], bool] = _fits
        #: None before the first audit
        self.looked: Looked | None = None
        #: incidents that were made due, with the fence they had
        self._rearmed: dict[int, int] = {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        """Begin; the first look waits, because a start has something to catch up with."""
        self._thread.start()

    def stop(self) -> None:
        """End; a look that hangs is not waited for."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def look(self) -> tuple[Problem, ...]:
        """Audit once: say what is wrong, make due what nobody looks at, tell operators."""
        problems = self._audit()
        self.looked = Looked(at_monotonic=monotonic(), problems=tuple(problems))
        _say(problems)
        try:
            with self._engine.begin() as connection:
                self._act(connection, problems)
        except Exception:
            log.exception(
                "The audit could not write what it found.", extra={"action": "audit_unwritten"}
            )
        return self.looked.problems

    def _run(self) -> None:
        while not self._stopping.wait(self._every_s):
            self.look()

    def _audit(self) -> list[Problem]:
        if not self.schema_fits():
            return [Problem(rule=Rule.OTHER_SCHEMA, row_id=0)]
        try:
            with reading(self._engine) as connection:
                found = audit(
                    connection, self._clock.now(), patience_s=self._patience_s, limits=self._limits
                )
                unmoved = ask_history.unmoved(connection, self._rearmed)
        except Exception:
            log.exception("The audit itself failed.", extra={"action": "audit_broken"})
            return [Problem(rule=Rule.AUDIT_FAILED, row_id=0)]
        self._rearmed = {row_id: self._rearmed[row_id] for row_id in unmoved}
        # Made due a while ago, and nobody has looked since: that is not mended.
        known = {problem.row_id for problem in found if problem.rule in (_DUE, Rule.NO_DUE_TIME)}
        still = [Problem(rule=_DUE, row_id=row_id) for row_id in unmoved if row_id not in known]
        return [*found, *still]

    def _act(self, connection: Connection, problems: list[Problem]) -> None:
        now = self._clock.now()
        self._rearmed |= rearm(connection, problems, now, patience_s=self._patience_s)
        for rule in dict.fromkeys(problem.rule for problem in problems):
            tell_operators(
                connection, NoticeKind.AUDIT_FAILED, rule.value, {"rule": RULES[rule]}, now
            )
        detail = {
            "problems": [problem.to_json() for problem in _some(problems)],
            "found": dict(Counter(problem.rule.value for problem in problems)),
            "audited_at": now.isoformat(),
            **self.more(),
        }
        workers.beat(connection, self._worker, role=ROLE, detail=detail, now=now)
        workers.forget_gone(connection, now)

    @property
    def _patience_s(self) -> float:
        return PATIENCE_S * self._clock.speed


_DUE = Rule.DUE_TIME_PASSED


def _fits() -> bool:
    return True


def _say(problems: list[Problem]) -> None:
    for problem in _some(problems):
        log.error(
            "The audit found a broken promise: %s.",
            problem.rule.value,
            extra={"action": "audit", "rule": problem.rule.value, "row": problem.row_id},
        )


def _some(problems: list[Problem]) -> list[Problem]:
    """Return the first few of each rule."""
    by_rule: dict[Rule, list[Problem]] = {}
    for problem in problems:
        by_rule.setdefault(problem.rule, []).append(problem)
    return [problem for some in by_rule.values() for problem in some[:_MOST_NAMED]]

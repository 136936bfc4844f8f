"""The demonstration that never ends: the same stories again and again, with other people.

The first incident opens within seconds and closes soon after; the others follow so that something
is always going on. A story whose people are still busy (a visitor took over a phone) is skipped.
"""

import threading
from collections.abc import Sequence

from sqlalchemy import Engine, func, select

from core.clock import Clock
from core.incidents import IncidentState
from simulators.plots import Story
from simulators.stage import Performance, Stage, Standing
from store import schema
from store.database import reading

#: when each story of a round begins, seconds of service time into the round
BEGINS_S = {
    "sos": 2.0,
    "wander-at-dusk": 10.0,
    "drift": 20.0,
    "strap-off": 30.0,
    "gone-silent": 120.0,
    "by-the-river": 240.0,
    "both-cannot": 480.0,
    "nobody-answers": 720.0,
}
#: between the end of a round and the next, seconds of service time
_REST_S = 60.0
#: how often it is looked whether a round is over, wall seconds
_LOOK_S = 0.5


class LiveShow:
    """Plays rounds of stories on a stage until it is stopped."""

    def __init__(self, stage: Stage, *, engine: Engine, clock: Clock) -> None:
        """The stage's programme should have several takes, so that people change."""
        self._stage = stage
        self._engine = engine
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-show", daemon=True)

    def start(self) -> None:
        """Begin the first round; the stage has been started."""
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; what plays is left as it is."""
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        rounds = rounds_of(self._stage.programme.stories)
        number = 0
        while not self._stopping.is_set():
            playing = [
                self._stage.perform(story, after_s=BEGINS_S.get(story.name, 60.0))
                for story in rounds[number % len(rounds)]
                if not self._is_busy(story)
            ]
            number += 1
            self._wait_for(playing)
            self._stage.forget(playing)
            self._stopping.wait(_REST_S / self._clock.speed)

    def _wait_for(self, playing: Sequence[Performance]) -> None:
        while not self._stopping.wait(_LOOK_S):
            progress = self._stage.progress(playing)
            if all(p.standing in (Standing.OVER, Standing.OUT_OF_TIME) for p in progress):
                return

    def _is_busy(self, story: Story) -> bool:
        """Say whether an earlier incident of the story's elder is still open."""
        incident, band = schema.incident, schema.band
        with reading(self._engine) as connection:
            open_ones = connection.scalar(
                select(func.count())
                .select_from(incident)
                .join(band, band.c.elder_id == incident.c.elder_id)
                .where(
                    band.c.device_id == story.elder.device_id,
                    incident.c.state != IncidentState.CLOSED.value,
                )
            )
        return bool(open_ones)


def rounds_of(stories: Sequence[Story]) -> list[list[Story]]:
    """Return the stories in rounds: the first cast of each, then the second, and so on."""
    rounds: list[list[Story]] = []
    for story in stories:
        for one in rounds:
            if all(other.name != story.name for other in one):
                one.append(story)
                break
        else:
            rounds.append([story])
    return rounds

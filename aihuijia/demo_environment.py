"""The demo's settings as a file, so that `aihuijia status` and others can look at it.

The demo needs no settings itself; it writes down those with which another process finds its
database and broker and reads the time from the same clock. No secret is among them.
"""

import shlex
from datetime import datetime
from pathlib import Path

from core.clock import ScaledClock, SystemClock
from core.settings import PREFIX, Settings

NAME = "environment"
#: a clock at the wall's own speed has no origin that could say by how much it differs
_LEAST_UNLIKE_THE_WALL = 1.001


def write(folder: Path, settings: Settings, clock: ScaledClock) -> None:
    """Write the file, or bring it up to date after a change of speed."""
    text = environment(folder.resolve(), settings, clock)
    fresh = folder / f"{NAME}.new"
    fresh.write_text(text)
    fresh.replace(folder / NAME)


def environment(folder: Path, settings: Settings, clock: ScaledClock) -> str:
    """Return the file's text: lines that a shell reads."""
    scheme, _, file = settings.database_url.partition(":///")
    speed = clock.speed if clock.speed != 1.0 else _LEAST_UNLIKE_THE_WALL
    values = {
        "DATABASE_URL": f"{scheme}:///{folder / Path(file).name}",
        "EMBEDDED_BROKER_PORT": settings.embedded_broker_port,
        "CANARY_NUMBER": settings.canary_number,
        "CLOCK_SPEED": speed,
        "CLOCK_ORIGIN": _origin(clock.now(), SystemClock().now(), speed).isoformat(),
    }
    lines = [f"{PREFIX}{name}={shlex.quote(str(value))}\n" for name, value in values.items()]
    return "".join(lines)


def _origin(shown: datetime, wall: datetime, speed: float) -> datetime:
    """Return the instant at which a clock that shows *shown* at *wall* agreed with the wall."""
    return wall + (shown - wall) / (1 - speed)

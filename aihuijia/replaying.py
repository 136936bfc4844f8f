"""`aihuijia replay`: recorded tracks to the broker, with a progress bar."""

import signal
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from core.errors import Refused
from core.settings import Settings
from simulators.fleet import Broker
from simulators.recorded_tracks import Stamp, TrackPlayer, read_tracks, schedule


def play_tracks(
    settings: Settings,
    console: Console,
    file: Path,
    *,
    speed: float,
    only: str,
    limit: int | None,
    stamp_name: str,
) -> None:
    """Publish the tracks of *file*; Refused or ServerMissing say what to mend."""
    if stamp_name not in {stamp.value for stamp in Stamp}:
        choices = ", ".join(stamp.value for stamp in Stamp)
        raise Refused(f"--stamp {stamp_name!r}: choose one of {choices}")
    fixes = read_tracks(file, only=only, limit=limit)
    planned = schedule(fixes)
    bands = {fix.device_id for fix in fixes}
    hours = planned[-1][0] / 3600
    console.print(
        f"{len(fixes)} fixes of {len(bands)} bands, {hours:.1f} h of recording at {speed:g}×."
    )
    player = TrackPlayer(_broker(settings), settings.clock(), topic_prefix=settings.topic_prefix)
    signal.signal(signal.SIGINT, lambda *_: player.stop())
    with Progress(
        TextColumn("fixes"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    ) as progress:
        task = progress.add_task("fixes", total=len(planned))
        advance: Callable[[int], None] = lambda n: progress.advance(task, n)  # noqa: E731
        sent = player.play(planned, speed=speed, stamp=Stamp(stamp_name), progress=advance)
    console.print(f"{sent} reports are with the broker.")


def _broker(settings: Settings) -> Broker:
    if settings.broker_url == "embedded":
        return Broker(port=settings.embedded_broker_port)
    return Broker.from_url(settings.broker_url)

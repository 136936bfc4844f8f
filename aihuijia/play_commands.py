"""The commands that play: the demo, single stories, recorded tracks, the stand-in phone network."""

import difflib
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from core.errors import Refused

app = typer.Typer()
console = Console()
#: group of these commands in --help
_PANEL = "Try and measure it"


@app.command(rich_help_panel=_PANEL)
def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="No page and no person: play once and report.")
    ] = False,
    speed: Annotated[
        float | None,
        typer.Option(
            min=0.5,
            max=200,
            help="Clock: 20 with the page, 40 headless by default (at most: it slows while the"
            " service is behind).",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another town and other luck.")] = 1,
    stories: Annotated[
        str, typer.Option(help="Which stories, e.g. sos,drift. All by default.")
    ] = "",
    bands: Annotated[int, typer.Option(min=1, max=2000, help="How many wristbands.")] = 400,
    report: Annotated[Path | None, typer.Option(help="Headless: write the JSON here.")] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder for database and record, emptied first: var/demo, or var/headless."
        ),
    ] = None,
) -> None:
    """Show everything with made-up people: a page for visitors, or `--headless` with a report.

    Headless, the exit status is 0 only if every story ended as it should and nothing unexpected
    was sent.
    """
    names = _story_names(stories)
    if headless:
        _play_headless(names, speed or 40.0, seed, bands, work or Path("var/headless"), report)
        return
    from aihuijia.demo_world import DemoWorld, free_ports, today_at_dusk
    from aihuijia.live_demo import play_live
    from aihuijia.logs import start_logging
    from aihuijia.serving import stop_on_signal
    from core.clock import ScaledClock
    from simulators.programme import programme

    start_logging("ERROR")
    stopping = stop_on_signal()
    world = DemoWorld(
        programme(seed=seed, stories=names, bands=bands, takes=3),
        work=work or Path("var/demo"),
        clock=ScaledClock(speed=speed or 20.0, anchor=today_at_dusk()),
        ports=free_ports(http=8121, broker=1883),
        tick_s=0.1,
    )
    play_live(world, console, stopping)


@app.command(rich_help_panel=_PANEL)
def simulate(
    story: Annotated[str, typer.Argument(help="Which one; `aihuijia stories` lists them.")],
    speed: Annotated[float, typer.Option(min=0.5, max=200, help="How fast time runs.")] = 30.0,
    seed: Annotated[int, typer.Option(help="Another seed, another cast.")] = 1,
    bands: Annotated[int, typer.Option(min=1, max=2000, help="Bands beside the story's.")] = 40,
    report: Annotated[Path | None, typer.Option(help="Write the JSON here.")] = None,
    work: Annotated[Path, typer.Option(help="Folder for database and record.")] = Path(
        "var/simulate"
    ),
    attach: Annotated[
        bool,
        typer.Option(
            "--attach",
            help="Play against a running service: its broker, database, clock and provider address"
            " come from the same settings; the stand-in phone network listens at"
            " AIHUIJIA_TWILIO_API_URL.",
        ),
    ] = False,
) -> None:
    """Play one story alone and say whether it ended as it should."""
    names = _story_names(story)
    if not attach:
        _play_headless(names, speed, seed, bands, work, report)
        return
    from aihuijia.attached import play_attached
    from core import settings

    ok = play_attached(
        settings.load(), console=console, stories=names, seed=seed, work=work, report=report
    )
    raise typer.Exit(0 if ok else 1)


@app.command(name="stories", rich_help_panel=_PANEL)
def list_stories() -> None:
    """List the stories that the demo and `simulate` can play."""
    from simulators.stories import STORIES, build_story

    table = Table("story", "中文", "English", "expected")
    for name in STORIES:
        built = build_story(name, seed=1)
        states = " → ".join(state.value for state in built.expected.states) or "nobody is woken"
        table.add_row(name, built.title_zh, built.title_en, states)
    console.print(table)
    console.print(
        "One alone, with a verdict: `aihuijia simulate wander-at-dusk`; several with a page:"
        " `aihuijia demo --stories sos,drift`.",
        highlight=False,
    )


@app.command(rich_help_panel=_PANEL)
def replay(
    file: Annotated[Path, typer.Argument(help="CSV or CSV.gz: track_id,t_unix,lat,lon,…")],
    speed: Annotated[float, typer.Option(min=0.1, help="How much faster than recorded.")] = 60.0,
    only: Annotated[str, typer.Option(help="Only tracks whose id contains this.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first so many tracks.")] = None,
    stamp: Annotated[
        str,
        typer.Option(
            help="Time of the fixes: `shifted` keeps the recorded spacing and ends now, `now` is"
            " the moment of sending, `recorded` is as recorded."
        ),
    ] = "shifted",
) -> None:
    """Publish real recorded GPS tracks over MQTT, each track as one band.

    The broker is AIHUIJIA_BROKER_URL, or the demo's on this machine.
    """
    from aihuijia.replaying import play_tracks
    from core import settings

    play_tracks(
        settings.load(), console, file, speed=speed, only=only, limit=limit, stamp_name=stamp
    )


@app.command(name="phone-network", rich_help_panel=_PANEL)
def phone_network(
    record: Annotated[Path, typer.Option(help="Its own record, JSON lines.")] = Path(
        "var/phone-network.jsonl"
    ),
) -> None:
    """Run the stand-in phone network alone, at AIHUIJIA_TWILIO_API_URL (a loopback address)."""
    from aihuijia.attached import phone_network_of, port_of
    from core import settings
    from simulators.phone_network import serve

    loaded = settings.load()
    record.parent.mkdir(parents=True, exist_ok=True)
    console.print(f"The stand-in phone network answers at {loaded.twilio_api_url}. Ctrl-C stops.")
    serve(phone_network_of(loaded, record), port=port_of(loaded))


def _play_headless(
    names: list[str], speed: float, seed: int, bands: int, work: Path, report: Path | None
) -> None:
    from aihuijia.headless import play_headless
    from aihuijia.logs import start_logging

    start_logging("ERROR")
    ok = play_headless(
        console=console,
        stories=names,
        seed=seed,
        speed=speed,
        bands=bands,
        work=work,
        report=report,
    )
    raise typer.Exit(0 if ok else 1)


def _story_names(chosen: str) -> list[str]:
    from simulators.stories import STORIES

    names = [name.strip() for name in chosen.split(",") if name.strip()] or list(STORIES)
    for name in names:
        if name not in STORIES:
            close = difflib.get_close_matches(name, STORIES, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise Refused(f"There is no story {name!r}.{hint} There are: {', '.join(STORIES)}")
    return list(dict.fromkeys(names))

"""The technician's commands: what a device's bytes mean, what a band is told and answered."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from core.errors import Refused

app = typer.Typer()
console = Console()
#: group of these commands in --help
_PANEL = "Bands"


@app.command(rich_help_panel=_PANEL)
def order(
    device: Annotated[str, typer.Argument(help="The band, as `aihuijia band list` names it.")],
    do: Annotated[
        str,
        typer.Argument(help="locate, interval, find, contacts, removal_alarm or reboot."),
    ],
    words: Annotated[
        list[str] | None, typer.Argument(help="What the order needs: `interval 60`.")
    ] = None,
) -> None:
    """Tell a band what to do: locate now, report every so often, ring, set its SOS numbers."""
    from aihuijia import band_orders
    from aihuijia.existing_database import open_existing
    from core import settings

    loaded = settings.load()
    engine = open_existing(loaded.database_url)
    band_orders.give(engine, loaded.clock(), console, device, do, words or [])


@app.command(rich_help_panel=_PANEL)
def orders(
    device: Annotated[str | None, typer.Argument(help="Only this band's.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many of the newest.")] = 20,
) -> None:
    """Show what bands were told and what became of it: queued, sent, confirmed, failed, expired."""
    from aihuijia import band_orders
    from aihuijia.existing_database import open_existing
    from core import settings

    band_orders.show(open_existing(settings.load().database_url), console, device, limit)


@app.command(rich_help_panel=_PANEL)
def decode(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE.jsonl | FRAME",
            help='A file with one record a line ({"id", "mode", "encoding", "frame"}), one frame'
            " as text or hexadecimal, or - for standard input.",
        ),
    ] = "-",
    protocol: Annotated[
        str, typer.Option(help="watch, owntracks, gt06, jt808, h02 or iw.", show_default=False)
    ] = "watch",
    model: Annotated[
        str | None, typer.Option(help="Read it as this model (ingest/data/profiles.toml).")
    ] = None,
    pretty: Annotated[bool, typer.Option("--pretty", help="For people instead of JSON.")] = False,
    listen: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            metavar="PORT",
            help="Wait for devices on this port, answer them, print what they say.",
        ),
    ] = None,
) -> None:
    """Say what a device's bytes mean: one JSON line for each record, no server needed.

    Examples:
    - `aihuijia decode --protocol watch --pretty "[3G*8800000015*000D*LK,50,100,66]"`

    - `aihuijia decode --protocol gt06 frames.jsonl`

    - `aihuijia decode --protocol jt808 --listen 5121` and point the device at this machine

    """
    import asyncio

    from aihuijia import workbench
    from core.clock import SystemClock

    bench = workbench.bench(protocol, model, SystemClock())
    if listen is not None:
        if protocol == "owntracks":
            raise Refused("OwnTracks comes over MQTT; --listen is for protocols over TCP.")
        try:
            asyncio.run(workbench.listen(bench, listen, console, pretty=pretty))
        except KeyboardInterrupt:
            return
        return
    if source == "-" and sys.stdin.isatty():
        raise Refused("Nothing to decode: give a file, a frame, or --listen PORT. See --help.")
    lines = sys.stdin if source == "-" else None
    for said in workbench.decode_source(bench, source, lines):
        workbench.show(console, said, pretty=pretty)

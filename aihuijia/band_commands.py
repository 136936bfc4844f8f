"""The commands `aihuijia band …` and `aihuijia broker-access`: who may speak to the broker.

What they do is in `aihuijia.band_desk` and `aihuijia.broker_access_role`, imported when needed.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    help="Bands: who may speak, and for whom.\n\nRegistering a band issues its password, retiring"
    " it revokes it; `aihuijia broker-access` tells the broker (docs/broker.md).",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
console = Console()

Device = Annotated[str, typer.Argument(help="Device id: 1 to 32 of a-z, 0-9, _ and -.")]
Model = Annotated[str | None, typer.Option(help="Which model it is (ingest/data/profiles.toml).")]


@app.command()
def add(
    device: Device,
    elder: Annotated[int | None, typer.Option(help="Who wears it; nobody: on the shelf.")] = None,
    model: Model = None,
    interval: Annotated[int, typer.Option(help="Usual seconds between reports.")] = 300,
) -> None:
    """Register a new band and print, once, what it signs in with."""
    from aihuijia.band_desk import BandDesk

    BandDesk(console).add(device, elder_id=elder, model=model, interval_s=interval)


@app.command()
def claim(
    device: Device,
    elder: Annotated[int, typer.Option(help="Who wears it from now on.")],
    model: Model = None,
    interval: Annotated[int | None, typer.Option(help="Usual seconds between reports.")] = None,
) -> None:
    """Give an elder a band: one of `band unknown`, one from the shelf, or a retired one."""
    from aihuijia.band_desk import BandDesk

    BandDesk(console).claim(device, elder_id=elder, model=model, interval_s=interval)


@app.command()
def rotate(device: Device) -> None:
    """Give a band a new password and print it once; the old one is good no longer."""
    from aihuijia.band_desk import BandDesk

    BandDesk(console).rotate(device)


@app.command()
def retire(
    device: Device,
    while_searched: Annotated[
        bool, typer.Option("--while-searched", help="Also while its elder is being looked for.")
    ] = False,
) -> None:
    """Take a band out of use: it has no wearer any more and may not sign in."""
    from aihuijia.band_desk import BandDesk

    BandDesk(console).retire(device, while_searched=while_searched)


@app.command(name="list")
def list_bands(
    retired: Annotated[bool, typer.Option("--retired", help="Retired ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="At most so many.")] = 1000,
) -> None:
    """List the registered bands, and whether the broker knows of each what it should."""
    from aihuijia.band_desk import BandDesk

    BandDesk(console).show_registered(with_retired=retired, limit=limit)


@app.command()
def unknown(
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 1000,
) -> None:
    """List devices that speak to us and are nobody's; `band claim` gives one to an elder."""
    from aihuijia.band_desk import BandDesk

    BandDesk(console).show_unknown(limit=limit)


def broker_access(
    once: Annotated[bool, typer.Option("--once", help="Compare once, put right, end.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be changed.")
    ] = False,
    init: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the file of Mosquitto's dynamic security, or bring it up to date, while"
            " the broker is stopped.",
        ),
    ] = None,
) -> None:
    """Keep the broker's logins equal to the registry of bands, until Ctrl-C.

    With `--once` the exit status is 1 when some band could not be told.
    """
    from aihuijia import broker_access_role
    from aihuijia.broker_access_file import write_file
    from aihuijia.logs import start_logging
    from aihuijia.roles import wait_for_database
    from aihuijia.serving import run, stop_on_signal
    from core import settings
    from store.database import check_reachable, open_database
    from store.migrate import check_version

    loaded = settings.load()
    start_logging(loaded.log_level)
    engine, clock = open_database(loaded.database_url), loaded.clock()
    if init is None and not dry_run and not once:
        role = broker_access_role.BrokerAccessRole(loaded, engine, clock)
        stopping = stop_on_signal()
        if wait_for_database(engine, stopping):
            check_version(engine)
            run([role], stopping)
        return
    check_reachable(engine)
    check_version(engine)
    if init is not None:
        write_file(loaded, engine, clock, console, init)
    elif dry_run:
        broker_access_role.show_differences(loaded, engine, clock, console)
    elif not broker_access_role.run_once(loaded, engine, clock, console):
        raise typer.Exit(1)

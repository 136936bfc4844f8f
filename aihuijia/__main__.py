"""The command line. Heavy parts are imported by the command that needs them."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from aihuijia import (
    account_commands,
    band_commands,
    bench_commands,
    evaluate_command,
    explain_command,
    import_command,
    organisations_command,
    play_commands,
    privacy_commands,
    templates_command,
)
from core.errors import AihuijiaError

#: groups of commands in --help
RUN, ASK, BANDS, PLAY = "Run it", "Ask it", "Bands", "Try and measure it"

app = typer.Typer(
    name="aihuijia",
    help="121 爱回家: finds the way home for elderly people who wander.\n\n"
    "Try it first: `aihuijia demo` (no account, no server). Settings come from the environment;"
    " docs/settings.md lists them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(play_commands.app)
app.add_typer(bench_commands.app)
app.add_typer(account_commands.app, name="account", rich_help_panel=RUN)
app.add_typer(band_commands.app, name="band", rich_help_panel=BANDS)
app.command(name="broker-access", rich_help_panel=RUN)(band_commands.broker_access)
app.command(rich_help_panel=ASK)(explain_command.explain)
app.command(rich_help_panel=ASK)(templates_command.templates)
app.command(rich_help_panel=PLAY)(evaluate_command.evaluate)
app.command(name="import", rich_help_panel=RUN)(import_command.import_file)
app.command(rich_help_panel=RUN)(import_command.template)
app.command(rich_help_panel=RUN)(organisations_command.organisations)
app.command(rich_help_panel=RUN)(privacy_commands.retention)
app.command(rich_help_panel=RUN)(privacy_commands.reseal)
console = Console()


def main() -> None:
    """Run the command; an error on purpose is a sentence and exit status 2, not a traceback."""
    try:
        app()
    except AihuijiaError as error:
        Console(stderr=True).print(str(error), style="bold red", markup=False, soft_wrap=True)
        sys.exit(2)


@app.command(rich_help_panel=RUN)
def up() -> None:
    """Run the whole service in one process: ingest, alerts, API, gateway and canary."""
    from aihuijia.serving import RoleName

    _serve(tuple(RoleName))


@app.command(rich_help_panel=RUN)
def ingest() -> None:
    """Run the ingest role: wristbands' messages in, incidents out."""
    from aihuijia.serving import RoleName

    _serve((RoleName.INGEST,))


@app.command(rich_help_panel=RUN)
def alerts() -> None:
    """Run the alerts role: ask people, climb the ladder, send what is due."""
    from aihuijia.serving import RoleName

    _serve((RoleName.ALERTS,))


@app.command(rich_help_panel=RUN)
def api() -> None:
    """Run the API role: map, answer pages and the provider's callbacks."""
    from aihuijia.serving import RoleName

    _serve((RoleName.API,))


@app.command(rich_help_panel=RUN)
def gateway() -> None:
    """Run the gateway role: bands that speak a maker's TCP protocol become bands like all others.

    It speaks Watch (3G, SG, CS, ZJ …), GT06, JT/T 808, H02 and IW on one port, publishes what
    bands say over MQTT, and answers a band only when its words are on disk and with the broker.
    It goes on while the database or the ingest role is away.

    Point a band here, for example by SMS to it: `pw,123456,ip,121.example.org,5121#` (its leaflet
    has the words). To try it without one:

    `printf '[3G*8800000015*0002*LK]' | nc -q 1 127.0.0.1 5121`
    """
    from aihuijia.serving import RoleName

    _serve((RoleName.GATEWAY,))


@app.command(rich_help_panel=RUN)
def canary() -> None:
    """Run the canary role: a virtual band leaves its zone every few minutes, as a test of all.

    The message goes to AIHUIJIA_CANARY_NUMBER; `aihuijia status` says how long it took.
    """
    from aihuijia.serving import RoleName

    _serve((RoleName.CANARY,))


@app.command(rich_help_panel=RUN)
def migrate() -> None:
    """Bring the database to this version's schema (SQLite or PostgreSQL with PostGIS)."""
    from core import settings
    from store.database import check_reachable, open_database
    from store.migrate import migrate as apply

    engine = open_database(settings.load().database_url)
    check_reachable(engine)
    console.print(f"The database has schema {apply(engine)}.")


@app.command(rich_help_panel=ASK)
def status(
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
) -> None:
    """Say in about eleven lines whether the service keeps its promise; changes nothing.

    The exit status is 0 when all is well, 1 when something needs a person.
    """
    from aihuijia.status_command import show_status
    from core import settings

    raise typer.Exit(0 if show_status(settings.load(), as_json=json, english=english) else 1)


@app.command(rich_help_panel=ASK)
def readiness(
    json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
) -> None:
    """Say who could not be reached tonight, and what to do about it; changes nothing.

    The exit status is 0 when everybody is ready, 1 when somebody has to act.
    """
    from aihuijia.existing_database import open_existing
    from aihuijia.readiness_command import show_readiness
    from core import settings

    loaded = settings.load()
    engine = open_existing(loaded.database_url)
    is_fine = show_readiness(loaded, engine, as_json=json, english=english)
    raise typer.Exit(0 if is_fine else 1)


@app.command(rich_help_panel=PLAY)
def drill(
    elder: Annotated[int, typer.Argument(min=1, help="The elder's number.")],
    rescue: Annotated[bool, typer.Option("--rescue", help="Ask the rescue team, too.")] = False,
    by: Annotated[str, typer.Option(help="Who wants it; stands in the list of drills.")] = "cli",
) -> None:
    """Let the people of one elder practise: real messages, each marked as a drill.

    It ends by itself. Anything real about the elder ends it at once.
    """
    from aihuijia.existing_database import open_existing
    from aihuijia.readiness_command import begin_drill
    from core import settings

    loaded = settings.load()
    engine = open_existing(loaded.database_url)
    begin_drill(loaded, engine, elder, with_rescue=rescue, by=by)


@app.command(rich_help_panel=ASK)
def rejects(
    reason: Annotated[str | None, typer.Option(help="Only this reason, e.g. not_json.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many of the newest.")] = 20,
) -> None:
    """Show messages that could not be used, with the reason: counts first, then the newest."""
    from aihuijia.existing_database import open_existing
    from aihuijia.reject_list import show_rejects
    from core import settings

    show_rejects(open_existing(settings.load().database_url), console, reason, limit)


@app.command(name="push-keys", rich_help_panel=RUN)
def push_keys() -> None:
    """Print a fresh key pair for Web Push (AIHUIJIA_VAPID_PRIVATE_KEY); it is kept nowhere."""
    from aihuijia.push_keys import show_push_keys

    show_push_keys(console)


@app.command(name="data-key", rich_help_panel=RUN)
def data_key() -> None:
    """Print a fresh key for what is kept sealed (AIHUIJIA_DATA_KEYS); it is kept nowhere."""
    from aihuijia.data_key import show_data_key

    show_data_key(console)


def _serve(names: tuple[str, ...]) -> None:
    from aihuijia.logs import start_logging
    from aihuijia.serving import RoleName, serve
    from core import settings

    loaded = settings.load()
    start_logging(loaded.log_level)
    serve(loaded, [RoleName(name) for name in names])


if __name__ == "__main__":
    main()

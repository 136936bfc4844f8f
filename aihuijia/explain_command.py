"""The command `aihuijia explain`: why something was believed of somebody, as the operator asks."""

import getpass
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

console = Console()


def explain(
    elder: Annotated[str, typer.Argument(help="Elder's id, or the whole name.")],
    at: Annotated[
        str, typer.Option(help='When, on the clock here: "2026-11-23 14:05", 14:05, "昨天 14:05".')
    ] = "now",
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="For programs, with all numbers.")
    ] = False,
) -> None:
    """Say what was believed of an elder at an instant, and why.

    Shows the fixes around it and each decision with its reason, and judges every decision again
    from what is stored. The question is recorded as a look at the elder's whereabouts.
    """
    from aihuijia.existing_database import open_existing
    from alerts import explaining
    from api import explanation_text
    from api.explanation_json import explanation_json
    from core.accounts import EVERYWHERE
    from core.errors import Refused
    from core.instants import read_instant
    from core.people import Language
    from core.settings import load
    from store import elder_names, looks
    from store.database import reading

    settings = load()
    now = settings.clock().now()
    language = Language.ENGLISH if english else Language.CHINESE
    try:
        instant = read_instant(at, now)
    except ValueError as error:
        raise Refused(str(error)) from error
    engine = open_existing(settings.database_url)
    with reading(engine) as connection:
        elder_id = elder_names.find(connection, elder, scope=EVERYWHERE)
    with engine.begin() as connection:
        looks.record(connection, f"operator:{getpass.getuser()}", elder_id, "explanation", now)
    with reading(engine) as connection:
        told = explaining.explain(connection, elder_id, instant)

    if as_json:
        console.print_json(data=explanation_json(told, language), ensure_ascii=False)
        return
    _say(explanation_text.heading(told, language))
    for line in explanation_text.lines(told, language):
        _say(line)
    if told.seen:
        table = Table(
            *explanation_text.columns(language),
            box=SIMPLE_HEAD,
            padding=0,
            show_edge=False,
        )
        for column in table.columns[:4]:
            column.no_wrap = True  # one line a fix on a terminal of 80 columns
        for seen in told.seen:
            table.add_row(*explanation_text.row(seen, language))
        console.print(table)


def _say(text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)

"""The command `aihuijia organisations`: the scopes of accounts, and Haining's to begin with."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

console = Console()


def organisations(
    haining: Annotated[
        bool,
        typer.Option(
            "--haining",
            help="Register Haining's four streets, its township and its agencies first.",
        ),
    ] = False,
) -> None:
    """List streets, townships, teams and agencies. Others are made over the API."""
    from aihuijia.existing_database import open_existing
    from core import settings
    from core.organisations import HAINING
    from store import organisations as known
    from store.database import reading

    loaded = settings.load()
    engine = open_existing(loaded.database_url)
    if haining:
        with engine.begin() as connection:
            there = {one.id for one in known.organisations(connection)}
            for organisation_id, kind, name_zh, name_en in HAINING:
                if organisation_id not in there:
                    known.add(
                        connection,
                        organisation_id,
                        kind=kind,
                        name_zh=name_zh,
                        name_en=name_en,
                        by="command line",
                        now=loaded.clock().now(),
                    )
    with reading(engine) as connection:
        found = known.organisations(connection)
    table = Table("Id", "Kind", "中文", "English")
    for one in found:
        table.add_row(one.id, one.kind, one.name_zh, one.name_en)
    console.print(table)

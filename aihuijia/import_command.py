"""Lists from spreadsheets on the command line: the template, a dry run, and the real thing."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from core.people import Language

if TYPE_CHECKING:
    from core.register_plan import Plan

_MOST_SHOWN = 200


def template(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("template.xlsx"),
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
) -> None:
    """Write the empty template for lists of elders, bands, guardians, zones and families.

    Organisations to pick from are in the template of the page /ops/import.
    """
    from core.register_template import template as made

    file.write_bytes(made(_language(english=english), []))
    Console().print(f"Written: {file}. Fill it in, then: aihuijia import {file} --dry-run")


def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=".xlsx or .csv")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Change nothing.")] = False,
    csv_list: Annotated[
        str, typer.Option("--list", help="Of a CSV: elders, bands, guardians, zones, contacts.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who wants it; stands in the history.")] = "cli",
    english: Annotated[bool, typer.Option("--english", help="In English.")] = False,
) -> None:
    """Take lists over from a spreadsheet: all or nothing; every problem is named by its cell.

    The same file twice changes nothing. Guardians are only asked for: a second person approves
    them. The exit status is 0 when nothing has to be mended, 1 otherwise.
    """
    from aihuijia.existing_database import open_existing
    from core import settings
    from core.accounts import EVERYWHERE
    from core.band_passwords import key_mark
    from core.clock import LOCAL_ZONE, SystemClock
    from core.errors import BadFile, SettingError
    from core.register_files import MOST_BYTES, UnusableFile, read_file
    from core.register_sheets import ListName
    from core.register_tables import read_tables
    from core.sealing import sealer_of
    from store.register_hands import Importer
    from store.register_import import take_over, try_out

    language, console = _language(english=english), Console()
    if csv_list and csv_list not in tuple(ListName):
        raise BadFile(f"There is no list {csv_list}: write one of {', '.join(ListName)}.")
    with file.open("rb") as opened:
        data = opened.read(MOST_BYTES + 1)
    loaded = settings.load()
    engine = open_existing(loaded.database_url)
    now = SystemClock().now()
    try:
        sealer = sealer_of(loaded)
    except SettingError:
        sealer = None
    try:
        tables = read_file(data, ListName(csv_list) if csv_list else None)
    except UnusableFile as error:
        console.print(error.said(language), style="bold red", markup=False)
        raise typer.Exit(1) from None
    key = loaded.band_key.get_secret_value().encode()
    importer = Importer(
        name=by.strip()[:80] or "cli",
        scope=EVERYWHERE,
        now=now,
        digest=hashlib.sha256(data).hexdigest(),
        sealer=sealer,
        key_mark=key_mark(key) if key else None,
    )
    lines = read_tables(tables, now.astimezone(LOCAL_ZONE).date())
    planned = (try_out if dry_run else take_over)(engine, lines, importer)
    _show(console, planned, language, is_dry_run=dry_run, batch=importer.batch)
    raise typer.Exit(1 if planned.problems else 0)


def _language(*, english: bool) -> Language:
    return Language.ENGLISH if english else Language.CHINESE


def _show(
    console: Console, planned: "Plan", language: Language, *, is_dry_run: bool, batch: str
) -> None:
    from core.register_problems import first_listed
    from core.register_steps import PairingStep, Verdict
    from core.register_words import sentence

    is_chinese = language is Language.CHINESE
    headings = ("位置", "列", "怎样改正") if is_chinese else ("Cell", "Column", "What to mend")
    titles = ("问题", "请留意") if is_chinese else ("Problems", "To look at")
    for title, remarks in zip(titles, (planned.problems, planned.doubts), strict=True):
        if not remarks:
            continue
        table = Table(*headings, title=f"{title}: {len(remarks)}")
        for remark in first_listed(remarks)[:_MOST_SHOWN]:
            cells = (remark.place, remark.column, sentence(remark, language))
            table.add_row(*(escape(cell) for cell in cells))
        console.print(table)
    steps = [step for step in planned.steps if not isinstance(step, PairingStep)]
    counts = {verdict: sum(step.verdict is verdict for step in steps) for verdict in Verdict}
    if planned.problems:
        said = "没有做任何更改。" if is_chinese else "Nothing was changed."
    elif is_dry_run:
        said = "文件没有问题；没有做任何更改。" if is_chinese else "Fine; nothing was changed."
    else:
        said = "已录入。" if is_chinese else "Taken over."
    words = ("新增", "更改", "不变") if is_chinese else ("new", "changed", "as before")
    numbers = " · ".join(f"{word} {counts[one]}" for word, one in zip(words, Verdict, strict=True))
    console.print(f"{said} {numbers}", markup=False)
    asked = sum(
        isinstance(step, PairingStep) and step.verdict is not Verdict.UNCHANGED
        for step in planned.steps
    )
    if asked and not planned.problems:
        console.print(
            f"看护者申请 {asked} 项，批准前不生效；批次 {batch}"
            if is_chinese
            else f"{asked} guardians to be approved by a second person; batch {batch}",
            markup=False,
        )

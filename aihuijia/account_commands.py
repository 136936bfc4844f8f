"""The commands `aihuijia account …`: who may sign in, and what programs show at the door."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    help="Accounts: who may sign in, and as what.\n\nThe first administrator is made here; later"
    " accounts on the page /accounts or over the API. A password is printed once and has to be"
    " changed at the first sign-in.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)
console = Console()

Name = Annotated[str, typer.Argument(help="Account name: 2 to 40 of a-z, 0-9, . _ and -.")]


@app.command()
def add(
    name: Name,
    administrator: Annotated[bool, typer.Option("--administrator", help="All accounts.")] = False,
    role: Annotated[
        list[str] | None,
        typer.Option(
            help="`operator:xiashi` is operator of that street; `coordinator` holds everywhere."
            " May be given several times."
        ),
    ] = None,
    shown_name: Annotated[str, typer.Option(help="As others read it, e.g. 王敏.")] = "",
) -> None:
    """Make an account and print its first password, once."""
    from aihuijia.account_desk import AccountDesk

    roles = [*(role or []), *(["administrator"] if administrator else [])]
    AccountDesk(console).add(name, roles=roles, shown_name=shown_name)


@app.command()
def password(name: Name) -> None:
    """Give an account a new password and print it once; its sessions end."""
    from aihuijia.account_desk import AccountDesk

    AccountDesk(console).reset_password(name)


@app.command()
def token(
    name: Name,
    program: Annotated[str, typer.Option(help="What program it is for.")],
    days: Annotated[int, typer.Option(min=1, max=730, help="For how many days.")] = 90,
) -> None:
    """Make a token for a program, with all that the account may do, and print it once."""
    from aihuijia.account_desk import AccountDesk

    AccountDesk(console).add_token(name, program=program, days=days)


@app.command()
def disable(name: Name) -> None:
    """Let an account in no more: its sessions and tokens end at once."""
    from aihuijia.account_desk import AccountDesk

    AccountDesk(console).set_disabled(name, disabled=True)


@app.command()
def enable(name: Name) -> None:
    """Let a disabled account in again."""
    from aihuijia.account_desk import AccountDesk

    AccountDesk(console).set_disabled(name, disabled=False)


@app.command(name="list")
def list_accounts() -> None:
    """List all accounts and what they may do."""
    from aihuijia.account_desk import AccountDesk

    AccountDesk(console).show()

"""The commands around personal data: what is too old, and the keys that seal."""

from typing import Annotated

import typer
from rich.console import Console

console = Console()


def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    compact: Annotated[
        bool,
        typer.Option("--compact", help="SQLite: write the file anew afterwards; nobody can write"),
    ] = False,
) -> None:
    """Delete what is too old, kind by kind, as the alerts role does each night.

    AIHUIJIA_RETENTION says how many days each kind is kept; docs/privacy.md lists the kinds.
    """
    from aihuijia.privacy_desk import PrivacyDesk

    PrivacyDesk(console).delete_old(dry_run=dry_run, compact=compact)


def reseal(
    batch: Annotated[int, typer.Option(min=1, max=1000, help="So many rows at once.")] = 100,
) -> None:
    """Seal anew, with the first of AIHUIJIA_DATA_KEYS, what older keys sealed.

    Safe to interrupt and to repeat, while the service runs. Afterwards the older keys can go.
    """
    from aihuijia.privacy_desk import PrivacyDesk

    PrivacyDesk(console).reseal(batch=batch)

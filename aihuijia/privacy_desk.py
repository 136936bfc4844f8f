"""What the commands `aihuijia retention` and `aihuijia reseal` do."""

import os
import socket

from rich.console import Console
from rich.table import Table

from aihuijia.existing_database import open_existing
from alerts.keeper import Keeper, would_go
from core import settings
from core.errors import Conflict
from core.retention import read_rules
from core.sealing import sealer_of
from store import resealing
from store.database import reading


class PrivacyDesk:
    """Opens the service's own database and works on it."""

    def __init__(self, console: Console) -> None:
        """Use the database of the settings; errors say how to mend them."""
        self._settings = settings.load()
        self._engine = open_existing(self._settings.database_url)
        self._console = console

    def delete_old(self, *, dry_run: bool, compact: bool) -> None:
        """Delete now and say what; Conflict while another worker does it."""
        clock, days = self._settings.clock(), read_rules(self._settings.retention)
        if dry_run:
            counts = would_go(self._engine, days, clock.now())
        else:
            worker = f"{socket.gethostname()}:{os.getpid()}"
            done = Keeper(self._engine, clock, days=days, worker=worker).run()
            if done is None:
                raise Conflict("The alerts role deletes just now; try again in half an hour.")
            counts = done
        table = Table("Kind", "Kept, days", "Would go" if dry_run else "Rows gone")
        for kind, count in counts.items():
            table.add_row(kind.value, str(days[kind]), str(count))
        self._console.print(table)
        if compact and not dry_run and self._engine.dialect.name == "sqlite":
            raw = self._engine.raw_connection()
            assert raw.dbapi_connection is not None
            raw.dbapi_connection.cursor().execute("VACUUM")
            raw.close()
            self._console.print("The file was written anew.")

    def reseal(self, *, batch: int) -> None:
        """Seal anew what older keys sealed, and say how much."""
        sealer, done = sealer_of(self._settings), 0
        while True:
            with self._engine.begin() as connection:
                some = resealing.reseal_some(connection, sealer, limit=batch)
            if not some:
                break
            done += some
        with reading(self._engine) as connection:
            by_key = resealing.by_key(connection)
        self._console.print(f"Sealed anew: {done}.")
        for mark, count in sorted(by_key.items()):
            is_first = " (the first key)" if mark == sealer.key_mark else ""
            self._console.print(f"key {mark}{is_first}: {count}", markup=False, highlight=False)

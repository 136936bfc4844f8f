"""A disk that is soon full: a small file system in memory, mounted for one test by root."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from core.errors import ServerMissing
from tests.servers import PostgreSQL, scratch_folder

_CHUNKS = (1024 * 1024, 4096, 1)


class SmallDisk:
    """`folder` lies on it; `fill` takes every byte that is left."""

    def __init__(self, size_mib: int) -> None:
        """Mount it; ServerMissing when this user may not."""
        self.folder = scratch_folder("disk")
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_mib}m", "tmpfs", str(self.folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode != 0:
            self.folder.rmdir()
            raise ServerMissing(f"A small disk cannot be mounted: {mounted.stderr.strip()}")
        self._ballast = self.folder / "ballast"

    def fill(self) -> None:
        """Write until nothing fits any more."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in _CHUNKS:
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise

    def free(self) -> None:
        """Give back what `fill` took."""
        self._ballast.unlink(missing_ok=True)

    def throw_away(self) -> None:
        """Unmount it; whoever used it has ended."""
        subprocess.run(["umount", str(self.folder)], check=True)
        self.folder.rmdir()


@contextmanager
def database_on(disk: SmallDisk, server: PostgreSQL, template: str) -> Iterator[str]:
    """Give the address of a copy of *template* whose tables lie on *disk*; the log lies elsewhere.

    A PostgreSQL that cannot write its log ends itself, and is a killed database.
    """
    place = disk.folder / "tables"
    place.mkdir()
    if os.geteuid() == 0:
        disk.folder.chmod(0o755)
        shutil.chown(place, "postgres")
    space, name = sql.Identifier("small"), sql.Identifier("on_small")
    with psycopg.connect(server.url("postgres"), autocommit=True) as owner:
        owner.execute(
            sql.SQL("CREATE TABLESPACE {} LOCATION {}").format(space, sql.Literal(str(place)))
        )
        url = server.create_database("on_small", template=template)
        owner.execute(sql.SQL("ALTER DATABASE {} SET TABLESPACE {}").format(name, space))
        yield url
        server.drop_database("on_small")
        owner.execute(sql.SQL("DROP TABLESPACE {}").format(space))

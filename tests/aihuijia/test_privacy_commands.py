"""`aihuijia retention` and `aihuijia reseal`, as somebody types them."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import Engine

from core.clock import SystemClock
from core.pings import RejectReason
from core.sealing import Sealer, new_key
from store import elder_secrets, rejects, schema
from store.database import reading
from store.elder_secrets import SecretKind
from tests.processes import run
from tests.scenes import register_household, rows

NUMBER = "330481194403070021"


def test_what_is_too_old_is_counted_then_deleted(sqlite_database: Engine, tmp_path: Path) -> None:
    """A dry run counts and changes nothing; a bad setting is named."""
    now = SystemClock().now()
    with sqlite_database.begin() as connection:
        for days in (1, 20, 30):
            rejects.add(
                connection,
                topic="t",
                payload=b"{",
                reason=RejectReason.NOT_JSON,
                detail="",
                now=now - timedelta(days=days),
            )
    settings = {
        "DATABASE_URL": sqlite_database.url.render_as_string(),
        "RETENTION": "rejects=25",
    }
    tried = run(["retention", "--dry-run"], settings, cwd=tmp_path)
    before = len(rows(sqlite_database, schema.reject))
    done = run(["retention", "--compact"], settings, cwd=tmp_path)
    wrong = run(["retention"], {**settings, "RETENTION": "reject=3"}, cwd=tmp_path)

    assert (0, 0, 2) == (tried.returncode, done.returncode, wrong.returncode), done.stderr
    assert (3, 2) == (before, len(rows(sqlite_database, schema.reject)))
    assert "there is no kind 'reject'" in wrong.stderr
    assert "written anew" in done.stdout


def test_keys_are_changed(sqlite_database: Engine, tmp_path: Path) -> None:
    """What the old key sealed opens with the new one alone, and a second run finds nothing."""
    old, new = new_key(), new_key()
    with sqlite_database.begin() as connection:
        home = register_household(connection, now=SystemClock().now())
        kind = SecretKind.IDENTITY_NUMBER
        elder_secrets.put(connection, Sealer([old]), home.elder_id, kind, NUMBER)
    settings = {
        "DATABASE_URL": sqlite_database.url.render_as_string(),
        "DATA_KEYS": f"{new},{old}",
    }
    first = run(["reseal"], settings, cwd=tmp_path)
    second = run(["reseal"], settings, cwd=tmp_path)
    with reading(sqlite_database) as connection:
        opened = elder_secrets.opened(
            connection, Sealer([new]), home.elder_id, frozenset(SecretKind)
        )

    assert (0, 0) == (first.returncode, second.returncode), first.stderr
    assert ("Sealed anew: 1." in first.stdout, "Sealed anew: 0." in second.stdout) == (True, True)
    assert {SecretKind.IDENTITY_NUMBER: NUMBER} == opened
    assert old not in first.stdout + first.stderr

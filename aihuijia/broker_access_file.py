"""`aihuijia broker-access --init`: the file of Mosquitto's dynamic security, written by us.

For a new installation, and for many bands at once: the plugin writes its whole file after every
command, so 300 000 logins would take it days; here they take about a minute. The broker must be
stopped, or it would write over the file.
"""

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from rich.console import Console
from sqlalchemy import Engine

from core.band_passwords import key_mark
from core.clock import Clock
from core.errors import Refused, SettingError
from core.settings import Settings, explain
from ingest import dynamic_security as plugin
from store import band_access
from store.database import reading


def write_file(
    settings: Settings, engine: Engine, clock: Clock, console: Console, path: Path
) -> None:
    """Write *path*, or bring it up to date; what in it is not ours stays as it is."""
    key = settings.require_band_key()
    mark = key_mark(key)
    services = service_logins(settings)
    document = _read(path)
    if document is None:
        document = plugin.new_document(settings.topic_prefix, services, _salt)
    with reading(engine) as connection:
        wanted = band_access.all_wanted(connection)
    found = {client.name: client for client in map(plugin.read_client, document["clients"])}
    todo = plugin.plan(wanted, found, key_mark=mark)
    _write(path, plugin.changed_document(document, todo.changes, key, mark, _salt))
    with engine.begin() as connection:
        told = [*todo.settled, *(change.access for change in todo.changes)]
        fresh = [access for access in told if not access.is_recorded]
        band_access.mark_applied(connection, fresh, key_mark=mark, now=clock.now())
    console.print(
        f"{path}: {len(todo.changes)} logins changed. Give it to the broker's user and start the"
        f" broker: chown mosquitto: {path} && systemctl start mosquitto",
        markup=False,
        soft_wrap=True,
    )
    for access, problem in todo.problems.items():
        console.print(f"{access.device_id}: {problem}", markup=False, soft_wrap=True)


def service_logins(settings: Settings) -> dict[str, tuple[str, str]]:
    """Return (password, role) of the service's own logins, as the settings' addresses name them."""
    logins = {}
    for name, role in (
        ("broker_admin_url", "admin"),
        ("broker_url", "ingest"),
        ("gateway_broker_url", "gateway"),
    ):
        url = urlsplit(getattr(settings, name))
        if url.username and url.password:
            logins[unquote(url.username)] = (unquote(url.password), role)
        elif role != "gateway":
            raise SettingError(explain(name, "name and password are needed to make the login"))
    return logins


def _read(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        document = None
    if not isinstance(document, dict) or not isinstance(document.get("clients"), list):
        raise Refused(f"{path} is no file of Mosquitto's dynamic security; move it away first.")
    return document


def _write(path: Path, document: Mapping[str, Any]) -> None:
    """Replace the file in one step; nobody else may read it."""
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(document, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _salt() -> bytes:
    return secrets.token_bytes(plugin.SALT_BYTES)

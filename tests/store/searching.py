"""Look for somebody everywhere: in every column of every table, and in the bytes of the files."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from store import schema
from store.database import reading


def places_of(engine: Engine, searched: Iterable[str | bytes]) -> set[str]:
    """Return where any of *searched* is: `table.column`, or the file's name."""
    wanted = [one if isinstance(one, bytes) else one.encode() for one in searched]
    found = set()
    with reading(engine) as connection:
        for table in schema.metadata.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                found |= {
                    f"{table.name}.{name}"
                    for name, value in row.items()
                    if any(one in _bytes_of(value) for one in wanted)
                }
    engine.dispose()
    if engine.dialect.name == "sqlite":
        wanted += [json.dumps(one.decode())[1:-1].encode() for one in wanted if _is_text(one)]
        file = Path(engine.url.database or "")
        for path in file.parent.glob(file.name + "*"):
            content = path.read_bytes()
            found |= {
                f"file{path.name.removeprefix(file.name)}" for one in wanted if one in content
            }
    return found


def _bytes_of(value: Any) -> bytes:
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    if hasattr(value, "data") and isinstance(value.data, bytes | memoryview | str):
        value = value.data  # a shape
        return bytes(value) if not isinstance(value, str) else value.encode()
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str).encode()
    return str(value).encode()


def _is_text(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True

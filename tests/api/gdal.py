"""Debian's GDAL, run as its users run it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from core.errors import ServerMissing

_BIN = Path("/usr/bin")
_WITHIN_S = 120


def run(program: str, *arguments: str, header: str = "", **settings: str) -> str:
    """Run one of GDAL's programs to its end and return what it wrote; AssertionError if it fails.

    *header* goes with each of its requests; *settings* are GDAL's own.
    """
    path = _BIN / program
    if not path.exists():
        raise ServerMissing(f"{path} is missing: apt-get install gdal-bin")
    environment = dict(os.environ) | settings | {"no_proxy": "*", "NO_PROXY": "*"}
    if header:
        environment["GDAL_HTTP_HEADERS"] = header
    done = subprocess.run(
        [str(path), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, f"{program} {' '.join(arguments)}\n{done.stderr}\n{done.stdout}"
    assert "ERROR" not in done.stderr, done.stderr
    return done.stdout


def features(
    source: str, layer: str, *options: str, header: str = "", **settings: str
) -> list[dict[str, Any]]:
    """Return the features of a layer as GDAL read them."""
    text = run(
        "ogr2ogr",
        *("-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=9", "/vsistdout/", source, layer),
        *options,
        header=header,
        **settings,
    )
    found: list[dict[str, Any]] = json.loads(text)["features"]
    return found

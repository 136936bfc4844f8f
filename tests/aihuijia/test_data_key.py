"""The key for what is kept sealed, as the command prints it."""

import re
from pathlib import Path

from pydantic import SecretStr
from typer.testing import CliRunner

from aihuijia.__main__ import app
from aihuijia.demo_world import Ports, demo_settings
from core.sealing import mark_of, sealer_of
from core.settings import Settings


def test_a_fresh_key_can_be_used() -> None:
    """What the command prints is taken by the settings, and its mark tells it from others."""
    said = CliRunner().invoke(app, ["data-key"]).stdout
    found = re.search(r"^AIHUIJIA_DATA_KEYS=(\S+)$", said, flags=re.MULTILINE)
    assert found is not None

    assert mark_of(found[1]) in said
    assert (mark_of(found[1]),) == sealer_of(Settings(data_keys=SecretStr(found[1]))).marks


def test_the_demo_makes_its_own(tmp_path: Path) -> None:
    """A visitor of the demo need not make a key."""
    settings = demo_settings(tmp_path, Ports(http=8121, broker=1899), 0.1)

    assert 1 == len(sealer_of(settings).marks)

"""Shared fixtures of the simulators' tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.phone_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Return a running phone network with a service behind it."""
    one = Bench(record_path=tmp_path / "record.jsonl")
    yield one
    one.stop()
    assert one.service.false_signatures == 0

"""A warm process for the whole session, a stage for each test."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.conftest import NOON
from tests.crashes.stage import Stage, Worker
from tests.scenes import Town
from tests.servers import scratch_folder

_DAY = timedelta(days=1)


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """Give the parent of all processes that are to die."""
    folder = scratch_folder("crashes")
    parent = Worker(folder, NOON)
    yield parent
    parent.end()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stage(town: Town, worker: Worker) -> Iterator[Stage]:
    """Give a household whose service may die, at noon of a day of its own."""
    stage = Stage(town, worker, _next_noon(worker.clock.now()))
    yield stage
    stage.throw_away()


def _next_noon(now: datetime) -> datetime:
    return NOON + _DAY * (1 + (now - NOON) // _DAY)

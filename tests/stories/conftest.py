"""Fixtures of the stories: the stage once a session, a fresh story on each database."""

from collections.abc import Generator, Iterator

import pytest

from core.clock import ManualClock
from tests.scenes import Town
from tests.stories.scene import Story
from tests.stories.stage import Stage

_told = pytest.StashKey[Story]()
_passed = pytest.StashKey[bool]()
_last_words = pytest.StashKey[str]()


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """Give the two servers that all stories share."""
    stage = Stage()
    yield stage
    stage.throw_away()


@pytest.fixture(params=["sqlite", "postgresql"])
def story(request: pytest.FixtureRequest, stage: Stage, clock: ManualClock) -> Iterator[Story]:
    """Give a story on each database; at its end it must be quiet for three minutes."""
    town: Town = request.getfixturevalue(f"{request.param}_town")
    story = Story(town, stage, clock)
    request.node.stash[_told] = story
    try:
        yield story
        if request.node.stash.get(_passed, False):
            story.ends()
    except BaseException:
        request.node.stash[_last_words] = story.so_far()  # soon there is no database to ask
        raise
    finally:
        story.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Print what happened in the story beside whatever failed."""
    report = yield
    story = item.stash.get(_told, None)
    if call.when == "call":
        item.stash[_passed] = report.passed
        if story is not None and report.failed:
            report.sections.append(("the story", story.so_far()))
    elif _last_words in item.stash:
        report.sections.append(("the story", item.stash[_last_words]))
    return report

"""The canary is nobody: no page and no list of people's shows it, only its figures are told."""

from datetime import timedelta

import httpx
import pytest

from alerts.links import make_token
from core.canary import Result, Round
from core.incidents import Trigger
from store import canary, canary_cast
from store.canary_cast import DEVICE_ID, HOME, NAME, Cast
from tests.api.world import SECRET, World, _hear


@pytest.fixture
def lost(world: World) -> tuple[Cast, int]:
    """Let the canary's elder be lost, and heard of."""
    now = world.clock.now()
    with world.engine.begin() as connection:
        cast = canary_cast.ensure(connection, number="+15005550199", key_mark=None, now=now)
        _hear(connection, DEVICE_ID, cast.elder_id, HOME, "outside", now)
    return cast, world.lose_elder(Trigger.CROSSING, elder_id=cast.elder_id)


@pytest.mark.usefixtures("lost")
def test_no_list_shows_it(coordinator: httpx.Client, world: World) -> None:
    """Map, cases, feed, unknown bands, names on the map and tasks are as if it were not there."""
    real = world.lose_elder()
    incidents = coordinator.get("/api/incidents").json()
    said = [
        coordinator.get(page).text
        for page in (
            "/api/bands",
            "/api/bands/unknown",
            "/api/band-tasks",
            "/api/incidents",
            "/api/outline",
            "/console",
            "/console/list",
            "/console/bands",
            "/live/since?cursor=0",
        )
    ]

    assert [real] == [one["id"] for one in incidents["incidents"]]
    assert [] == [text for text in said if DEVICE_ID in text or NAME in text]
    entries = coordinator.get("/live/since", params={"cursor": 0}).json()["entries"]
    assert {real} == {entry["incident_id"] for entry in entries}
    assert 2 == coordinator.get("/api/bands").json()["registered"]


def test_its_own_pages_are_not_found(coordinator: httpx.Client, lost: tuple[Cast, int]) -> None:
    """Whoever guesses its numbers finds nothing either."""
    cast, incident_id = lost
    token = make_token(SECRET.encode(), incident_id, cast.person_id)
    pages = [
        f"/api/incidents/{incident_id}",
        f"/console/incidents/{incident_id}",
        f"/api/bands/{DEVICE_ID}/trail",
        f"/a/{token}",
    ]

    assert [404] * len(pages) == [coordinator.get(page).status_code for page in pages]


def test_its_figures_are_counted(coordinator: httpx.Client, world: World) -> None:
    """Prometheus hears what the last good round took, how old it is, and how many failed."""
    now = world.clock.now()
    before = coordinator.get("/metrics").text
    with world.engine.begin() as connection:
        for result in (Result.FAILED, Result.GOOD):
            number = canary.begin(connection, now)
            ended = Round(
                started_at=now,
                published_at=now - timedelta(seconds=62),
                handed_over_at=now - timedelta(seconds=60),
                ended_at=now - timedelta(seconds=60),
                result=result,
            )
            canary.finish(connection, number, ended)
    lines = coordinator.get("/metrics").text.splitlines()

    assert "aihuijia_canary" not in before
    assert 'aihuijia_canary_seconds{stage="whole"} 2.0' in lines
    assert "aihuijia_canary_good_age_seconds 60.0" in lines
    assert "aihuijia_canary_failed_rounds_total 1.0" in lines

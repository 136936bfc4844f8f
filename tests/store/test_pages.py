"""What pages read and leave behind: orders to bands, looks on record, rejects, views."""

from datetime import timedelta

import pytest

from core.accounts import EVERYWHERE
from core.pings import RejectReason
from core.zones import Side
from store import commands, looks, map_views, rejects, schema, workers
from store.database import reading
from tests.conftest import NOON
from tests.scenes import HOME, Town, on_both_databases, rows


@on_both_databases
@pytest.mark.parametrize(
    ("second", "viewer", "elder_id", "purpose", "looks_on_record"),
    [
        (0, "ma", 1, "map", 1),
        (59, "ma", 1, "map", 1),
        (60, "ma", 1, "map", 2),
        (0, "li", 1, "map", 2),
        (0, "ma", None, "map", 2),
        (0, "ma", 1, "trail", 2),
    ],
)
def test_every_look_is_on_record_once_a_minute(
    town: Town, second: int, viewer: str, elder_id: int | None, purpose: str, looks_on_record: int
) -> None:
    """Looking again within a minute is the same look; another viewer, elder or purpose is not."""
    with town.engine.begin() as connection:
        looks.record(connection, "ma", 1, "map", NOON)
        looks.record(connection, viewer, elder_id, purpose, NOON + timedelta(seconds=second))

    assert looks_on_record == len(rows(town.engine, schema.look))


@on_both_databases
def test_a_newer_order_replaces_a_waiting_one_of_its_kind(town: Town) -> None:
    """Of two waiting orders of one kind the newer counts; what was sent stays on record."""
    with town.engine.begin() as connection:
        commands.queue(connection, "b", "interval", {"s": 20}, NOON)
        commands.mark_sent(connection, [1], NOON)
        for seconds in (30, 40):
            commands.queue(connection, "b", "interval", {"s": seconds}, NOON)
        commands.queue(connection, "other", "interval", {"s": 50}, NOON)
        waiting = [(o.device_id, o.args["s"]) for o in commands.due(connection, NOON)]

    assert [("b", 40), ("other", 50)] == waiting
    assert 3 == len(rows(town.engine, schema.command))


@on_both_databases
def test_rejects_are_counted_and_shown(town: Town) -> None:
    """Rejects are counted by reason, most first, and shown newest first."""
    with town.engine.begin() as connection:
        for reason in (RejectReason.EMPTY, RejectReason.NOT_JSON, RejectReason.NOT_JSON):
            rejects.add(
                connection,
                topic="t" * 300,
                payload=b"x" * 5000,
                reason=reason,
                detail="d" * 500,
                now=NOON,
            )

        assert {"not_json": 2, "empty": 1} == rejects.counts(connection)
        assert [2, 3] == sorted(row.id for row in rejects.recent(connection, reason="not_json"))
        assert [3] == [row.id for row in rejects.recent(connection, limit=1)]
    assert [(256, 5000, 4096, 400)] * 3 == [
        (len(topic), size, len(payload), len(detail))
        for topic, size, payload, detail in rows(
            town.engine, schema.reject, "topic", "size_bytes", "payload", "detail"
        )
    ]


@on_both_databases
def test_roles_say_when_they_last_lived(town: Town) -> None:
    """The newest beat of any worker of a role is that role's last sign of life."""
    with town.engine.begin() as connection:
        for second, (worker, role) in enumerate(
            [("a", "alerts"), ("b", "alerts"), ("i", "ingest")]
        ):
            workers.beat(
                connection, worker, role=role, detail={}, now=NOON + timedelta(seconds=second)
            )
        workers.beat(connection, "a", role="alerts", detail={}, now=NOON + timedelta(seconds=9))
        beats = workers.last_beats(connection)

    assert {"alerts": 9, "ingest": 2} == {
        role: (at - NOON).total_seconds() for role, at in beats.items()
    }


@on_both_databases
def test_the_map_reads_bands_trails_and_incidents(town: Town) -> None:
    """The map's views show the band with its elder, its trail, and the fix that raised alarm."""
    incident_id = town.wanders_off()
    town.hears("x", device_id="stranger")
    with reading(town.engine) as connection:
        (band,) = map_views.bands(connection, scope=EVERYWHERE, device_id="band-1")
        strangers = map_views.bands(connection, scope=EVERYWHERE, only_unregistered=True)
        trail = map_views.trail(connection, "band-1", scope=EVERYWHERE, since=NOON)
        fix = map_views.trigger_fix(connection, incident_id)
        open_ids = map_views.incident_ids(
            connection, scope=EVERYWHERE, closed_since=town.clock.now()
        )

    assert ("王秀英", Side.OUTSIDE, 3) == (band.elder_name, band.side, band.reports)
    assert ["stranger"] == [b.device_id for b in strangers]
    assert HOME == trail[0].position
    assert [0, 60, 120] == [(point.at - NOON).total_seconds() for point in trail]
    assert fix is not None
    assert trail[2] == fix
    assert [incident_id] == open_ids

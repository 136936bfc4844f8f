"""Every decision can be explained afterwards, and judged again to the last bit."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from shapely.geometry import Point
from sqlalchemy import Engine

from alerts.explaining import Explanation, Note, Replay, explain, replayed
from alerts.reasons import sentence
from core.clock import ManualClock
from core.people import Language
from core.zones import Circle, Side, ZoneKind
from geofence import records
from geofence.changes import ChangeKind
from geofence.engine import WhyNot
from ingest.messages import Message
from store import decisions, schema, zones
from store.database import reading
from tests.conftest import NOON
from tests.ingest.test_any_order import Said, as_arrived, days
from tests.ingest.test_surroundings import ROUTER, Worker, at_home
from tests.scenes import Town, message, on_both_databases, report, rows, take

#: longer than any day of these tests
_DAYS = timedelta(days=3)


def explained(town: Town, **ago: float) -> Explanation:
    """Explain what was believed of the household's elder so long ago."""
    with reading(town.engine) as connection:
        at = town.clock.now() - timedelta(**ago)
        return explain(connection, town.household.elder_id, at)


def replays(engine: Engine) -> list[tuple[str, Replay, bool]]:
    """Judge every decision of elder 1 again; return its kind and what came of it."""
    with reading(engine) as connection:
        made = decisions.between(connection, 1, NOON - _DAYS, NOON + _DAYS, limit=10_000)
        return [
            (one.decision.kind, one.replay, one.rules_changed) for one in replayed(connection, made)
        ]


@on_both_databases
def test_a_walk_is_explained_by_its_fixes(town: Town) -> None:
    """Who walked out was believed to have left because of two fixes, which are named."""
    town.wanders_off()
    told = explained(town)
    left = told.decisions[-1]

    assert (Side.OUTSIDE, town.clock.now()) == (told.belief.side, told.belief.judged_at)
    assert ["suspected", "left"] == [one.decision.kind for one in told.decisions]
    assert [Replay.SAME] * 2 == [one.replay for one in told.decisions]
    assert ["walk-0", "walk-1", "walk-2"] == [seen.ping.report_id for seen in told.seen]
    assert [WhyNot.JUDGED] * 3 == [seen.verdict.why_not for seen in told.seen]
    assert left.evidence is not None
    assert "两次定位" in sentence(
        ChangeKind.LEFT, left.evidence, zone_name="", language=Language.CHINESE
    )


@on_both_databases
def test_an_instant_between_fixes_has_its_own_belief(town: Town) -> None:
    """One minute earlier nobody had left yet: only one fix outside had come."""
    town.wanders_off()
    town.clock.advance(30)

    assert (Side.OUTSIDE, False) == (
        explained(town).belief.side,
        explained(town).belief.suspicious,
    )
    assert (Side.INSIDE, True) == (
        explained(town, seconds=60).belief.side,
        explained(town, seconds=60).belief.suspicious,
    )
    assert explained(town, seconds=600).belief.probability_outside is None


@on_both_databases
def test_redrawn_zones_do_not_change_the_past(town: Town) -> None:
    """The zones of an explanation are those of its time, whatever is drawn later."""
    town.wanders_off()
    before = explained(town)
    town.clock.advance(7200)
    with town.engine.begin() as connection:
        (home,) = zones.zones_for(connection, [1])[1]
        zones.retire_zone(connection, home.id, by="tests", now=town.clock.now())
        wide = Circle(town.household.home, 5_000)
        zones.add_zone(
            connection,
            elder_id=1,
            kind=ZoneKind.SAFE,
            name="新区",
            shape=wide,
            valid_from=town.clock.now(),
            by="tests",
            now=town.clock.now(),
        )
    town.hears("later", position=town.household.home.moved(east_m=600))

    after = explained(town, seconds=7200)
    assert (before.belief, before.seen, before.decisions) == (
        after.belief,
        after.seen,
        after.decisions,
    )
    assert before.notes == after.notes


@on_both_databases
def test_zones_changed_by_hand_are_said(town: Town) -> None:
    """A row changed by a map program changes no decision, and the explanation says so."""
    town.wanders_off()
    town.clock.advance(3600)
    town.hears("later", position=town.household.home)
    with town.engine.begin() as connection:
        connection.execute(schema.zone.update().values(radius_m=900.0))

    told = explained(town, seconds=3500)
    assert [Replay.SAME] * 2 == [one.replay for one in told.decisions]
    assert Note.ZONES_CHANGED in told.notes


@on_both_databases
def test_changed_rules_are_said(town: Town) -> None:
    """A decision of another model says so, beside what today's gives."""
    town.wanders_off()
    with town.engine.begin() as connection:
        connection.execute(schema.decision.update().values(model="another"))

    told = explained(town)
    assert [(Replay.SAME, True)] * 2 == [(one.replay, one.rules_changed) for one in told.decisions]
    assert Note.RULES_CHANGED in told.notes


@on_both_databases
def test_another_outcome_is_said(town: Town) -> None:
    """When judging again gives another number, however little, that is not the same."""
    town.wanders_off()
    with town.engine.begin() as connection:
        table = schema.decision
        (evidence, *_) = rows(town.engine, table, "evidence")
        changed = evidence | {"beyond_m": evidence["beyond_m"] + 0.01}
        connection.execute(table.update().where(table.c.id == 1).values(evidence=changed))

    assert [Replay.DIFFERENT, Replay.SAME] == [one.replay for one in explained(town).decisions]


@on_both_databases
def test_deleted_reports_are_said(town: Town) -> None:
    """What stood on reports that were deleted since is not claimed to be the same."""
    town.wanders_off()
    with town.engine.begin() as connection:
        connection.execute(schema.ping.delete().where(schema.ping.c.report_id == "walk-2"))

    told = explained(town)
    assert [Replay.SAME, Replay.PINGS_GONE] == [one.replay for one in told.decisions]
    assert Note.PINGS_GONE in told.notes


@on_both_databases
def test_unreadable_bytes_are_said(town: Town) -> None:
    """A decision kept by a version that is no longer understood keeps its words."""
    town.wanders_off()
    with town.engine.begin() as connection:
        connection.execute(schema.decision.update().values(belief_before=b"old"))

    assert [Replay.UNREADABLE] * 2 == [one.replay for one in explained(town).decisions]


def test_a_danger_zone_keeps_its_name(town: Town) -> None:
    """The zone that a decision speaks of is named as it was called then."""
    with town.engine.begin() as connection:
        middle = town.household.home.moved(east_m=100)
        river = Point(middle.lon, middle.lat).buffer(0.0004)
        zones.add_zone(connection, elder_id=None, kind=ZoneKind.DANGER, name="洛塘河", shape=river)
    town.hears("near", position=town.household.home)
    town.clock.advance(60)
    town.hears("in", position=town.household.home.moved(east_m=100))
    told = explained(town)

    assert ["洛塘河"] == [one.decision.zone_name for one in told.decisions]
    assert [told.decisions[0].decision.zone_id] == list(told.belief.in_danger)
    assert ([Replay.SAME], (Note.NO_DECISION,)) == (
        [one.replay for one in told.decisions],
        told.notes,
    )


def test_the_sets_of_zones_are_kept_once(town: Town) -> None:
    """Decisions over the same zones share one row of them."""
    town.wanders_off()

    assert 2 == len(rows(town.engine, schema.decision, "id"))
    assert 2 == len(rows(town.engine, schema.zone_set, "digest"))


@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
@given(days(), st.integers(1, 12))
def test_every_decision_of_any_day_can_be_made_again(
    fresh_sqlite: Callable[[], Engine], day: list[Said], size: int
) -> None:
    """Late, out of order, said twice, in any batches: judged again, each is the same to the bit."""
    engine = fresh_sqlite()
    Town(engine, ManualClock(NOON))
    arrived = as_arrived(day)
    _take_in_batches(engine, arrived, size)

    found = replays(engine)
    assert len(rows(engine, schema.decision, "id")) == len(found)
    assert {(Replay.SAME, False)} >= {(replay, changed) for _, replay, changed in found}
    engine.dispose()


@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
@given(days(), st.integers(1, 12))
def test_borders_of_batches_do_not_matter(
    fresh_sqlite: Callable[[], Engine], day: list[Said], size: int
) -> None:
    """Followed one by one from decision to decision, the stored reports lead to what was stored."""
    engine = fresh_sqlite()
    town = Town(engine, ManualClock(NOON))
    arrived = as_arrived(day)
    _take_in_batches(engine, arrived, size)
    town.clock.advance((arrived[-1].received_at - NOON).total_seconds())

    told = explained(town)
    believed = rows(engine, schema.latest, "side")
    assert [told.belief.side.value] == believed
    assert Note.BROKEN not in told.notes
    engine.dispose()


def _take_in_batches(engine: Engine, arrived: Sequence[Message], size: int) -> None:
    for start in range(0, len(arrived), size):
        take(engine, *arrived[start : start + size])


def test_a_whole_day_at_home_is_bounded(town: Town) -> None:
    """Who was never decided about is explained from the first stored report."""
    home = town.household.home
    take(
        town.engine,
        *(
            message(
                "band-1",
                report(f"h-{n}", at=NOON + timedelta(minutes=n), position=home),
                at=NOON + timedelta(minutes=n),
            )
            for n in range(60)
        ),
    )
    town.clock.advance(3600)

    told = explained(town)
    assert (Note.NO_DECISION,) == told.notes
    assert (Side.INSIDE, 30) == (told.belief.side, len(told.seen))


@on_both_databases
def test_the_radio_known_at_home_is_part_of_a_decision(town: Town) -> None:
    """What was learned of home when it was decided is kept, and judged with again."""
    worker = Worker(town.engine)
    for minute in range(0, 2 * 24 * 60, 10):
        worker.take(at_home(minute))
    for minute in (0, 5, 10):
        at = NOON + timedelta(days=2, minutes=minute)
        far = town.household.home.moved(east_m=400 + minute)
        strange = [{"mac": "00:00:5e:00:53:99", "dbm": -70}]
        said = report(f"out-{minute}", at=at, position=far, accuracy_m=60, wifi=strange)
        worker.take(message("band-1", said, at=at))

    made = replays(town.engine)
    with reading(town.engine) as connection:
        kept = decisions.bases(connection, rows(town.engine, schema.decision, "id"))
    homes = [records.unpack_home(basis.home) for basis in kept.values()]
    assert [(Replay.SAME, False)] * len(made) == [one[1:] for one in made]
    assert "left" == made[-1][0]
    assert {frozenset({ROUTER})} == {home.access_points for home in homes}

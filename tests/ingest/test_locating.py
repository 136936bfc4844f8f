"""Places from what a band hears: agreement wins, what travels is left out, systems are named."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datums import to_bd09, to_gcj02
from core.errors import SettingError
from core.pings import Doubt, Fix, FixSource, Ping
from core.places import Position, distance_m
from core.radio import AccessPoint, Cell, Network
from geofence.model import MODEL, FixClass
from geofence.observations import grade
from ingest.locating import KnownCell, KnownPoint, located, weigh
from ingest.locator_table import COLUMNS, LocatorTable, load_table

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
HERE = Position(120.68945, 30.52811)
TOWN = Position(120.72, 30.54)  # four kilometres off
HEADING = ",".join(COLUMNS)


def point(east_m: float, dbm: int | None = -60, *, near: Position = HERE) -> KnownPoint:
    """Return a known access point so far east of a place."""
    return KnownPoint(position=near.moved(east_m=east_m), dbm=dbm)


def cell(east_m: float, range_m: float, *, near: Position = HERE) -> KnownCell:
    """Return a known cell so far east of a place."""
    return KnownCell(position=near.moved(east_m=east_m), range_m=range_m)


def where(fix: Fix | None) -> tuple[FixSource, float]:
    """Return the source of a fix and how far it is from here, metres."""
    assert fix is not None
    return fix.source, round(distance_m(HERE, fix.position), 1)


# -- weighing --------------------------------------------------------------------------------------


def test_nothing_known_is_no_place() -> None:
    """Where nothing is known nothing is guessed."""
    assert None is weigh([], [])


def test_the_middle_lies_near_the_strong() -> None:
    """Of two access points the stronger one is nearer: 20 dB are ten times."""
    assert (FixSource.WIFI, 50.0) == where(weigh([point(0), point(100)], []))
    assert (FixSource.WIFI, 9.1) == where(weigh([point(0, -50), point(100, -70)], []))
    assert (FixSource.WIFI, 50.0) == where(weigh([point(0, None), point(100, -80)], []))


def test_a_stray_access_point_is_left_out() -> None:
    """One that moved across town does not pull the place there."""
    stray = point(0, -30, near=TOWN)

    assert (FixSource.WIFI, 30.0) == where(weigh([point(0), point(60), stray], []))


def test_two_that_contradict_are_no_place() -> None:
    """Nobody can say which of two moved; cells may."""
    quarrel = [point(0), point(0, near=TOWN)]

    assert None is weigh(quarrel, [])
    assert (FixSource.CELL, 0.0) == where(weigh(quarrel, [cell(0, 900)]))


def test_cells_overrule_a_household_that_moved() -> None:
    """Access points that agree but stand kilometres from every cell in reach moved together."""
    moved = [point(0, near=TOWN), point(10, near=TOWN)]

    assert (FixSource.CELL, 0.0) == where(weigh(moved, [cell(0, 900)]))
    assert (FixSource.WIFI, 0.0) == where(weigh([point(0), point(0)], [cell(2500, 900)]))


def test_cells_that_do_not_overlap_with_the_serving_one_are_left_out() -> None:
    """The first cell serves the band; one that cannot reach there was listed wrongly."""
    far = cell(0, 500, near=TOWN)

    assert (FixSource.CELL, 500.0) == where(weigh([], [cell(0, 1000), cell(1000, 1000), far]))


def test_a_smaller_cell_says_more() -> None:
    """A cell is weighed by its area."""
    assert (FixSource.CELL, 100.0) == where(weigh([], [cell(0, 500), cell(500, 1000)]))


@pytest.mark.parametrize(
    ("points", "cells", "accuracy_m", "fix_class"),
    [
        ([point(0)], [], 150.0, FixClass.WIFI),
        ([point(0), point(0)], [], 100.0, FixClass.WIFI),
        ([point(0)] * 8, [], 60.0, FixClass.WIFI),
        ([point(-140), point(140), point(0)], [], 114.3, FixClass.WIFI),
        ([], [cell(0, 50)], 500.0, FixClass.COARSE),
        ([], [cell(0, 2500)], 2500.0, FixClass.COARSE),
    ],
)
def test_what_is_looked_up_is_never_a_satellite_fix(
    points: list[KnownPoint], cells: list[KnownCell], accuracy_m: float, fix_class: FixClass
) -> None:
    """However well it agrees, a place looked up is no better than its class allows."""
    fix = weigh(points, cells)

    assert fix is not None
    assert pytest.approx(accuracy_m, abs=0.1) == fix.accuracy_m
    assert fix_class is grade(fix, MODEL)[0]


_near_or_far = st.floats(-1e5, 1e5)


@given(
    st.lists(st.builds(point, _near_or_far, st.none() | st.integers(-200, 0)), max_size=8),
    st.lists(st.builds(cell, _near_or_far, st.floats(10, 1e5)), max_size=6),
)
def test_any_surroundings_are_weighed(points: list[KnownPoint], cells: list[KnownCell]) -> None:
    """The place lies within reach of something that is heard; nothing breaks."""
    fix = weigh(points, cells)

    if fix is None:
        assert not cells
        return
    assert fix.accuracy_m is not None
    assert fix.accuracy_m >= 60
    known = [one.position for one in (points if fix.source is FixSource.WIFI else cells)]
    assert min(distance_m(fix.position, one) for one in known) <= 200_000


# -- a ping ----------------------------------------------------------------------------------------

PING = Ping(device_id="b7", report_id="x", measured_at=NOW, received_at=NOW)
HOME = AccessPoint(mac="00:00:5e:00:53:01", dbm=-60)
TABLE = LocatorTable([(HOME.mac, HERE)], {"460-0-1-2": cell(300, 900)})


def test_only_a_ping_without_a_fix_is_looked_up() -> None:
    """A fix of its own stands; without surroundings there is nothing to look up."""
    heard = Network(wifi=(HOME,))
    own = replace(PING, fix=Fix(position=TOWN, accuracy_m=9), network=heard)

    assert own == located(own, TABLE)
    assert PING == located(PING, TABLE)
    assert {Doubt.RESOLVED} == located(replace(PING, network=heard), TABLE).doubts
    unknown = replace(PING, network=Network(wifi=(AccessPoint(mac="00:00:5e:00:53:99"),)))
    assert unknown == located(unknown, TABLE)


def test_what_travels_is_not_looked_up() -> None:
    """A hotspot's address, chosen by a phone, is asked of no table, even if it stands in it."""
    hotspot = AccessPoint(mac="02:00:5e:00:53:01", dbm=-40)
    table = LocatorTable([(hotspot.mac, TOWN)], {})

    assert None is table.locate(Network(wifi=(hotspot,)))


def test_a_cell_without_all_its_numbers_is_unknown() -> None:
    """A cell is found by its four numbers."""
    whole = Cell(mcc=460, mnc=0, lac=1, cid=2, rat="lte")

    assert (FixSource.CELL, 300.0) == where(TABLE.locate(Network(cells=(whole,))))
    assert None is TABLE.locate(Network(cells=(replace(whole, lac=None),)))


@given(
    st.dictionaries(
        st.integers(0, 2**48 - 1).map(
            lambda n: ":".join(f"{n:012x}"[i : i + 2] for i in range(0, 12, 2))
        ),
        st.builds(Position, st.floats(119, 121), st.floats(30, 31)),
        max_size=30,
    ),
    st.data(),
)
def test_every_access_point_is_found_again(
    places: dict[str, Position], data: st.DataObject
) -> None:
    """Each address leads to its own place, and no other does."""
    table = LocatorTable(places.items(), {})
    staying = [mac for mac in places if AccessPoint(mac=mac).stays]

    assert len(places) == len(table)
    for mac in data.draw(st.lists(st.sampled_from(staying), max_size=5)) if staying else ():
        fix = table.locate(Network(wifi=(AccessPoint(mac=mac),)))
        assert fix is not None
        assert distance_m(places[mac], fix.position) < 0.001


# -- the file --------------------------------------------------------------------------------------


def saved(folder: Path, *lines: str, heading: str = HEADING) -> Path:
    """Write a table."""
    path = folder / "places.csv"
    path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("system", "shown"), [("wgs84", HERE), ("gcj02", to_gcj02(HERE)), ("bd09", to_bd09(HERE))]
)
def test_each_row_says_its_system(tmp_path: Path, system: str, shown: Position) -> None:
    """Places in the systems of Chinese services become WGS-84 when the table is read."""
    row = f"wifi,00:00:5E:00:53:01,{shown.lon!r},{shown.lat!r},,{system}"

    fix = load_table(saved(tmp_path, row)).locate(Network(wifi=(HOME,)))
    assert (FixSource.WIFI, 0.0) == where(fix)


def test_columns_may_stand_in_any_order(tmp_path: Path) -> None:
    """The heading names the columns; others are passed over. Of two rows the later counts."""
    path = saved(
        tmp_path,
        "wgs84,30.5,120.5,460-0-1-2,cell,seen today,",
        "wgs84,30.6,120.6,460-0-1-2,cell,seen later,700",
        "wgs84,30.5,120.5,00:00:5e:00:53:01,wifi,,",
        "wgs84,30.6,120.6,00:00:5e:00:53:01,wifi,,",
        heading="system,lat,lon,key,kind,remark,range_m",
    )
    table = load_table(path)

    fixes = [
        table.locate(Network(wifi=(HOME,))),
        table.locate(Network(cells=(Cell(mcc=460, mnc=0, lac=1, cid=2),))),
    ]
    there = Position(120.6, 30.6)
    assert [0.0] * 2 == [round(distance_m(there, f.position), 3) for f in fixes if f is not None]


def test_an_empty_table_knows_nothing(tmp_path: Path) -> None:
    """A heading alone is a table."""
    table = load_table(saved(tmp_path))

    assert (0, None) == (len(table), table.locate(Network(wifi=(HOME,))))


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("wifi,00:00:5e:00:53:01,120.6,30.5,,", "line 2: system"),
        ("wifi,00:00:5e:00:53:01,120.6,30.5,,WGS", "line 2: system"),
        ("wifi,00:00:5e:00:53:01,200,30.5,,wgs84", "line 2: lon, lat"),
        ("wifi,00:00:5e:00:53:01,nan,30.5,,wgs84", "line 2: lon, lat"),
        ("wifi,00:00:5e:00:53:01,120.6,,,wgs84", "line 2: lon, lat"),
        ("wifi,00-00-5e-00-53-01,120.6,30.5,,wgs84", "line 2: kind and key"),
        ("cell,460-0-1,120.6,30.5,,wgs84", "line 2: kind and key"),
        ("beacon,1,120.6,30.5,,wgs84", "line 2: kind and key"),
        ("cell,460-0-1-2,120.6,30.5,0,wgs84", "line 2: range_m"),
        ("cell,460-0-1-2,120.6,30.5,far,wgs84", "line 2: range_m"),
        ("wifi", "line 2: system"),
        ("wifi,00:00:5e:00:53:01,120.6,30.5,,wgs84\nx", "line 3: system"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, row: str, problem: str) -> None:
    """The service does not start with a wrong table, and says which line to mend and how."""
    with pytest.raises(SettingError) as caught:
        load_table(saved(tmp_path, row))

    assert f"AIHUIJIA_LOCATOR_TABLE: places.csv: {problem}" in str(caught.value)


@pytest.mark.parametrize("missing", COLUMNS)
def test_a_heading_that_lacks_a_column_is_named(tmp_path: Path, missing: str) -> None:
    """Above all, a table that does not say its coordinate system is refused."""
    heading = ",".join(name for name in COLUMNS if name != missing)

    with pytest.raises(SettingError, match=f"line 1: the heading lacks {missing}"):
        load_table(saved(tmp_path, heading=heading))


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", HEADING.encode() + b'\n"'])
def test_a_file_that_is_no_table_is_named(tmp_path: Path, content: bytes | None) -> None:
    """A file that is missing or no text stops the start with the setting's name."""
    path = tmp_path / "places.csv"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SettingError, match="AIHUIJIA_LOCATOR_TABLE"):
        load_table(path)

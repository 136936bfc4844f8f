"""A folder of tracks is read whole, or refused with file, line and column."""

import gzip
import math
from pathlib import Path

import pytest

from core.errors import BadFile
from evaluation.reading import read_folder
from tests.evaluation.folders import HOME, Track, at, every_minute, write

TRACK = Track(
    name="t1",
    dataset="phones",
    fixes=(*every_minute(5, 5), (2, 300, None)),
    inside=(("annotated", 0, 1), ("hindsight", 0, 2), ("hindsight", 1, 3), ("nights", 0, 1)),
    exits=((1, 2, None, "sure"), (1, 2, 3, "sure_gap"), (1, 2, 3, "ambiguous")),
)


def test_a_folder_is_read(tmp_path: Path) -> None:
    """Fixes, zone, certain exits and times at home come as they were written."""
    folder = read_folder(write(tmp_path, TRACK), "z200")

    (one,) = folder.recordings
    assert ("t1", "phones", "phones") == (one.track_id, one.dataset, one.label)
    assert [at(0), at(1), at(2)] == one.fixes.at_s.tolist()
    assert [10.0, 10.0] == one.fixes.accuracy_m.tolist()[:2]
    assert math.isnan(one.fixes.accuracy_m[2])
    assert [200.0] == [circle.radius_m for circle in one.circles]
    assert [HOME.lon] == pytest.approx([circle.centre.lon for circle in one.circles])
    assert [False, True] == [leaving.after_gap for leaving in one.exits]
    assert math.isinf(one.exits[0].return_s)
    assert ((at(0), at(1)),) == one.annotated
    assert ((at(0), at(1)),) == one.nights


def test_intervals_that_overlap_count_once(tmp_path: Path) -> None:
    """Two intervals that share an hour are one."""
    (one,) = read_folder(write(tmp_path, TRACK), "z100").recordings

    assert ((at(0), at(3)),) == one.hindsight


def test_fixes_are_put_in_order(tmp_path: Path) -> None:
    """A file that is not sorted is read as if it were."""
    track = Track(name="t", fixes=((2, 5, 10), (1, 5, 10)))
    (one,) = read_folder(write(tmp_path, track), "z100").recordings

    assert [at(1), at(2)] == one.fixes.at_s.tolist()


def test_a_data_set_with_resting_tracks_and_trips_is_split(tmp_path: Path) -> None:
    """Where times were noted by hand, those who never leave are counted apart."""
    rests = Track(name="a", dataset="x", fixes=every_minute(5), inside=(("annotated", 0, 1),))
    leaves = Track(
        name="b",
        dataset="x",
        fixes=every_minute(5),
        inside=(("annotated", 0, 1),),
        exits=((1, 2, 3, "sure"),),
    )
    hindsight = Track(name="c", dataset="y", fixes=every_minute(5), exits=((1, 2, 3, "sure"),))
    found = read_folder(write(tmp_path, rests, leaves, hindsight), "z100").recordings

    assert {"a": "x at rest", "b": "x trips", "c": "y"} == {r.track_id: r.label for r in found}


def test_only_some_tracks_are_read(tmp_path: Path) -> None:
    """A text in the name of the track or the data set chooses."""
    other = Track(name="t2", dataset="loggers", fixes=every_minute(5))
    write(tmp_path, TRACK, other)

    for text, names in (("t2", ["t2"]), ("phone", ["t1"]), ("made", ["t1", "t2"])):
        found = read_folder(tmp_path, "z100", only=text).recordings
        assert names == [one.track_id for one in found]


@pytest.mark.parametrize(
    "name", ["tracks.csv.gz", "zones.csv", "exits.csv", "inside.csv", "nights.csv", "index.csv"]
)
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    """What is missing is named, and where to read about it."""
    write(tmp_path, TRACK)
    (tmp_path / name).unlink()

    with pytest.raises(BadFile, match=rf"{name} is missing; docs/decision-quality\.md"):
        read_folder(tmp_path, "z100")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("zones.csv", "radius_m"),
        ("exits.csv", "t_return"),
        ("inside.csv", "how"),
        ("nights.csv", "t_end"),
        ("index.csv", "dataset"),
    ],
)
def test_a_missing_column_is_named(tmp_path: Path, name: str, column: str) -> None:
    """A table without a column it needs is refused in line 1."""
    path = write(tmp_path, TRACK) / name
    path.write_text(path.read_text(encoding="utf-8").replace(column, "x", 1), encoding="utf-8")

    with pytest.raises(BadFile, match=f"{name}, line 1: the column {column} is missing"):
        read_folder(tmp_path, "z100")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("t1,soon,30.5,120.6,10,made", "line 2, column t_unix: 'soon' is not a number"),
        ("t1,1700000000,95,120.6,10,made", "line 2, column lat: 95 is out of range"),
        ("t1,1700000000,30.5,nan,10,made", "line 2, column lon: 'nan' is not a number"),
        ("t1,1700000000,30.5,120.6,good,made", "column accuracy_m: 'good' is not a number"),
        ("t1,1700000000,30.5", "line 2: 3 fields instead of 6"),
    ],
)
def test_a_bad_fix_is_named(tmp_path: Path, line: str, said: str) -> None:
    """A fix that cannot be one is refused with its line and column."""
    path = write(tmp_path, TRACK) / "tracks.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write(f"track_id,t_unix,lat,lon,accuracy_m,source\n{line}\n")

    with pytest.raises(BadFile, match=said):
        read_folder(tmp_path, "z100")


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("exits.csv", "sure_gap", "perhaps", "line 4, column grade: 'perhaps' is none of sure"),
        ("inside.csv", "annotated", "guessed", "line 2, column how: 'guessed' is neither"),
        ("zones.csv", ",100,", ",wide,", "line 2, column radius_m: 'wide' is not a number"),
        ("zones.csv", ",100,", ",1,", "a circle's radius is 10 to 50 000 m"),
    ],
)
def test_a_bad_field_is_named(
    tmp_path: Path, name: str, before: str, after: str, said: str
) -> None:
    """A field that makes no sense is refused with its line and column."""
    path = write(tmp_path, TRACK) / name
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")

    with pytest.raises(BadFile, match=said):
        read_folder(tmp_path, "z100")


def test_what_is_no_folder_and_what_is_no_gzip(tmp_path: Path) -> None:
    """A wrong path and a broken file are sentences, too."""
    with pytest.raises(BadFile, match="is not a folder"):
        read_folder(tmp_path / "nothing", "z100")
    (write(tmp_path, TRACK) / "tracks.csv.gz").write_bytes(b"no gzip")
    with pytest.raises(BadFile, match="cut short or no gzip"):
        read_folder(tmp_path, "z100")


def test_an_empty_choice_is_said(tmp_path: Path) -> None:
    """Nothing to evaluate is an error, not an empty report."""
    with pytest.raises(BadFile, match="holds no track with 'cats'"):
        read_folder(write(tmp_path, TRACK), "z100", only="cats")

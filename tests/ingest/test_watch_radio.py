"""The end of a Watch report: cells, access points and the accuracy, told in many ways."""

import pytest

from ingest.codecs.readings import AccessPoint, Cell
from tests.ingest.watch_frames import PLACE, POSITION, read

MAC = "00:00:5e:00:53:01"
ONE = (AccessPoint(mac=MAC, dbm=-60),)


def radio(tail: str) -> tuple[tuple[Cell, ...], tuple[AccessPoint, ...], float | None]:
    """Return cells, access points and accuracy of a report that ends with *tail*."""
    reading = read(f"UD,{PLACE},{tail}")
    assert reading.position is not None
    network = reading.network
    cells, wifi = (network.cells, network.wifi) if network else ((), ())
    return cells, wifi, reading.position.accuracy_m


@pytest.mark.parametrize(
    ("tail", "wifi", "accuracy_m"),
    [
        (f"0,1,home,{MAC},-60,12.5", ONE, 12.5),
        (f"0,255,460,0,1,home,{MAC},-60,12.5", ONE, 12.5),  # no cells, and yet an operator
        (f"0,1,home,{MAC},-60", ONE, None),
        (f"0,15,home,{MAC},-60", ONE, None),  # more promised than told
        (f"0,1,home,{MAC},60,12.5", ONE, 12.5),  # without its sign
        (f"0,1,,{MAC},-60,12.5", ONE, 12.5),
        (f"0,1,a,b [c],d,{MAC},-60,12.5", ONE, 12.5),  # a name with commas and brackets
        (f"0,1,00:00:5e:00:53:99,{MAC},-60,12.5", ONE, 12.5),  # a name like a MAC
        (f"0,1,726,{MAC},-60,12.5", ONE, 12.5),  # a name like a number
        ("0,1,home,0:0:5E:0:53:1,-60,12.5", ONE, 12.5),
        ("0,1,home,00:00:5e:7.4:53:01,-60,12.5", (), 12.5),  # broken
        ("0,1,home,00:00:5e:7.4:53:01,-60", (), None),
        (f"0,2,x,00:00:5e:7.4:53:01,-70,home,{MAC},-60", ONE, None),
        (f"0,1,home,{MAC}", (AccessPoint(mac=MAC),), None),
        ("0,0,12.5", (), 12.5),
        ("0,255,460,0,0,12.5", (), 12.5),
        ("0,0,0.0", (), None),
        ("0,0", (), None),
        ("0", (), None),
        ("", (), None),
        ("0,0,20", (), 20.0),
        ("0,,00", (), None),  # model tails
        ("0,0,10", (), None),
        (f"0,1,home,{MAC},-60,10", ONE, None),
        (f"0,1,home,{MAC},-60,12.5,00", ONE, 12.5),
        ("0,12.5", (), 12.5),
        ("0,0,-3", (), None),
    ],
)
def test_access_points_and_accuracy(
    tail: str, wifi: tuple[AccessPoint, ...], accuracy_m: float | None
) -> None:
    """Access points are found by their MAC; what is left at the end is the accuracy."""
    assert ((), wifi, accuracy_m) == radio(tail)


def cell(lac: int | None, cid: int | None, level: int | None) -> Cell:
    """Return a cell of the operator in these samples."""
    return Cell(mcc=460, mnc=1, lac=lac, cid=cid, level=level)


@pytest.mark.parametrize(
    ("tail", "cells", "accuracy_m"),
    [
        ("1,255,460,01,30538,102075140,177,0,9.5", [cell(30538, 102075140, 177)], 9.5),
        ("1,1,460,1,55C0,3B882A2,21,0,9.5", [cell(0x55C0, 0x3B882A2, 21)], 9.5),
        # One letter shows how the model writes all of them.
        ("2,1,460,1,55C0,9,21,5510,9,-9", [cell(0x55C0, 9, 21), cell(0x5510, 9, -9)], None),
        ("2,1,460,1,9537,4946,139,FFFF,FFFE,0", [cell(9537, 4946, 139), cell(None, None, 0)], None),
        ("1,1,460,1,2147483647,2147483647,2147483647", [cell(None, None, None)], None),
        ("1,1,460,1,9537,4946,,00", [cell(9537, 4946, None)], None),
        ("1,1,460,1,9537,4946,139,,00", [cell(9537, 4946, 139)], None),
        ("1,1,460,1,9537,4946,139,0,10", [cell(9537, 4946, 139)], None),
        ("1,1,460,1,9537,4946", [cell(9537, 4946, None)], None),
        ("7,0,460,1,9537,4946,139,0,9.5", [cell(9537, 4946, 139)], 9.5),  # fewer than promised
        ("1,,460,,9537,4946,139,0,9.5", [Cell(mcc=460, lac=9537, cid=4946, level=139)], 9.5),
        ("sid,nid,bid,signal", [], None),  # CDMA
        ("13824,3,2345,100", [], None),
        ("13824,3,2345,100,0,9.5", [], 9.5),
        ("1,255", [], None),
        ("1,255,460,1", [], None),
        ("99999999999999999999", [], None),
    ],
)  # fmt: skip
def test_cells(tail: str, cells: list[Cell], accuracy_m: float | None) -> None:
    """Cells are read by their count, decimal or hexadecimal; "none" is None."""
    assert (tuple(cells), (), accuracy_m) == radio(tail)


def test_a_wrong_count_of_cells_does_not_eat_the_access_points() -> None:
    """What does not look like a cell ends the cells."""
    tail = f"5,0,460,1,9537,4946,139,1,CAFE,{MAC},-60,9.5"

    assert ((cell(9537, 4946, 139),), ONE, 9.5) == radio(tail)


def test_names_of_networks_are_never_kept() -> None:
    """A reading's network has no place for an SSID."""
    assert "home" not in str(read("UD," + POSITION).to_json())

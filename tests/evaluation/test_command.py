"""`aihuijia evaluate`: a report, a table to read, pictures on request, sentences for mistakes."""

import json
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from aihuijia.__main__ import app
from core.errors import AihuijiaError, ServerMissing
from evaluation import plots, tables
from evaluation.rules import BASELINES, OURS
from tests.evaluation.folders import Track, every_minute, write

WALKS = tuple(
    Track(
        name=f"walk-{number}",
        dataset="walks",
        fixes=every_minute(*[5] * 20, *[300] * 20, *[5] * 10, start=number * 7),
        inside=(("annotated", number * 7, number * 7 + 19),),
        exits=((number * 7 + 19, number * 7 + 20, number * 7 + 40, "sure"),),
    )
    for number in range(3)
)


def evaluate(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """Run the command on a small folder; return its report and what it said."""
    write(folder / "tracks", *WALKS)
    report = folder / "out" / "report.json"
    said = CliRunner().invoke(
        app,
        ["evaluate", "--tracks", str(folder / "tracks"), "--report", str(report), *arguments],
        catch_exceptions=False,
    )
    assert 0 == said.exit_code, said.output
    return json.loads(report.read_text(encoding="utf-8")), said.output


def test_a_report_says_what_was_run_on_what(tmp_path: Path) -> None:
    """Settings, model, versions and tracks stand beside the figures."""
    report, _ = evaluate(tmp_path, "--zone-size", "z200", "--resample", "60", "--seed", "3")

    assert ("z200", "60", False, 3) == tuple(
        report["settings"][name] for name in ("zone_size", "resample", "suspicion_driven", "seed")
    )
    assert [12, 12] == [len(report[name]) for name in ("model", "engine")]
    assert {"aihuijia", "python", "numpy"} == set(report["versions"])
    assert {"used": 3, "without_zone": 0, "fixes": 150} == report["tracks"]
    assert {OURS, *BASELINES} == set(report["datasets"]["walks"]["rules"])
    assert 3 == report["total"]["rules"]["naive"]["exits"]


def test_every_figure_asked_for_is_there(tmp_path: Path) -> None:
    """Each rule has all figures of the protocol."""
    report, _ = evaluate(tmp_path)

    for rule in report["datasets"]["walks"]["rules"].values():
        assert {
            "band_weeks",
            "false_alarms",
            "per_band_week",
            "exits",
            "missed",
            "still_out",
            "delay_s",
            "repeats",
            "clear_s",
            "pings_per_hour",
            "night_alarms",
            "ambiguous",
        } <= set(rule)
        assert {"from_crossing", "from_first_outside_fix"} == set(rule["delay_s"])


def test_the_table_shows_rules_beside_each_other(tmp_path: Path) -> None:
    """A person reads the data set, ours and the others."""
    _, said = evaluate(tmp_path, "--suspicion-driven")

    assert "walks: 3 tracks; band-weeks: noted 0.01" in said
    assert all(name in said for name in (" ours ", " naive ", " less acc. twice "))


def test_the_same_run_twice_is_the_same(tmp_path: Path) -> None:
    """Chance comes from the seed only."""
    arguments = ("--inject", "drop", "--inject", "spikes:0.05", "--rules", "ours,naive")
    first, said = evaluate(tmp_path, *arguments)
    second, _ = evaluate(tmp_path, *arguments)

    assert first == second
    assert "spikes:0.05" in said
    assert {"drop", "spikes:0.05"} == {one["injection"] for one in first["injections"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--inject", "rain"), "no injection 'rain'"),
        (("--rules", "ours,hunch"), "no rule 'hunch'"),
        (("--only", "cats"), "no track with 'cats'"),
    ],
)
def test_a_mistake_is_a_sentence(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """What cannot be run says what there is instead."""
    with pytest.raises(AihuijiaError, match=said):
        evaluate(tmp_path, *arguments)


def test_pictures_are_drawn(tmp_path: Path) -> None:
    """One picture a data set, and its numbers in the report."""
    pytest.importorskip("matplotlib", reason="the group `plots` is not installed")
    report, _ = evaluate(tmp_path, "--plots", str(tmp_path / "plots"))

    assert {"walks.svg", "all.svg"} == {path.name for path in (tmp_path / "plots").iterdir()}
    assert OURS in {point["rule"].split(":")[0] for point in report["curves"]}


def test_without_the_library_pictures_are_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no matplotlib is told how to get it, before the long work."""

    class Blind:
        """Finds no matplotlib."""

        def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
            """Pretend that nothing is found."""
            if name == "matplotlib":
                raise ModuleNotFoundError(name)
            return None

    monkeypatch.setattr(sys, "meta_path", [Blind(), *sys.meta_path])
    for name in [n for n in sys.modules if n.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)

    with pytest.raises(ServerMissing, match="make setup"):
        plots.check_installed()


def test_reports_become_markdown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The tables of the documentation come from reports."""
    evaluate(tmp_path, "--inject", "drop")

    path = str(tmp_path / "out" / "report.json")
    assert 0 == tables.main([path])
    said = capsys.readouterr().out
    assert said.startswith("### z100, every fix\n")
    assert "|  | **ours** | naive (Traccar) |" in said
    assert "| walks: missed + still out of 3 | 0 + 0 | 0 + 0 |" in said
    assert "| `drop` | 0 → 0 (0) |" in said
    assert 0 == tables.main(["--full", path])
    said = capsys.readouterr().out
    assert "| rule | noted /bw |" in said
    assert "| drop | walks | ours | 0 | 0 | +0 |" in said


def test_what_is_no_report_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong file is named; nothing is printed as if it were a table."""
    (tmp_path / "x.json").write_text("[]", encoding="utf-8")

    assert 2 == tables.main([str(tmp_path / "x.json")])
    assert 2 == tables.main([str(tmp_path / "missing.json")])
    assert 2 == tables.main([])
    assert "" == capsys.readouterr().out

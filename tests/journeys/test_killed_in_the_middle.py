"""The story nobody-answers, on the production parts, while roles are killed like in a power cut."""

import json
import subprocess
from pathlib import Path

from sqlalchemy import Engine

from alerts.auditor import audit
from core.clock import SystemClock
from core.incidents import IncidentState
from store import schema
from store.database import reading
from tests.processes import AIHUIJIA, environment, production_settings, start
from tests.servers import Mosquitto, until

#: service time beside the wall: the story's twenty minutes become less than one
SPEED = 30
#: the roles are killed when the incident first shows each of these states
MOMENTS = (IncidentState.SUSPECT, IncidentState.GUARDIANS, IncidentState.RESCUE)


def test_kill_nine_loses_nothing(
    broker: Mosquitto, postgresql_database: Engine, tmp_path: Path
) -> None:
    """Ingest and alerts killed at every stage: the story ends right and every ping is stored."""
    engine = postgresql_database
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    settings = production_settings(database_url=address, broker_url=broker.url, speed=SPEED) | {
        "MQTT_CLIENT_ID": "killed-in-the-middle",
        "TOPIC_PREFIX": "121/killed",
    }
    roles = {role: start(role, settings, cwd=tmp_path) for role in ("ingest", "alerts", "api")}
    with (tmp_path / "story.log").open("wb") as log:
        story = subprocess.Popen(
            [
                str(AIHUIJIA),
                *("simulate", "nobody-answers", "--attach"),
                *("--work", "play", "--report", "report.json"),
            ],
            env=environment(settings),
            cwd=tmp_path,
            stdout=log,
            stderr=log,
        )

    def stage() -> str:
        with reading(engine) as connection:
            return (
                connection.scalar(
                    schema.incident.select().with_only_columns(schema.incident.c.state)
                )
                or ""
            )

    try:
        for moment in MOMENTS:
            until(
                lambda moment=moment: stage() == moment.value,  # type: ignore[misc]
                f"the incident reaches {moment.value}; the logs are in {tmp_path}",
                within_s=120,
            )
            for role in ("ingest", "alerts"):
                roles[role].kill()
                roles[role].wait()
                roles[role] = start(role, settings, cwd=tmp_path)
        status = story.wait(timeout=180)
    finally:
        for process in (story, *roles.values()):
            process.kill()
            process.wait()
    report = json.loads((tmp_path / "report.json").read_text())

    played = report["stories"]["nobody-answers"]
    expected, actual = played["expected"], played["actual"]
    with reading(engine) as connection:
        problems = audit(connection, SystemClock().now(), patience_s=1e9)

    assert status in (0, 1)  # 1: an ask came later than on a machine that nobody kills
    assert expected["states"] == actual["states"]
    assert [expected["outcome"]] == [i["outcome"] for i in actual["incidents"]]
    assert {ask["who"] for ask in expected["asks"]} == {ask["who"] for ask in actual["asks"]}
    assert set(expected["told_the_end"]) == set(actual["told_the_end"])
    assert [] == report["unexpected"]
    assert report["pings"]["sent"] == report["pings"]["stored"]
    assert [] == problems

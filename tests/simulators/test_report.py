"""The report: what the database and the phone network's own record say together."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.clock import from_unix
from core.incidents import IncidentState, Outcome, Trigger
from core.people import Channel
from simulators.fleet import Counts
from simulators.observed import Observed, SeenAttempt, SeenIncident
from simulators.phone_network import Entry, Happened
from simulators.report import Play, build_report, latencies_ms, write_report
from simulators.stage import Performance
from simulators.stories import build_story

BEGAN = from_unix(1_795_000_000)
SOS = build_story("sos", seed=1)
ANNA, BERT = (helper.number for helper in SOS.elder.guardians)


def after(seconds: float) -> Any:
    """Return the instant *seconds* after the alarm."""
    return BEGAN + timedelta(seconds=100 + seconds)


INCIDENT = SeenIncident(
    id=1,
    elder_id=77,
    trigger=Trigger.SOS,
    outcome=Outcome.FOUND,
    opened_at=after(0),
    closed_at=after(150),
    states=(IncidentState.GUARDIANS, IncidentState.ACCEPTED, IncidentState.CLOSED),
    asked_at=after(0),
    by_silence=False,
    ping_received_at=after(-1),
    requested_at=after(2),
)


def attempt(number: int, phone: str, channel: Channel, purpose: str, at_s: float) -> SeenAttempt:
    """Return a provider call the database knows."""
    return SeenAttempt(
        token=f"{number}-1",
        incident_id=1,
        elder_id=77,
        number=phone,
        channel=channel,
        purpose=purpose,
        topic="",
        result="accepted",
        provider_id=f"XX{number}",
        requested_at=after(at_s),
    )


ATTEMPTS = (
    attempt(1, ANNA, Channel.SMS, "ask", 2),
    attempt(2, BERT, Channel.SMS, "ask", 2),
    attempt(3, ANNA, Channel.VOICE, "ask", 2),
    attempt(4, BERT, Channel.VOICE, "ask", 2),
    attempt(5, ANNA, Channel.SMS, "closing", 151),
    attempt(6, BERT, Channel.SMS, "closing", 151),
)
OBSERVED = Observed(
    canary_rounds={},
    canary_numbers=frozenset(),
    incidents=(INCIDENT,),
    attempts=ATTEMPTS,
    pings=50,
    rejects=0,
    bands=10,
    notifications={"sms.ask.delivered": 2, "sms.closing.delivered": 2, "voice.ask.failed": 2},
    attempt_results={"sms.accepted": 4, "voice.accepted": 2},
    inbox={},
)
PLAY = Play(
    seed=1,
    speed=50,
    performances=(Performance(story=SOS, elder_id=77, starts_at=BEGAN),),
    sent=Counts(reports=50, resent=2),
    wall_s=9.87,
    began_at=BEGAN,
    ended_at=after(300),
    devices=frozenset({"hn-0001"}),
)


def entries(attempts: tuple[SeenAttempt, ...] = ATTEMPTS) -> list[Entry]:
    """Return the record of a provider that took these calls."""
    return [
        Entry(
            number=n,
            at=one.requested_at + timedelta(seconds=1),
            wall_at=BEGAN,
            happened=(
                Happened.MESSAGE_ACCEPTED if one.channel is Channel.SMS else Happened.CALL_ACCEPTED
            ),
            detail={
                "sid": one.provider_id,
                "to": one.number,
                "status_callback": f"http://x/hooks/twilio/status?token={one.token}",
            },
        )
        for n, one in enumerate(attempts, start=1)
    ]


def reasons(observed: Observed = OBSERVED, record: list[Entry] | None = None) -> list[str]:
    """Return why a report is not ok."""
    report = build_report(PLAY, observed, entries() if record is None else record)
    assert report["ok"] is not bool(report["reasons"])
    found: list[str] = report["reasons"]
    return found


def test_a_good_play_is_ok() -> None:
    """Everything expected happened and nothing else: figures and verdict say so."""
    report = build_report(PLAY, OBSERVED, entries())

    assert (True, []) == (report["ok"], report["reasons"])
    assert {"sent": 50, "resent": 2, "stored": 50, "rejected": 0} == report["pings"]
    assert (10, 0, 9.9) == (report["bands"], report["false_alarms"], report["wall_s"])
    assert {"sms": 4, "voice": 2} == report["attempts"]["by_channel"]
    assert {"sms": 4, "voice": 2} == report["notifications"]["by_channel"]
    assert {"sms": 4, "voice": 2} == report["provider_requests"]["by_channel"]
    assert {"found": 1} == report["incidents"]["by_outcome"]
    assert {"count": 1, "p50": 60.0, "p99": 60.0} == report["ping_to_request_ms"]
    assert report["stories"]["sos"]["ok"]


def test_a_report_is_a_json_file(tmp_path: Path) -> None:
    """What is written can be read."""
    report = build_report(PLAY, OBSERVED, entries())
    write_report(report, tmp_path / "deep" / "report.json")

    assert report == json.loads((tmp_path / "deep" / "report.json").read_text(encoding="utf-8"))


def test_the_provider_sent_what_nobody_ordered() -> None:
    """A message without an attempt in the database is unexpected."""
    stray = replace(ATTEMPTS[0], token="99-1", provider_id="XX99")

    assert ["the provider sent XX99, of which the database knows nothing"] == reasons(
        record=entries((*ATTEMPTS, stray))
    )


def test_the_database_claims_what_nobody_sent() -> None:
    """An attempt called accepted that the provider does not have is unexpected."""
    assert ["attempt 6-1 is called sent, and the provider has nothing"] == [
        reason for reason in reasons(record=entries(ATTEMPTS[:-1])) if "attempt" in reason
    ]


def test_an_attempt_whose_answer_was_lost_is_known_by_its_token() -> None:
    """A request counts as known when the process died before it learned the provider's id."""
    lost = replace(ATTEMPTS[0], provider_id=None, result="ambiguous")
    observed = replace(OBSERVED, attempts=(lost, *ATTEMPTS[1:]))

    assert [] == reasons(observed)


def test_a_message_sent_twice_is_seen() -> None:
    """One attempt that reached the provider twice is unexpected, and one ask too many."""
    found = reasons(record=entries((*ATTEMPTS, ATTEMPTS[0])))

    assert "attempt 1-1 reached the provider twice" in found


def test_a_message_to_another_number_is_seen() -> None:
    """The number of the record must be the number of the attempt."""
    elsewhere = entries()
    elsewhere[5] = replace(elsewhere[5], detail={**elsewhere[5].detail, "to": ANNA})

    assert "XX6 went to another number than attempt 6-1 says" in reasons(record=elsewhere)


def test_a_stranger_is_seen() -> None:
    """Somebody outside the story who gets a message is named, whoever ordered it."""
    stranger = attempt(7, "+8610010000001", Channel.SMS, "ask", 3)
    found = reasons(
        replace(OBSERVED, attempts=(*ATTEMPTS, stranger)), entries((*ATTEMPTS, stranger))
    )

    assert "XX7 went to somebody outside its story" in found


def test_the_canarys_test_is_expected_and_counted_apart() -> None:
    """What went to the test number is no surprise; only a real person's message can be one."""
    test = attempt(9, "+15005550121", Channel.SMS, "ask", 2)
    flown = replace(OBSERVED, canary_numbers=frozenset({"+15005550121"}), canary_rounds={"good": 1})
    report = build_report(PLAY, flown, entries((*ATTEMPTS, test)))

    assert [] == report["reasons"]
    assert {"rounds": {"good": 1}, "requests": 1} == report["canary"]
    assert len(ATTEMPTS) == report["provider_requests"]["total"]
    assert 1 == len(reasons(OBSERVED, entries((*ATTEMPTS, test))))


def test_an_ordinary_elder_is_a_false_alarm() -> None:
    """An incident that woke people about somebody of no story is a false alarm, with its calls."""
    wrong = replace(INCIDENT, id=2, elder_id=5)
    call = replace(attempt(7, ANNA, Channel.SMS, "ask", 3), incident_id=2, elder_id=5)
    observed = replace(OBSERVED, incidents=(INCIDENT, wrong), attempts=(*ATTEMPTS, call))

    assert ["XX7 is about an elder of no story", "false alarm: incident 2"] == reasons(
        observed, entries((*ATTEMPTS, call))
    )


def test_a_dropped_suspicion_is_no_false_alarm() -> None:
    """A suspicion that woke nobody counts as an incident and alarms nobody."""
    dropped = replace(INCIDENT, id=2, elder_id=5, asked_at=None, outcome=Outcome.NOT_CONFIRMED)
    observed = replace(OBSERVED, incidents=(INCIDENT, dropped))

    assert [] == reasons(observed)


def test_lost_and_rejected_pings_are_seen() -> None:
    """Every report sent must be stored, and none of a sound band rejected."""
    assert [
        "the bands sent 50 reports, 49 are stored",
        "1 messages of sound bands were rejected",
    ] == reasons(replace(OBSERVED, pings=49, rejects=1))


def test_only_pings_count_for_the_delay() -> None:
    """What a timer raised, or nobody was asked about, says nothing about the way of a ping."""
    by_timer = replace(INCIDENT, by_silence=True)
    slow = replace(INCIDENT, requested_at=after(99))

    assert {"count": 0, "p50": None, "p99": None} == latencies_ms([by_timer], PLAY.wall_s_between)
    assert {"count": 2, "p50": 1030.0, "p99": 1980.6 + 0.0} == {
        **latencies_ms([INCIDENT, slow, by_timer], PLAY.wall_s_between)
    }

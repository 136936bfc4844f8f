"""Whether the service keeps its promise is judged from values, point by point."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.dead_man import Silence
from alerts.promise import Point, Reason, Subject, gone_roles, judge
from alerts.promise_words import RULES, SILENCES, line_of
from core.audit import Rule
from core.canary import WHOLE, Result, Round, Stage
from core.languages import translations
from core.people import Language
from core.service_state import CanaryState, ServiceState

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
GOOD = Round(started_at=NOON, ended_at=NOON, result=Result.GOOD)
FAILED = Round(started_at=NOON, ended_at=NOON, result=Result.FAILED, problem=Stage.STORED)
FLIES = CanaryState(
    is_on=True, newest=GOOD, last_good=GOOD, last_good_age_s=100.0, rounds=9, spread_s={}
)
WELL = ServiceState(
    schema_found="0011",
    schema_wanted="0011",
    beat_age_s={"ingest": 2.0, "alerts": 3.0, "gateway": 12.0, "canary": 1.0},
    canary=FLIES,
)


def reasons(state: ServiceState) -> dict[Subject, Reason]:
    """Return what is not well, and why."""
    return {point.subject: point.reason for point in judge(state) if point.reason is not None}


def test_a_quiet_service_is_well() -> None:
    """Every subject is judged once, and none needs a person."""
    assert list(Subject) == [point.subject for point in judge(WELL)]
    assert {} == reasons(WELL)


@pytest.mark.parametrize(
    ("changed", "subject", "reason"),
    [
        ({"schema_found": "0010"}, Subject.SCHEMA, Reason.OTHER_SCHEMA),
        ({"database_problem": "stopped"}, Subject.SCHEMA, Reason.NO_DATABASE),
        ({"beat_age_s": {"ingest": 1.0, "canary": 1.0}}, Subject.ROLES, Reason.ROLE_GONE),
        ({"broker_problem": "refused"}, Subject.BROKER, Reason.NO_BROKER),
        ({"message_late_s": 31.0}, Subject.BACKLOG, Reason.LATE),
        ({"arrival_late_s": 61.0}, Subject.BACKLOG, Reason.LATE),
        ({"unanswered": 1, "open_incidents": 1}, Subject.INCIDENTS, Reason.NOBODY_CAME),
        ({"waiting_orders": 1, "order_late_s": 61.0}, Subject.BACKLOG, Reason.LATE),
        ({"idle_workers": 1}, Subject.ROLES, Reason.IDLE),
        (
            {"resting_providers": ("twilio/sms",), "provider_works": False},
            Subject.PROVIDERS,
            Reason.ALL_REST,
        ),
        ({"resting_providers": ("twilio/sms",)}, Subject.PROVIDERS, Reason.ONE_RESTS),
        ({"used_up_numbers": 1}, Subject.PROVIDERS, Reason.USED_UP),
        ({"rota_gaps": 1, "rota_gap": (NOON, NOON)}, Subject.ROTA, Reason.GAP),
        ({"pings": 100, "rejects": 20}, Subject.BANDS, Reason.MANY_REJECTS),
        ({"pings": 9999, "rejects": 1, "failed_messages": 1}, Subject.BANDS, Reason.OUR_FAULT),
        ({"mass_silences": 1}, Subject.BANDS, Reason.MASS_SILENCE),
        ({"broken_rules": {"timeline_gap": 7}}, Subject.AUDIT, Reason.RULE_BROKEN),
        ({"heartbeat_is_on": True}, Subject.AUDIT, Reason.NO_HEARTBEAT),
        (
            {"heartbeat_is_on": True, "heartbeat_age_s": 201.0},
            Subject.AUDIT,
            Reason.NO_HEARTBEAT,
        ),
        (
            {"heartbeat_is_on": True, "heartbeat_age_s": 9.0, "heartbeat_silent": ("tick",)},
            Subject.AUDIT,
            Reason.NO_HEARTBEAT,
        ),
        ({"canary": replace(FLIES, nightly=FAILED)}, Subject.CANARY, Reason.NIGHT_FAILED),
        ({"canary": replace(FLIES, newest=FAILED)}, Subject.CANARY, Reason.ROUND_FAILED),
        ({"canary": replace(FLIES, last_good_age_s=800.0)}, Subject.CANARY, Reason.NO_GOOD_ROUND),
        ({"canary": replace(FLIES, spread_s={WHOLE: (1.0, 61.0)})}, Subject.CANARY, Reason.SLOW),
    ],
)
def test_what_needs_a_person_is_named(
    changed: dict[str, Any], subject: Subject, reason: Reason
) -> None:
    """One thing that is wrong is one point that is not well, with its reason."""
    assert {subject: reason} == reasons(replace(WELL, **changed))


@pytest.mark.parametrize(
    "changed",
    [
        {"open_incidents": 3, "longest_asked_s": 200.0},
        {"silent_bands": 4},
        {"heartbeat_is_on": True, "heartbeat_age_s": 199.0},
        {"canary": replace(FLIES, nightly=GOOD)},
        {"pings": 10, "rejects": 19},
        {"pings": 10_000, "rejects": 400},
        {"message_late_s": 29.0, "arrival_late_s": 59.0, "order_late_s": 59.0},
        {"canary": CanaryState(), "beat_age_s": {"ingest": 1.0, "alerts": 1.0, "canary": 999.0}},
        {"canary": CanaryState(is_on=True)},
    ],
)
def test_what_is_under_way_is_no_trouble(changed: dict[str, Any]) -> None:
    """Open incidents, single silent bands and some rejects are everyday; a canary may be off."""
    assert {} == reasons(replace(WELL, **changed))


def test_a_fast_clock_is_forgiven_what_machines_take() -> None:
    """At thirty times the speed a beat of half a minute of service time ago is a second old."""
    state = replace(WELL, speed=30.0, beat_age_s={"ingest": 900.0, "alerts": 30.0, "canary": 60.0})

    assert () == gone_roles(state)
    assert ("ingest",) == gone_roles(replace(state, speed=1.0, beat_age_s={"alerts": 3.0}))[:1]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "state",
    [
        WELL,
        ServiceState(database_problem="stopped", broker_problem="refused"),
        ServiceState(schema_wanted="0011"),
        replace(
            WELL,
            beat_age_s={},
            broken_rules={"timeline_gap": 7, "no_successor": 1},
            idle_workers=1,
            resting_providers=("twilio/sms", "aliyun/sms"),
            rota_gaps=2,
            rota_gap=(NOON, NOON),
            heartbeat_is_on=True,
            heartbeat_age_s=500.0,
            heartbeat_silent=("audit", "tick"),
            longest_asked_s=7300.0,
            canary=replace(FLIES, newest=FAILED, nightly=FAILED, spread_s={WHOLE: (1.0, 200.0)}),
        ),
        replace(WELL, canary=CanaryState()),
    ],
)
def test_each_point_has_its_line(language: Language, state: ServiceState) -> None:
    """A line begins with its sign, and every place in it is filled in."""
    points = judge(state)
    lines = [line_of(point, state, language) for point in points]

    assert ["✓" if point.is_well else "✗" for point in points] == [line[0] for line in lines]
    assert [] == [line for line in lines if "%(" in line or "\n" in line]


def test_findings_are_said_in_words() -> None:
    """A broken rule is a sentence with its count, in the reader's language."""
    point = Point(subject=Subject.AUDIT, reason=Reason.RULE_BROKEN)
    state = replace(WELL, broken_rules={"no_due_time": 2}, heartbeat_silent=("audit",))

    assert (
        "✗ 自查：有未结束的警情没有下一步（2处）；外部无人值守（AIHUIJIA_HEARTBEAT_URL）；"
        "暂停报平安：自查发现问题"
    ) == line_of(point, state, Language.CHINESE)
    assert "an open incident has no next step (2 times)" in line_of(point, state, Language.ENGLISH)


@pytest.mark.parametrize("rule", Rule)
def test_each_rule_has_its_words(rule: Rule) -> None:
    """Whatever the audit finds can be said on a phone, in both languages."""
    assert RULES[rule] != translations(Language.CHINESE).gettext(RULES[rule])


@pytest.mark.parametrize("reason", Silence)
def test_each_silence_has_its_words(reason: Silence) -> None:
    """Whatever keeps the ping back can be said in both languages."""
    said = SILENCES[reason.value]

    assert said != translations(Language.CHINESE).gettext(said)


def test_chinese_comes_first() -> None:
    """The line of the canary is readable without English."""
    point = Point(subject=Subject.CANARY)
    spread_s = {WHOLE: (1.25, 3.0)}
    state = replace(WELL, canary=replace(FLIES, spread_s=spread_s))

    assert (
        "✓ 金丝雀：上次成功在100秒前；24小时：9轮，失败0轮；p50/p95 定位到运营商 1.2秒/3.0秒"
    ) == line_of(point, state, Language.CHINESE)

"""Turn a step of the ladder into messages: whom, by which channel, when it stops being useful.

Pure. Steps are numbered so that one number means one step of one stage for good (the idempotency
key is built from it): guardians 0 …, rescue rounds 100 …, nobody answered 200 …
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.incidents import Incident, Trigger
from core.notifications import Notification, Order, Priority, Purpose
from core.people import PHONE, Channel, Role, Roster
from core.policies import Severity
from core.quiet import to_wake

RESCUE_STEP = 100
UNANSWERED_STEP = 200
#: every provider is away, or every number is wrong: everyone is tried again so soon, seconds
_NOBODY_REACHED_EVERY_S = 60.0
#: topic of a message that goes out because another channel failed
_ANOTHER_WAY = "|another_way"

#: an ask nobody could deliver for this long is replaced by the ladder's next one
ASK_LIFE = timedelta(seconds=240)
#: news that is older than this helps nobody
NEWS_LIFE = timedelta(minutes=30)
#: the end is worth telling even hours later
CLOSING_LIFE = timedelta(hours=12)


def ask_guardians(
    incident: Incident, roster: Roster, *, step: int, channels: Iterable[Channel], now: datetime
) -> tuple[Order, ...]:
    """Return the asks of guardian step *step* to those who have not answered."""
    return _asks(
        _silent(incident, roster.guardians, roster),
        Role.GUARDIAN,
        roster,
        step=step,
        channels=channels,
        priority=Priority.FIRST_ASK if step == 0 else Priority.REPEAT,
        now=now,
    )


def ask_rescuers(
    incident: Incident, roster: Roster, *, turn: int, now: datetime
) -> tuple[Order, ...]:
    """Return the asks of rescue round *turn* (0, 1 …) to members who have not answered."""
    with_sms = turn in incident.policy.rescue_sms_rounds
    return _asks(
        _silent(incident, roster.rescuers, roster),
        Role.RESCUER,
        roster,
        step=RESCUE_STEP + turn,
        channels=(Channel.SMS, Channel.VOICE) if with_sms else (Channel.VOICE,),
        priority=Priority.RESCUE,
        now=now,
    )


def alarm_operators(
    incident: Incident, roster: Roster, *, turn: int, now: datetime
) -> tuple[Order, ...]:
    """Return the alarm "nobody answered": first all operators, then everyone in rotation.

    As long as no message of the incident reached anybody, everyone gets it, in every turn.
    """
    step = UNANSWERED_STEP + turn
    able = [p for p in roster.operators if roster.channels_of(p)]
    on_call = to_wake(able, quiet=roster.quiet, able=able, is_pressing=False)
    everyone = (*roster.operators, *roster.rescuers, *roster.guardians, *roster.standing_by)
    chosen = tuple(person_id for person_id in everyone if roster.channels_of(person_id))
    if turn == 0 and on_call:
        chosen = on_call
    elif incident.has_reached and chosen:
        chosen = (chosen[turn % len(chosen)],)
    return tuple(
        Order(
            person_id=person_id,
            role=roster.role_of(person_id) or Role.OPERATOR,
            channel=channel,
            purpose=Purpose.ALARM,
            priority=Priority.RESCUE,
            step=step,
            due_at=now,
            # Nobody is asked before the next turn: until then it is tried again and again.
            expires_at=now + max(ASK_LIFE, timedelta(seconds=alarm_every_s(incident))),
        )
        for person_id in chosen
        for channel in (*roster.channels_of(person_id), *_extra(roster, person_id))
    )


def alarm_every_s(incident: Incident) -> float:
    """Return how soon the alarm "nobody answered" is repeated, seconds."""
    every_s = incident.policy.unanswered_every_s
    return every_s if incident.has_reached else min(every_s, _NOBODY_REACHED_EVERY_S)


def reach_somebody(orders: Iterable[Order]) -> bool:
    """Say whether any of *orders* goes to a phone: what goes to a browser counts for nothing."""
    return any(order.channel in PHONE for order in orders)


def _extra(roster: Roster, person_id: int) -> tuple[Channel, ...]:
    """Return the channels beside the phone, by which nobody counts as reached."""
    return (Channel.PUSH,) if roster.has_push(person_id) else ()


def tell(
    incident: Incident,
    roster: Roster,
    people: Iterable[int],
    *,
    purpose: Purpose,
    topic: str,
    now: datetime,
) -> tuple[Order, ...]:
    """Return one message to each of *people*, by SMS where they have it, else by voice."""
    orders = []
    for person_id in sorted(set(people)):
        channels = roster.channels_of(person_id)
        if channels:
            orders.append(
                Order(
                    person_id=person_id,
                    role=roster.role_of(person_id) or Role.GUARDIAN,
                    channel=Channel.SMS if Channel.SMS in channels else channels[0],
                    purpose=purpose,
                    priority=(Priority.CLOSING if purpose is Purpose.CLOSING else Priority.CONFIRM),
                    step=incident.step,
                    topic=topic,
                    due_at=now,
                    expires_at=now + (CLOSING_LIFE if purpose is Purpose.CLOSING else NEWS_LIFE),
                )
            )
    return tuple(orders)


def _silent(incident: Incident, people: Iterable[int], roster: Roster) -> tuple[int, ...]:
    """Return who has not answered and is to be asked; quiet hours spare nobody in danger."""
    heard = {*incident.going(), *incident.declined()}
    left = [person_id for person_id in people if person_id not in heard]
    return to_wake(
        left,
        quiet=roster.quiet - incident.woken,  # whoever was asked already is awake
        able=[person_id for person_id in left if roster.channels_of(person_id)],
        is_pressing=incident.severity is Severity.DANGER or incident.trigger is Trigger.SOS,
    )


def _asks(
    people: Iterable[int],
    role: Role,
    roster: Roster,
    *,
    step: int,
    channels: Iterable[Channel],
    priority: Priority,
    now: datetime,
) -> tuple[Order, ...]:
    wanted = tuple(channels)

    def usable(person_id: int) -> list[Channel]:
        """Return this step's channels, or for somebody without them the one they have."""
        able = roster.channels_of(person_id)
        usual = [channel for channel in wanted if channel in able] or list(able[:1])
        return [*usual, *_extra(roster, person_id)]

    return tuple(
        Order(
            person_id=person_id,
            role=role,
            channel=channel,
            purpose=Purpose.ASK,
            priority=priority,
            step=step,
            due_at=now,
            expires_at=now + ASK_LIFE,
        )
        for person_id in people
        for channel in usable(person_id)
    )


def another_way(
    incident: Incident, roster: Roster, message: Notification, *, now: datetime
) -> Order | None:
    """Return the same message by another channel, None when the person has no other.

    An ask takes the place of the ladder's next ask on that channel, so that a failing SMS and the
    planned call do not become two calls in one minute.
    """
    others = [c for c in roster.channels_of(message.person_id) if c is not message.channel]
    if not others or message.topic.endswith(_ANOTHER_WAY):
        return None
    channel = others[0]
    step, topic = message.step, f"{message.topic}{_ANOTHER_WAY}"
    if message.purpose in (Purpose.ASK, Purpose.ALARM) and message.role is not Role.GUARDIAN:
        topic = message.topic  # the same turn asks on every channel; its key stops a second call
    if message.purpose is Purpose.ASK and message.role is Role.GUARDIAN:
        for number, planned in enumerate(incident.policy.guardian_steps):
            if number >= message.step and channel in planned.channels:
                step, topic = number, message.topic
                break
    return Order(
        person_id=message.person_id,
        role=message.role,
        channel=channel,
        purpose=message.purpose,
        priority=message.priority,
        step=step,
        topic=topic,
        due_at=now,
        expires_at=max(message.expires_at, now + ASK_LIFE),
    )

"""The other side of the phones: look at them, answer by hand, teach people."""

import itertools
from collections.abc import Collection
from typing import Any, TypeVar

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from simulators.phone_network.calls import Calls
from simulators.phone_network.exchange import Exchange
from simulators.phone_network.messages import Messages
from simulators.phone_network.people import Habit
from simulators.phone_network.resources import Call

#: so many messages and calls of the whole network are shown
_SHOWN = 1000

Item = TypeVar("Item")


class ReplyIn(BaseModel):
    """A text typed on somebody's phone."""

    text: str = Field(min_length=1, max_length=500)


class PressIn(BaseModel):
    """A key pressed during a call."""

    digit: str = Field(pattern=r"^[0-9*#]$")


class PeopleIn(BaseModel):
    """Who has which number, and how they behave."""

    labels: dict[str, str] = Field(default_factory=dict)
    habits: list[dict[str, Any]] = Field(default_factory=list)


def people_router(exchange: Exchange, messages: Messages, calls: Calls) -> APIRouter:
    """Return the routes for people at the demonstration and for the stories."""
    router = APIRouter()

    @router.get("/phones")
    async def phones() -> list[dict[str, Any]]:
        """Return every phone that has a name or a message, the busiest last moment first."""
        return phone_views(exchange, messages, calls)

    @router.post("/phones/{number}/reply")
    async def reply(number: str, body: ReplyIn) -> dict[str, str]:
        """Text the service from this phone."""
        person = exchange.person(number)
        person.in_hand = True
        message = await (person.line or messages).text_in(number, body.text)
        return {"sid": message.sid}

    @router.post("/phones/{number}/press")
    async def press(number: str, body: PressIn) -> dict[str, str]:
        """Pick up if it rings, and press a key."""
        call = _running(calls, number)
        exchange.person(number).in_hand = True
        calls.press(call, body.digit)
        return {"sid": call.sid}

    @router.post("/phones/{number}/hangup")
    async def hang_up(number: str) -> dict[str, str]:
        """Refuse or end the call."""
        call = _running(calls, number)
        exchange.person(number).in_hand = True
        calls.hang_up(call)
        return {"sid": call.sid}

    @router.post("/people")
    async def people(body: PeopleIn) -> dict[str, int]:
        """Name people and teach them habits."""
        exchange.name(body.labels.items())
        exchange.learn(Habit.from_json(habit) for habit in body.habits)
        return {"labels": len(body.labels), "habits": len(body.habits)}

    return router


def phone_views(exchange: Exchange, messages: Messages, calls: Calls) -> list[dict[str, Any]]:
    """Return what each phone shows, the one with the newest event first."""
    views: dict[str, dict[str, Any]] = {
        person.number: {
            "number": person.number,
            "label": person.label,
            "messages": [],
            "calls": [],
            "last_at": "",
        }
        for person in exchange.people.values()
        if person.label
    }

    def view(number: str, at: str) -> dict[str, Any]:
        shown = views.setdefault(
            number, {"number": number, "label": "", "messages": [], "calls": [], "last_at": ""}
        )
        shown["last_at"] = max(shown["last_at"], at)
        return shown

    for message in _newest(messages.all.values()):
        inbound = message.direction == "inbound"
        if not inbound and message.status not in ("delivered", "read"):
            continue  # on its way: the phone does not show it yet
        at = message.updated_at.isoformat()
        view(message.sender if inbound else message.to, at)["messages"].append(
            {
                # As the owner of the phone sees it.
                "direction": "out" if inbound else "in",
                "body": message.body,
                "at": at,
                "status": message.status,
            }
        )
    for call in _newest(calls.all.values()):
        at = call.updated_at.isoformat()
        view(call.to, at)["calls"].append(
            {
                "sid": call.sid,
                "status": call.status,
                "at": at,
                "heard": call.heard,
                "ringing": call.status == "ringing",
            }
        )
    return sorted(views.values(), key=lambda shown: (shown["last_at"], shown["number"]))[::-1]


def _newest(items: Collection[Item]) -> list[Item]:
    """Return the newest of *items*, oldest first: a demonstration may run for days."""
    return list(itertools.islice(items, max(0, len(items) - _SHOWN), None))


def _running(calls: Calls, number: str) -> Call:
    """Return the call on this phone: the one talking, else the first that rings."""
    running = [c for c in calls.all.values() if c.to == number and not c.is_over]
    if not running:
        raise HTTPException(404, "no call on this phone")
    return min(running, key=lambda call: (call.status != "in-progress", call.created_at))

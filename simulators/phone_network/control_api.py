"""Command the stand-in from outside: how people are, what the provider suffers, what happened."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from simulators.phone_network.counting import count
from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import Fault, Trouble
from simulators.phone_network.manners import Manner, habit_of
from simulators.phone_network.record import Happened


class FaultIn(BaseModel):
    """A trouble of the provider."""

    fault: Fault
    only: str = Field(default="", pattern=r"^(messages|calls|lists)?$")
    times: int | None = Field(default=None, ge=1)
    hang_s: float = Field(default=12.0, gt=0, le=60)
    #: in the address a plus sign would be a blank; in JSON it is one
    number: str = Field(default="", pattern=r"^(\+[0-9]{5,15})?$")
    status: int = Field(default=400, ge=400, le=599)
    code: int | None = Field(default=None, ge=1, le=99_999)
    late_s: float = Field(default=300.0, ge=0, le=86_400)


class MannerIn(BaseModel):
    """How somebody is."""

    manner: Manner
    #: only towards asks with these words
    about: str = Field(default="", max_length=100)
    after_s: float | None = Field(default=None, ge=0, le=86_400)
    words: str = Field(default="", max_length=500)


class ListsIn(BaseModel):
    """How soon the provider's lists know of something."""

    listed_after_s: float = Field(ge=0, le=86_400)


def faults_router(exchange: Exchange) -> APIRouter:
    """Return the routes that break the provider and mend it."""
    router = APIRouter()

    @router.get("/faults")
    async def faults() -> dict[str, Any]:
        """Return the present trouble, and all of them."""
        first = exchange.trouble
        return {
            "fault": first.fault.value,
            "only": first.only,
            "times": first.times,
            "all": [asdict(trouble) for trouble in exchange.troubles.present],
        }

    @router.post("/faults")
    async def set_fault(body: FaultIn, more: bool = False) -> dict[str, str]:
        """Have this trouble and no other; with *more*, beside those there are."""
        trouble = Trouble(**body.model_dump())
        if not more:
            exchange.troubles.present.clear()
        if trouble.fault is not Fault.NONE:
            exchange.troubles.present.append(trouble)
        exchange.record.add(
            Happened.FAULT_SET,
            fault=body.fault.value,
            only=body.only,
            times=body.times,
            to=body.number,
        )
        return {"fault": body.fault.value}

    @router.delete("/faults")
    async def mend() -> dict[str, str]:
        """Have no trouble at all."""
        exchange.troubles.present.clear()
        exchange.listed_after_s = 0.0
        exchange.record.add(Happened.FAULT_SET, fault=Fault.NONE.value, only="", times=None, to="")
        return {"fault": Fault.NONE.value}

    @router.post("/lists")
    async def lists(body: ListsIn) -> dict[str, float]:
        """Say how long it takes until something can be listed."""
        exchange.listed_after_s = body.listed_after_s
        return {"listed_after_s": body.listed_after_s}

    return router


def record_router(exchange: Exchange) -> APIRouter:
    """Return the routes that say how people are to be, and what happened."""
    router = APIRouter()

    @router.put("/people/{number}")
    async def manner(number: str, body: MannerIn) -> dict[str, str]:
        """Let somebody be like that from now on, whatever they were before."""
        person = exchange.person(number)
        person.memories = [m for m in person.memories if body.about and m.habit.about != body.about]
        habit = habit_of(
            body.manner, number, about=body.about, after_s=body.after_s, words=body.words
        )
        exchange.learn([habit])
        return {"manner": body.manner.value}

    @router.get("/record")
    async def record(after: int = 0, happened: str = "", number: str = "") -> list[dict[str, Any]]:
        """Return what happened since entry *after*, of one kind, to or from one number."""
        return [
            entry.to_json()
            for entry in exchange.record.entries(after=after)
            if happened in ("", entry.happened.value)
            and (not number or number in (entry.detail.get("to"), entry.detail.get("number")))
        ]

    @router.get("/record/counts")
    async def counts(after: int = 0, number: str = "") -> dict[str, Any]:
        """Count what was taken since entry *after*, by number and by logical message."""
        return count(exchange.record.entries(after=after), number=number).to_json()

    return router

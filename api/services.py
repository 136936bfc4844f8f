"""What the people's door needs from the rest: a database, a clock, settings."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from core.clock import Clock
from core.settings import Settings


def _nobody_waits() -> None:
    """Stand where a listener may be: nobody needs to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything a route may use, put together by `aihuijia`."""

    engine: Engine
    clock: Clock
    settings: Settings
    #: synthetic people, a stand-in phone network, no password
    is_demo: bool = False
    #: called after something was kept in the inbox, so that the alerts role looks at once
    inbox_arrived: Callable[[], None] = _nobody_waits


def services_of(request: Request) -> Services:
    """Return what `create_app` was given."""
    held = request.app.state.services
    assert isinstance(held, Services)
    return held


#: a route's parameter of this type is filled in
Held = Annotated[Services, Depends(services_of)]

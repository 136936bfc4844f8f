"""`aihuijia demo`: the demo a visitor looks at, until Ctrl-C. Stories begin again and again."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Body, Response
from rich.console import Console

from aihuijia import demo_environment
from aihuijia.demo_world import DemoWorld
from api.access import Caller, callers
from core.clock import ScaledClock
from simulators.history import remember_visits
from simulators.pacing import PacedClock
from simulators.plots import Story
from simulators.stage import Performance, Standing

#: stories under way at once; more would be a disaster, not a demo
_AT_ONCE = 4
#: a further story begins after this, wall seconds at the speed the demo starts with
_NEXT_AFTER_S = 6.0
_LOOK_S = 0.5
#: what a visitor may choose
_SLOWEST, _FASTEST = 0.5, 60.0


def play_live(world: DemoWorld, console: Console, stopping: threading.Event) -> None:
    """Start everything, say where to look, play until *stopping* is set."""
    world.api.app.include_router(speed_routes(world.clock, lambda: _write_down(world)))
    _remember(world)
    _write_down(world)
    try:
        world.start()
        _say_where(world, console)
        _play(world, stopping)
    finally:
        console.print("Stopping …")
        world.stop()
        console.print("Stopped. Nothing is left running.")


def speed_routes(clock: ScaledClock | PacedClock, changed: Callable[[], None]) -> APIRouter:
    """Return the route with which a visitor changes how fast the demo's time runs."""
    router = APIRouter()

    @router.post("/demo/speed", status_code=204, dependencies=[callers(Caller.DEMO)])
    def set_speed(speed: Annotated[float, Body(embed=True, ge=_SLOWEST, le=_FASTEST)]) -> Response:
        clock.set_speed(speed)
        changed()
        return Response(status_code=204)

    return router


def _write_down(world: DemoWorld) -> None:
    if isinstance(world.clock, ScaledClock):
        demo_environment.write(world.record_path.parent, world.settings, world.clock)


def _remember(world: DemoWorld) -> None:
    """Give one elder a past, so that the page of false alarms has something to show."""
    in_stories = {story.elder.device_id for story in world.stage.programme.stories}
    elders = [e for e in world.stage.programme.town.elders if e.device_id not in in_stories]
    with world.engine.begin() as connection:
        remember_visits(connection, elders, world.registered, world.clock.now())


def _play(world: DemoWorld, stopping: threading.Event) -> None:
    waiting = deque(world.stage.programme.stories)
    under_way: list[tuple[Performance, Story]] = []
    rests_s = 0.0
    while not stopping.is_set():
        if rests_s <= 0 and len(under_way) < _AT_ONCE and waiting:
            story = waiting.popleft()
            under_way.append((world.stage.perform(story, after_s=1.0), story))
            rests_s = _NEXT_AFTER_S if len(under_way) > 2 else _LOOK_S
        rests_s -= _LOOK_S
        stopping.wait(_LOOK_S)
        progress = world.stage.progress([performance for performance, _ in under_way])
        still = []
        for (performance, story), stands in zip(under_way, progress, strict=True):
            if stands.standing in (Standing.OVER, Standing.OUT_OF_TIME):
                world.stage.performances.remove(performance)
                waiting.append(story)
            else:
                still.append((performance, story))
        under_way = still


def _say_where(world: DemoWorld, console: Console) -> None:
    settings = world.settings
    bands = len(world.stage.programme.town.elders)
    console.print(
        "\n[bold]121 爱回家 · 演示[/]"
        "  合成人物，替身电话网络，不需要密码 / made-up people, no password\n\n"
        f"  打开 / open      [bold cyan]{world.page}[/]\n"
        f"  手环 / bands     {bands}，MQTT 127.0.0.1:{settings.embedded_broker_port}\n"
        f"  时间 / clock     {world.clock.speed:g}×，页面上可以改 / change it on the page\n\n"
        "  自己发一条定位 / send a ping yourself:\n"
        f"  mosquitto_pub -p {settings.embedded_broker_port} -q 1 -t 121/v1/up/my-band/report -m "
        '\'{"v":1,"id":"1","fix":{"src":"gnss","lat":30.5333,"lon":120.6833,"acc_m":8}}\'\n\n'
        "  在另一个终端查看状况 / see how it is, from another terminal:\n"
        f"  (set -a; . {world.record_path.parent / demo_environment.NAME};"
        " .venv/bin/aihuijia status)\n\n"
        "  Ctrl-C 结束 / stops everything\n",
        highlight=False,
        markup=True,
        soft_wrap=True,
    )

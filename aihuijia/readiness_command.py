"""`aihuijia readiness` and `aihuijia drill`: who could be reached tonight, and practising it."""

import json

from rich.console import Console
from sqlalchemy import Engine

from alerts.drill_desk import start_drill
from alerts.readiness_watch import look
from alerts.readiness_words import lines_of
from api.routes.readiness import to_json
from api.words import words
from core.accounts import EVERYWHERE
from core.people import Language
from core.settings import Settings
from store.database import reading


def show_readiness(settings: Settings, engine: Engine, *, as_json: bool, english: bool) -> bool:
    """Print who is not ready and what to do; say whether all are."""
    language = Language.ENGLISH if english else Language.CHINESE
    with reading(engine) as connection:
        found = look(connection, settings.clock().now(), EVERYWHERE)
    lines = lines_of(found, language)
    if as_json:
        document = to_json(found, words(language).gettext)
        lines = [json.dumps(document, ensure_ascii=False, indent=2)]
    console = Console(markup=False, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(line)
    return found.is_fine


def begin_drill(
    settings: Settings, engine: Engine, elder_id: int, *, with_rescue: bool, by: str
) -> None:
    """Begin a drill and say where its results stand; Conflict when it may not be now."""
    with engine.begin() as connection:
        incident_id = start_drill(
            connection, elder_id, with_rescue=with_rescue, by=by, now=settings.clock().now()
        )
    Console(markup=False, highlight=False, soft_wrap=True).print(
        f"演练 {incident_id} 号已开始，到时自动结束；结果："
        f"{settings.public_url}/console/drills/{incident_id}\n"
        f"Drill {incident_id} has begun and ends by itself; results stand at that address."
    )

"""Streets, townships, teams and agencies, by name."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.canary import ORGANISATION_ID as CANARY
from core.errors import BadInput
from core.people import Language
from store import schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """One of them."""

    id: str
    kind: str
    name_zh: str
    name_en: str

    def name(self, language: Language) -> str:
        """Return its name in the reader's language."""
        return self.name_zh if language is Language.CHINESE else self.name_en


def organisations(connection: Connection) -> list[Organisation]:
    """Return all of them by id, without the canary's."""
    table = schema.organisation
    rows = connection.execute(
        select(table.c.id, table.c.kind, table.c.name_zh, table.c.name_en)
        .where(table.c.id != CANARY)
        .order_by(table.c.id)
    )
    return [Organisation(**row) for row in rows.mappings()]


def check_known(connection: Connection, organisation_id: str | None) -> None:
    """Raise BadInput when something is to belong to an organisation that is not registered."""
    table = schema.organisation
    if organisation_id is not None and organisation_id != CANARY:
        known = connection.scalar(select(table.c.id).where(table.c.id == organisation_id))
        if known is not None:
            return
    if organisation_id is not None:
        raise BadInput(
            f"There is no organisation {organisation_id}.", {"organisation_id": "is not registered"}
        )


def with_elders(connection: Connection) -> list[Organisation]:
    """Return those that elders belong to, by id, without the canary's."""
    table = schema.elder
    theirs = set(connection.scalars(select(table.c.organisation_id).distinct()))
    return [one for one in organisations(connection) if one.id in theirs]

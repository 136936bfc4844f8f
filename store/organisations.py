"""Streets, townships, teams and agencies, by name."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from core.people import Language
from store import schema
from store.canary_cast import ORGANISATION_ID as CANARY


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


def with_elders(connection: Connection) -> list[Organisation]:
    """Return those that elders belong to, by id, without the canary's."""
    table = schema.elder
    theirs = set(connection.scalars(select(table.c.organisation_id).distinct()))
    return [one for one in organisations(connection) if one.id in theirs]

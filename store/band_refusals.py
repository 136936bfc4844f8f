"""Why a band cannot be given out or taken off now, in words that say what comes first."""

from sqlalchemy import Connection

from core.errors import Conflict
from core.worded import worded
from store import incidents, registry


def check_unworn(device_id: str, worn_by: int | None, elder_id: int) -> None:
    """Raise Conflict when somebody wears the band; *elder_id* is who should get it."""
    if worn_by == elder_id:
        raise Conflict(worded("This elder wears the band %(band)s already.", band=device_id))
    if worn_by is not None:
        raise Conflict(
            worded(
                "Elder %(elder)s wears the band %(band)s: take it off them first.",
                elder=worn_by,
                band=device_id,
            )
        )


def check_free(connection: Connection, elder_id: int) -> None:
    """Raise Conflict when the elder wears a band."""
    registry.elder(connection, elder_id)
    worn = registry.band_of(connection, elder_id)
    if worn is not None:
        raise Conflict(
            worded(
                "Elder %(elder)s wears the band %(band)s, and nobody wears two: take that one off"
                " first.",
                elder=elder_id,
                band=worn,
            )
        )


def check_not_searched(connection: Connection, elder_id: int) -> None:
    """Raise Conflict while the elder is looked for."""
    incident = incidents.open_of(connection, elder_id)
    if incident is not None:
        raise Conflict(
            worded(
                "Elder %(elder)s is being looked for by this band (incident %(incident)s). If you"
                " mean it all the same, confirm it with while_searched.",
                elder=elder_id,
                incident=incident.id,
            )
        )

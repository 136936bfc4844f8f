"""What is written on a band and its card, and how that is checked before it is kept."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, select

from core.band_life import check_imei
from core.errors import BadInput, Conflict, Refused
from core.history import HIDDEN
from core.phone_numbers import normalised
from store import band_register, schema
from store.organisations import check_known


@dataclass(frozen=True, slots=True, kw_only=True)
class BandDetails:
    """What is written on a band and its card, and how often it reports."""

    model: str | None = None
    expected_interval_s: int = 300
    serial: str | None = None
    imei: str | None = None
    #: of its SIM, as people write numbers
    sim_number: str | None = None
    note: str = ""
    #: whose shelf it is on; None: everybody's
    organisation_id: str | None = None


def checked(
    connection: Connection, details: BandDetails, *, own: str | None = None
) -> dict[str, Any]:
    """Return the details as they fit into the row; *own* is the band that has them already.

    BadInput says which of them cannot be; Conflict names the band that has the number already.
    """
    try:
        band_register.check_words(details.model, details.expected_interval_s)
    except Refused as error:
        raise BadInput(str(error), {"model": str(error)}) from None
    check_known(connection, details.organisation_id)
    values = asdict(details)
    for name in ("model", "serial", "imei", "sim_number"):
        values[name] = values[name] or None
    if values["imei"]:
        values["imei"] = check_imei(values["imei"])
    if values["sim_number"]:
        try:
            values["sim_number"] = normalised(values["sim_number"])
        except ValueError as error:
            raise BadInput(str(error), {"sim_number": str(error)}) from None
    table = schema.band
    for name in ("imei", "sim_number"):
        other = values[name] and connection.scalar(
            select(table.c.device_id).where(table.c[name] == values[name])
        )
        if other is not None and other != own:
            raise Conflict(f"The band {other} has this {name.replace('_', ' ')} already.")
    return values


def in_history(values: dict[str, Any]) -> dict[str, Any]:
    """Return *values* as a history repeats them: of a number its end."""
    number = values.get("sim_number")
    return values | {"sim_number": number and f"{HIDDEN}{number[-4:]}"}

"""What an operator does with bands at the terminal: registers, gives out, rotates, retires, looks.

Nothing printed says where anybody is, or who: elders have their numbers only.
"""

from contextlib import AbstractContextManager
from datetime import datetime

from rich.console import Console
from rich.table import Table
from sqlalchemy import Connection

from aihuijia.existing_database import open_existing
from core.band_passwords import key_mark, password
from core.clock import LOCAL_ZONE
from core.settings import load
from ingest.codecs.profiles import models
from store import band_lists, band_register
from store.band_lists import RegisteredBand
from store.band_record import recorded
from store.database import reading

#: stands on records in the place of an account
_BY = "command line"


class BandDesk:
    """Works on the database that the settings name."""

    def __init__(self, console: Console) -> None:
        """SettingError or ServerMissing when settings or database are not as they must be."""
        self._console = console
        self._settings = load()
        self._clock = self._settings.clock()
        #: the embedded broker asks nobody for a password
        self._admits_all = self._settings.broker_url == "embedded"
        self._engine = open_existing(self._settings.database_url)

    def add(
        self, device_id: str, *, elder_id: int | None, model: str | None, interval_s: int
    ) -> None:
        """Register a new band and print its login."""
        key = self._key()
        with self._engine.begin() as connection, self._recorded(connection, device_id):
            band_register.add(
                connection,
                device_id,
                elder_id=elder_id,
                model=model,
                interval_s=interval_s,
                now=self._clock.now(),
                key_mark=key_mark(key) if key else None,
            )
        where = "on the shelf" if elder_id is None else f"on elder {elder_id}"
        self._say(f"The band {device_id} is registered, {where}.")
        self._warn_of_model(model)
        self._print_login(key, device_id, 1)

    def claim(
        self, device_id: str, *, elder_id: int, model: str | None, interval_s: int | None
    ) -> None:
        """Give an elder a band and print its login, unless it keeps the one it has."""
        key = self._key()
        with self._engine.begin() as connection, self._recorded(connection, device_id):
            generation = band_register.claim(
                connection,
                device_id,
                elder_id=elder_id,
                model=model,
                interval_s=interval_s,
                now=self._clock.now(),
                key_mark=key_mark(key) if key else None,
            )
        self._say(f"Elder {elder_id} wears the band {device_id} from now on.")
        self._warn_of_model(model)
        if generation is None:
            self._say("It keeps the password it has.")
        else:
            self._print_login(key, device_id, generation)

    def rotate(self, device_id: str) -> None:
        """Give a band a new password and print it."""
        key = self._key()
        with self._engine.begin() as connection, self._recorded(connection, device_id):
            generation = band_register.rotate(
                connection,
                device_id,
                now=self._clock.now(),
                key_mark=key_mark(key) if key else None,
            )
        self._print_login(key, device_id, generation)

    def retire(self, device_id: str, *, while_searched: bool) -> None:
        """Take a band out of use."""
        with self._engine.begin() as connection, self._recorded(connection, device_id):
            elder_id = band_register.retire(
                connection, device_id, now=self._clock.now(), while_searched=while_searched
            )
        worn = "" if elder_id is None else f" Elder {elder_id} wears no band now."
        self._say(f"The band {device_id} is retired.{worn}")

    def show_registered(self, *, with_retired: bool, limit: int) -> None:
        """Print the registered bands."""
        with reading(self._engine) as connection:
            bands = band_lists.registered(connection, with_retired=with_retired, limit=limit)
        if not bands:
            self._say("No band is registered. Register one: aihuijia band add DEVICE --elder ID")
            return
        table = Table("band", "elder", "model", "every", "registered", "last heard", "broker")
        for band in bands:
            table.add_row(
                band.device_id,
                "" if band.elder_id is None else str(band.elder_id),
                band.model or "",
                f"{band.expected_interval_s} s",
                _moment(band.registered_at),
                _moment(band.heard_at),
                _access_words(band),
            )
        self._console.print(table)

    def show_unknown(self, *, limit: int) -> None:
        """Print the devices that speak to us and are nobody's."""
        with reading(self._engine) as connection:
            bands = band_lists.unknown(connection, limit=limit)
        if not bands:
            self._say("Every band that was heard is registered.")
            return
        table = Table(
            "band", "first heard", "last heard", "reports", "battery", "came by", "retired"
        )
        for band in bands:
            table.add_row(
                band.device_id,
                _moment(band.first_heard_at),
                _moment(band.heard_at),
                str(band.reports),
                "" if band.battery_pct is None else f"{band.battery_pct} %",
                band.way,
                _moment(band.retired_at),
            )
        self._console.print(table)
        self._say("Give one to an elder: aihuijia band claim DEVICE --elder ID")

    def _recorded(self, connection: Connection, device_id: str) -> AbstractContextManager[None]:
        return recorded(connection, device_id, by=_BY, now=self._clock.now())

    def _key(self) -> bytes:
        return b"" if self._admits_all else self._settings.require_band_key()

    def _print_login(self, key: bytes, device_id: str, generation: int) -> None:
        if not key:
            self._say("The embedded broker asks nobody for a password.")
            return
        self._say(
            f"user name and client id: {device_id}\n"
            f"password: {password(key, device_id, generation)}\n"
            "Put both into the band now: the password is kept nowhere. It is good as soon as"
            " aihuijia broker-access has told the broker; aihuijia band list says so."
        )

    def _warn_of_model(self, model: str | None) -> None:
        known = sorted({name for names in models().values() for name in names} - {"default"})
        if model is not None and model not in known:
            self._say(
                f"No model {model} is known, so behind a gateway only its SOS rings."
                f" Known: {', '.join(known)}"
            )

    def _say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


def _access_words(band: RegisteredBand) -> str:
    if band.problem:
        return band.problem
    if band.wanted is None:
        return "may not sign in"
    word = {"granted": "may sign in", "revoked": "may not sign in"}[band.wanted.value]
    return word if band.is_applied else f"not told yet: {word}"


def _moment(instant: datetime | None) -> str:
    return "" if instant is None else f"{instant.astimezone(LOCAL_ZONE):%Y-%m-%d %H:%M}"

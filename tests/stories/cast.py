"""Who is in a story: one household, the team, whoever else a story registers; and its service."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import SecretStr

from core.clock import ManualClock
from core.people import Channel, Role
from core.settings import Settings
from simulators.phone_network.record import Entry, Happened
from store import schema
from tests.accounts import bearer, staff_token
from tests.scenes import Town, phone_of, register_household, register_person
from tests.stories import stage as stages
from tests.stories.noise import Noise
from tests.stories.stage import Stage
from tests.stories.telling import tell

logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a phone."""

    id: int
    name: str
    number: str


class Cast:
    """The people of one story, the service's settings, and what is heard of both."""

    def __init__(self, town: Town, stage: Stage, clock: ManualClock) -> None:
        """Begin at the clock's time with one household and the team of *town*."""
        self.town, self.stage, self.clock = town, stage, clock
        self.engine = town.engine
        self.began_at = clock.now()
        self.noise = Noise()
        self.staff = bearer(staff_token(self.engine, clock.now()))
        url = self.engine.url.render_as_string(hide_password=False)
        self.settings = Settings(
            database_url=url.replace("postgresql+psycopg://", "postgresql://"),
            public_url=stage.public_url,
            secret_key=SecretStr(stages.SECRET),
            sms_provider="twilio",
            twilio_account_sid=stages.ACCOUNT,
            twilio_auth_token=SecretStr(stages.AUTH_TOKEN),
            twilio_from=stages.OUR_NUMBER,
            twilio_api_url=stage.provider_url,
            sms_links=False,
            guardian_second_factor=False,  # tests/api/test_strangers.py has it on
        )
        self.network = stage.play(self.settings, self.engine, clock)
        guardians, team = town.household.guardians, town.team
        self._people: dict[str, Person] = {}
        for name, person_id in zip(
            ("chen", "shen", "li", "wu", "ma"),
            (*guardians, *team.rescuers, *team.operators),
            strict=True,
        ):
            self._add(name, person_id)
        self.chen, self.shen, self.li, self.wu, self.ma = self._people.values()

    def _add(self, name: str, person_id: int) -> Person:
        person = Person(id=person_id, name=name, number=phone_of(person_id))
        self._people[name] = person
        self.network.name({person.number: name})
        return person

    def registers(
        self, name: str, role: Role, *, channels: Iterable[Channel] = Channel, on_duty: bool = True
    ) -> Person:
        """Register somebody else."""
        with self.engine.begin() as connection:
            person_id = register_person(connection, role, name, channels=channels, on_duty=on_duty)
        return self._add(name, person_id)

    def registers_household(self, device_id: str, *guardians: str) -> int:
        """Register another elder with a band and two guardians of their own; return the elder."""
        with self.engine.begin() as connection:
            other = register_household(connection, device_id, now=self.clock.now())
        for name, person_id in zip(guardians, other.guardians, strict=True):
            self._add(name, person_id)
        return other.elder_id

    def has_no_phone(self, person: Person, *channels: Channel) -> None:
        """Take a person's numbers away, or only those of *channels*."""
        table = schema.contact_point
        chosen = table.c.person_id == person.id
        if channels:
            chosen &= table.c.channel.in_([channel.value for channel in channels])
        with self.engine.begin() as connection:
            connection.execute(table.delete().where(chosen))

    def goes_off_duty(self, *people: Person) -> None:
        """Have people stand on no list."""
        table = schema.person
        with self.engine.begin() as connection:
            connection.execute(
                table.update()
                .where(table.c.id.in_([person.id for person in people]))
                .values(on_duty=False)
            )

    # -- to look at when something went wrong ----------------------------------------------------

    def record(self, *kinds: Happened) -> list[Entry]:
        """Return the stand-in's record, of *kinds* only."""
        return [e for e in self.network.record.entries() if not kinds or e.happened in kinds]

    def so_far(self) -> str:
        """Return the timeline, the stand-in's record and the log, to be read."""
        return tell(self.engine, self.record(), self.noise.lines, self.began_at, self._name)

    def _name(self, number: str) -> str:
        return next((p.name for p in self._people.values() if p.number == number), number)

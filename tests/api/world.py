"""A small made-up world for the page tests: two elders, their people, one of them gone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, select

from alerts import desk
from alerts.links import make_token
from alerts.triggers import Signal, SignalKind
from core.clock import Clock
from core.incidents import Trigger
from core.people import Channel, Role
from core.places import Position
from core.zones import Circle, ZoneKind
from store import credentials, registry, schema
from store.zones import add_zone
from tests.accounts import add_staff, password_hash

HOME = Position(120.69, 30.53)
SECRET = "a test's own key of 32 characters."
BAND = "hn-0001"
STRAY = "stray-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the database calls everybody."""

    engine: Engine
    clock: Clock
    elder_id: int
    other_elder_id: int
    guardian_id: int
    other_guardian_id: int
    rescuer_id: int
    operator_id: int
    #: an account with every role everywhere, and a token of it
    staff_id: int
    token: str

    def lose_elder(
        self, trigger: Trigger = Trigger.CROSSING, *, elder_id: int | None = None
    ) -> int:
        """Open an incident that asks people at once; return its id."""
        now = self.clock.now()
        signal = Signal(
            elder_id=elder_id or self.elder_id,
            kind=SignalKind.ALARM,
            trigger=trigger,
            at=now,
            report_id="r-1",
            evidence={},
        )
        with self.engine.begin() as connection:
            ping_id = connection.scalar(select(schema.ping.c.id).limit(1))
            incident_id = desk.report(connection, signal, ping_id=ping_id, now=now)
        assert incident_id is not None
        return incident_id

    def link(self, incident_id: int, person_id: int | None = None) -> str:
        """Return the address of the answer page."""
        return "/a/" + make_token(SECRET.encode(), incident_id, person_id or self.guardian_id)

    def session(self) -> str:
        """Open a session of the account with every role and return its cookie."""
        with self.engine.begin() as connection:
            return credentials.open_session(
                connection, self.staff_id, lifetime=timedelta(hours=12), now=self.clock.now()
            )

    def note(self, incident_id: int, text: str) -> None:
        """Write one timeline entry."""
        with self.engine.begin() as connection:
            desk.note(connection, incident_id, text=text, by="coordinator", now=self.clock.now())

    def move_band(self, position: Position, *, device_id: str = BAND) -> None:
        """Let a band report a new position now."""
        table, now = schema.latest, self.clock.now()
        with self.engine.begin() as connection:
            connection.execute(
                table.update()
                .where(table.c.device_id == device_id)
                .values(lon=position.lon, lat=position.lat, position_at=now, heard_at=now)
            )


def build_world(engine: Engine, clock: Clock) -> World:
    """Register everybody; nobody is lost yet, but one band is far from home."""
    now = clock.now()
    with engine.begin() as connection:
        registry.add_organisation(
            connection, "xiashi", kind="street", name_zh="硖石街道", name_en="Xiashi Street"
        )
        people = {}
        for role, name, number in (
            (Role.GUARDIAN, "王大伯", "+8610020000011"),
            (Role.GUARDIAN, "李阿姨", "+8610020000012"),
            (Role.RESCUER, "救援队员甲", "+8610020000013"),
            (Role.OPERATOR, "值班员甲", "+8610020000014"),
        ):
            people[name] = registry.add_person(
                connection,
                role=role,
                name=name,
                contacts={Channel.SMS: number, Channel.VOICE: number},
                organisation_id="xiashi",
            )
        elders = []
        for position, (name, sex) in enumerate((("张阿芬", "f"), ("陈福根", "m"))):
            elder_id = registry.add_elder(
                connection,
                organisation_id="xiashi",
                name=name,
                birth_year=now.year - 82,
                sex=sex,
                appearance="身高 155 厘米，深蓝棉袄",
                hint="请叫小名阿芬，别从背后拉",
            )
            registry.add_band(connection, f"hn-{position + 1:04d}", elder_id=elder_id, now=now)
            registry.pair_guardian(connection, elder_id, 1, people["王大伯"])
            registry.pair_guardian(connection, elder_id, 2, people["李阿姨"])
            add_zone(
                connection,
                elder_id=elder_id,
                kind=ZoneKind.SAFE,
                name="家",
                shape=Circle(HOME.moved(east_m=600 * position), 200),
            )
            elders.append(elder_id)
        _hear(connection, BAND, elders[0], HOME.moved(east_m=500, north_m=500), "outside", now)
        _hear(connection, "hn-0002", elders[1], HOME.moved(east_m=610), "inside", now)
        _hear(connection, STRAY, None, HOME.moved(north_m=-900), "unsure", now)
        for step in range(5):
            _ping(connection, elders[0], step, now - timedelta(minutes=5 - step))
        connection.execute(
            schema.reject.insert().values(
                received_at=now,
                topic="121/v1/up/hn-0009/report",
                reason="not_json",
                detail="line 1",
                size_bytes=3,
                payload=b"{{{",
            )
        )
        staff_id = add_staff(connection, now, password_hash=password_hash())
        _id, token = credentials.add_token(
            connection, staff_id, name="test", lifetime=timedelta(days=365), by="test", now=now
        )
    return World(
        engine=engine,
        clock=clock,
        elder_id=elders[0],
        other_elder_id=elders[1],
        guardian_id=people["王大伯"],
        other_guardian_id=people["李阿姨"],
        rescuer_id=people["救援队员甲"],
        operator_id=people["值班员甲"],
        staff_id=staff_id,
        token=token,
    )


def _hear(
    connection: Connection,
    device_id: str,
    elder_id: int | None,
    position: Position,
    side: str,
    now: datetime,
) -> None:
    connection.execute(
        schema.latest.insert().values(
            device_id=device_id,
            elder_id=elder_id,
            first_heard_at=now - timedelta(days=1),
            heard_at=now - timedelta(seconds=30),
            reports=12,
            position_at=now - timedelta(seconds=30),
            lon=position.lon,
            lat=position.lat,
            accuracy_m=15.0,
            source="gnss",
            side=side,
            battery_pct=64,
            worn=True,
            online=True,
        )
    )


def _ping(connection: Connection, elder_id: int, step: int, at: datetime) -> None:
    place = HOME.moved(east_m=100.0 * (step + 1), north_m=100.0 * (step + 1))
    connection.execute(
        schema.ping.insert().values(
            device_id=BAND,
            elder_id=elder_id,
            report_id=f"r-{step}",
            measured_at=at,
            received_at=at,
            at=at,
            lon=place.lon,
            lat=place.lat,
            accuracy_m=15.0,
            source="gnss",
            is_current=True,
            alarms=[],
            why="timer",
            is_backlog=False,
            doubts=[],
            raw=b"{}",
        )
    )

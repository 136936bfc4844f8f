"""A tiny GT06 device for tests: it builds frames the slow way, apart from the code under test."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from ingest.codecs.gt06 import GT06, Gt06Session
from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Frame, Reading, Session

NOW = datetime(2026, 3, 1, 2, 11, 9, tzinfo=UTC)
#: 30.528 N, 120.689 E; 2026-03-01 10:11:09 by a clock in Haining
LAT, LON = 30.528, 120.689
CLOCK = bytes((26, 3, 1, 10, 11, 9))
IMEI = "860000000000121"
#: China Mobile; LAC 22633, cell 12345
CELL = bytes.fromhex("01cc 00 5869 003039")
NORTH, WEST, LOCATED, NOT_REAL_TIME = 1 << 10, 1 << 11, 1 << 12, 1 << 13


def crc(data: bytes) -> int:
    """Return CRC-16/X-25 bit by bit, as its definition says."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x8408 if value & 1 else 0)
    return value ^ 0xFFFF


def frame(kind: int, body: bytes = b"", *, serial: int = 7, is_long: bool = False) -> bytes:
    """Return a frame with the right length and CRC."""
    length = (1 + len(body) + 4).to_bytes(2 if is_long else 1, "big")
    checked = length + bytes((kind,)) + body + serial.to_bytes(2, "big")
    mark = b"yy" if is_long else b"xx"
    return mark + checked + crc(checked).to_bytes(2, "big") + b"\r\n"


def reply(kind: int, serial: int = 7) -> bytes:
    """Return the short reply that a device waits for."""
    return frame(kind, serial=serial)


def gps(
    *,
    clock: bytes = CLOCK,
    lat: float = LAT,
    lon: float = LON,
    satellites: int = 9,
    speed_kmh: int = 4,
    course: int = 71,
    word: int = NORTH | LOCATED,
) -> bytes:
    """Return a GPS block; *lat* and *lon* without their signs."""
    return (
        clock
        + bytes((0xC0 | satellites,))
        + round(lat * 1_800_000).to_bytes(4, "big")
        + round(lon * 1_800_000).to_bytes(4, "big")
        + bytes((speed_kmh,))
        + (word | course).to_bytes(2, "big")
    )


def alarm(code: int, *, info: int = 0x40, voltage: int = 5, kind: int = 0x16) -> bytes:
    """Return an alarm of byte *code*."""
    return frame(kind, gps() + b"\x09" + CELL + bytes((info, voltage, 4, code, 2)))


def login(*, imei: str = IMEI, more: bytes = b"") -> bytes:
    """Return a login; *more* is model and zone."""
    return frame(0x01, bytes.fromhex("0" + imei) + more)


@dataclass
class Connection:
    """One connection, as the gateway keeps it."""

    profile: Profile = field(default_factory=lambda: profile_of("gt06"))
    session: Session = field(init=False)

    def __post_init__(self) -> None:
        self.session = GT06.open(self.profile)

    def say(self, said: bytes) -> Frame:
        """Return what the codec makes of one frame, and remember what it learned."""
        told = GT06.decode(said, self.session, NOW)
        self.session = told.session
        return told

    def one(self, said: bytes) -> Reading:
        """Return the only reading of one frame."""
        (reading,) = self.say(said).readings
        return reading

    @property
    def device(self) -> Gt06Session:
        """Return the session as what it is."""
        assert isinstance(self.session, Gt06Session)
        return self.session


def one(said: bytes, profile: Profile | None = None) -> Reading:
    """Return the only reading of *said* on a new connection."""
    return Connection(profile or profile_of("gt06")).one(said)


def where(reading: Reading) -> tuple[float, float] | None:
    """Return latitude and longitude of *reading*, to a decimetre."""
    position = reading.position
    return None if position is None else (round(position.lat, 6), round(position.lon, 6))

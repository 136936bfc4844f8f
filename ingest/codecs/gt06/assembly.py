"""Put the parts of a GT06 report together into a reading. Pure."""

from dataclasses import replace

from core.pings import Alarm
from ingest.codecs.gt06.clock import CLOCK_BYTES, ReadClock, Zone, read_clock
from ingest.codecs.gt06.fix import ReadFix, read_fix
from ingest.codecs.gt06.status import ReadStatus
from ingest.codecs.readings import Flag, Network, Reading


def with_clock(reading: Reading, clock: ReadClock) -> Reading:
    """Return *reading* with its time."""
    return replace(
        reading,
        fix_time=clock.fix_time,
        fix_time_quality=clock.quality,
        flags=reading.flags | clock.flags,
    )


def with_fix(reading: Reading, fix: ReadFix) -> Reading:
    """Return *reading* with its place."""
    return replace(
        reading,
        position=fix.position,
        satellites=fix.satellites,
        speed_kmh=fix.speed_kmh,
        course_deg=fix.course_deg,
        altitude_m=fix.altitude_m,
        flags=reading.flags | fix.flags,
    )


def with_status(reading: Reading, status: ReadStatus) -> Reading:
    """Return *reading* with what the device says of itself. Nothing here proves that it is worn."""
    return replace(
        reading,
        battery_pct=status.battery_pct,
        charging=status.charging,
        worn=False if Alarm.REMOVED in status.alarms else None,
        alarms=status.alarms,
        flags=reading.flags | status.flags,
    )


def with_network(reading: Reading, network: Network | None, flags: frozenset[Flag]) -> Reading:
    """Return *reading* with its surroundings."""
    return replace(reading, network=network, flags=reading.flags | flags)


def with_gps(reading: Reading, block: bytes, zone: Zone) -> Reading:
    """Return *reading* with the time and the place of a GPS block (18 bytes)."""
    reading = with_clock(reading, read_clock(block[:CLOCK_BYTES], zone))
    return with_fix(reading, read_fix(block[CLOCK_BYTES:]))

"""What a model's profile says about its readings, applied to one: its coordinates, its trial. Pure.

Codecs read numbers as they stand in the frame; here they become what the rest of the service
means by them. Whoever hands readings on (the gateway, the technician's bench) calls this once.
"""

from dataclasses import replace

from core.datums import to_wgs84
from core.places import Position
from ingest.codecs.profiles import Profile
from ingest.codecs.readings import Flag, Reading


def settle(reading: Reading, profile: Profile) -> Reading:
    """Return *reading* in WGS-84, and flagged while its model is on trial.

    Calling it twice would shift a position twice: the result does not say that it is settled.
    """
    if profile.observe and Flag.OBSERVED not in reading.flags:
        reading = replace(reading, flags=reading.flags | {Flag.OBSERVED})
    told = reading.position
    if told is None or profile.coordinate_system == "wgs84":
        return reading
    place = to_wgs84(profile.coordinate_system, Position(told.lon, told.lat))
    return replace(
        reading,
        position=replace(told, lon=place.lon, lat=place.lat),
        flags=reading.flags - {Flag.MAYBE_GCJ02},  # it was, and is no longer
    )

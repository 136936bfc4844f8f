"""Which access points a band hears: those of the home indoors, those of the street outside.

Addresses are from the block that is set aside for documentation, so that they are nobody's.
"""

import hashlib
import random
from typing import Any

from simulators.days import Truth

_MADE_UP = "00:00:5e:00:53:"
#: of the block the homes have the lower half, the streets the upper
_HALF = 128
#: how likely each access point of the home is heard at once
_HEARD = 0.9
#: a street has other access points every so many degrees, some 110 m
_BLOCK_DEG = 0.001


class Airwaves:
    """What one band hears. The same seed hears the same, whatever else is drawn."""

    def __init__(self, device_id: str) -> None:
        """Give the home of *device_id* three access points."""
        self._home = [_address(f"{device_id}/{n}", street=False) for n in range(3)]
        self._rng = random.Random(f"{device_id}/airwaves")

    def heard(self, truth: Truth) -> list[dict[str, Any]]:
        """Return the access points in reach, as a native report names them."""
        if truth.indoors:
            near = [mac for mac in self._home if self._rng.random() < _HEARD]
        else:
            place = truth.position
            block = f"{place.lon // _BLOCK_DEG:.0f} {place.lat // _BLOCK_DEG:.0f}"
            near = [_address(f"{block}/{n}", street=True) for n in range(2)]
        return [{"mac": mac, "dbm": self._rng.randint(-88, -42)} for mac in dict.fromkeys(near)]


def _address(name: str, *, street: bool) -> str:
    number = hashlib.blake2b(name.encode(), digest_size=1).digest()[0] % _HALF
    return f"{_MADE_UP}{number + _HALF * street:02x}"

"""Evidence beside the coordinates: the radio that a band hears at home, and a body at rest.

Off until enough was heard at home (`geofence.learning`). It shifts the odds; it never overrules
good fixes well outside. A band that is not worn says nothing here: its coordinates tell where it
lies, and no radio around it may prove that its wearer is there, too.
"""

from enum import StrEnum

from msgspec import Struct

from core.clock import LOCAL_ZONE
from core.pings import Ping
from core.radio import Network

#: local hours in which "no step since midnight" means rest. Earlier the counter is just reset;
#: later it may have been reset by a watch that lives in another zone
_RESTING_FROM_H, _RESTING_UNTIL_H = 1, 6


class Radio(StrEnum):
    """What the radio around a band says about home."""

    SILENT = "silent"  #: nothing heard, or nothing learned yet
    HOME = "home"  #: an access point of the home is in reach
    STRANGE = "strange"  #: others were heard, none of the home's


class Air(Struct, frozen=True, kw_only=True, gc=False):
    """The radio inside one safe zone, as learned."""

    access_points: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()
    #: inside, hardly a scan has none of them: other access points alone are strange
    points_tell: bool = False
    #: likewise of the cells
    cells_tell: bool = False


class Home(Struct, frozen=True, kw_only=True, gc=False):
    """What was learned about the radio at one elder's home. Empty: nothing counts yet.

    "Home" is every safe zone that counts now: a day-care centre's access point is no proof of being
    at home, but of being where the elder is fine, while the centre is open.
    """

    access_points: frozenset[str] = frozenset()
    cells: frozenset[str] = frozenset()
    #: in each safe zone hardly a scan has none of its access points
    points_tell: bool = True
    cells_tell: bool = True
    #: the band was charged inside, and hardly ever outside
    charger_tells: bool = False
    #: the band's pedometer counts: steps were seen
    steps_tell: bool = False


#: nothing was learned yet
UNLEARNED = Home()


class Heard(Struct, frozen=True, kw_only=True, gc=False):
    """What one ping says beside its coordinates."""

    radio: Radio = Radio.SILENT
    #: the wearer did not walk, or the band is on its charger
    is_resting: bool = False


#: says nothing
NOTHING_HEARD = Heard()


def listen(home: Home, ping: Ping) -> Heard:
    """Return what *ping* says beside its coordinates, for an elder with this *home*."""
    if home is UNLEARNED or ping.worn is False:
        return NOTHING_HEARD
    radio = Radio.SILENT if ping.network is None else _radio(home, ping.network)
    is_resting = _is_resting(home, ping)
    if radio is Radio.SILENT and not is_resting:
        return NOTHING_HEARD
    return Heard(radio=radio, is_resting=is_resting)


def staying_points(network: Network) -> list[str]:
    """Return the access points in reach that do not travel by their kind, the nearest first."""
    staying = [point for point in network.wifi if point.stays]
    staying.sort(key=lambda point: (-200 if point.dbm is None else -point.dbm, point.mac))
    return list(dict.fromkeys(point.mac for point in staying))


def cell_names(network: Network) -> list[str]:
    """Return the cells in reach that are named in full."""
    return list(dict.fromkeys(key for cell in network.cells if (key := cell.key) is not None))


def _radio(home: Home, network: Network) -> Radio:
    """Return what the radio says; access points first, cells where there are none.

    A home cell covers kilometres and proves nothing about a zone of 100 m, so none is ever HOME.
    But out of reach of every cell that home has, nobody is at home.
    """
    if heard := [point.mac for point in network.wifi if point.stays]:
        if not home.access_points.isdisjoint(heard):
            return Radio.HOME
        return Radio.STRANGE if home.access_points and home.points_tell else Radio.SILENT
    cells = cell_names(network)
    is_strange = cells and home.cells and home.cells_tell and home.cells.isdisjoint(cells)
    return Radio.STRANGE if is_strange else Radio.SILENT


def _is_resting(home: Home, ping: Ping) -> bool:
    """Say whether the wearer surely rests. Steps count from local midnight, so only 0 tells."""
    if home.charger_tells and ping.charging:
        return True
    if not home.steps_tell or ping.steps != 0:
        return False
    return _RESTING_FROM_H <= ping.at.astimezone(LOCAL_ZONE).hour < _RESTING_UNTIL_H

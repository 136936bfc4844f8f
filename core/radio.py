"""What a band hears around it: Wi-Fi access points and radio cells. Where it is, others work out.

`None` always means "the band did not say". Names of access points (SSIDs) are private: nobody
reads them.
"""

from dataclasses import dataclass

#: of a MAC's first octet: an address that somebody chose (hotspots, phones), not a maker's
_CHOSEN = 0b10
#: … and one that names a group, never a device
_GROUP = 0b01


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A radio cell in reach, as the device named it."""

    mcc: int | None = None
    mnc: int | None = None
    lac: int | None = None  #: LAC, or TAC on LTE
    cid: int | None = None
    #: the modem's raw figure; its unit differs by model
    level: int | None = None
    rat: str | None = None  #: gsm, wcdma, lte, nr …
    dbm: int | None = None

    @property
    def key(self) -> str | None:
        """Return the cell's name in the world, `mcc-mnc-lac-cid`; None when a part is missing."""
        parts = (self.mcc, self.mnc, self.lac, self.cid)
        return None if None in parts else "-".join(str(part) for part in parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPoint:
    """A Wi-Fi access point in reach."""

    mac: str  #: six octets, lower case, `:` between
    dbm: int | None = None

    @property
    def stays(self) -> bool:
        """Say whether its address is a maker's. Others travel in pockets and vehicles."""
        return not int(self.mac[:2], 16) & (_CHOSEN | _GROUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """The radio surroundings, as reported."""

    cells: tuple[Cell, ...] = ()
    wifi: tuple[AccessPoint, ...] = ()

"""What a simulated band hears of access points."""

from core.places import Position
from core.radio import AccessPoint
from simulators.airwaves import Airwaves
from simulators.days import Activity, Truth

HOME = Position(120.68, 30.53)
INDOORS = Truth(position=HOME, activity=Activity.HOME)
MARKET = Truth(position=HOME.moved(east_m=600), activity=Activity.MARKET, speed_mps=0.3)


def macs(air: Airwaves, truth: Truth, times: int = 20) -> set[str]:
    """Return every address heard in so many scans."""
    return {point["mac"] for _ in range(times) for point in air.heard(truth)}


def test_home_sounds_like_home() -> None:
    """Indoors each band hears a few access points of its own, outside it hears none of them."""
    air = Airwaves("hn-0001")
    at_home, outside = macs(air, INDOORS), macs(air, MARKET)

    assert 2 <= len(at_home) <= 3
    assert outside
    assert set() == at_home & outside
    assert at_home != macs(Airwaves("hn-0002"), INDOORS)


def test_all_of_them_stay() -> None:
    """No address is one of a phone that shares its connection."""
    air = Airwaves("hn-0001")

    assert all(AccessPoint(mac=mac).stays for mac in macs(air, INDOORS) | macs(air, MARKET))


def test_the_same_band_hears_the_same() -> None:
    """Two runs of a band hear the same, scan by scan."""
    one, other = Airwaves("hn-0001"), Airwaves("hn-0001")

    assert [one.heard(INDOORS) for _ in range(9)] == [other.heard(INDOORS) for _ in range(9)]

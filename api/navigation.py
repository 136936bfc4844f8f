"""Links that open a walking route in the map apps people in China have.

The target is shifted to GCJ-02 once, here. Its name is neutral, never the elder's.
"""

from dataclasses import dataclass
from urllib.parse import quote

from api.moments import Gettext
from core.datums import to_gcj02
from core.places import Position

_APP = "aihuijia"


@dataclass(frozen=True, slots=True)
class Way:
    """One map app: its name and the address that opens it."""

    name: str
    address: str


def ways_to(target: Position, agent: str, _: Gettext) -> list[Way]:
    """Return the links to *target*; inside WeChat (by browser *agent*) Tencent comes first."""
    shown = to_gcj02(target)
    lon, lat = f"{shown.lon:.6f}", f"{shown.lat:.6f}"
    name = quote(_("destination"))
    amap = Way(
        _("Amap"),
        f"https://uri.amap.com/navigation?to={lon},{lat},{name}&mode=walk&src={_APP}&callnative=1",
    )
    tencent = Way(
        _("Tencent Map"),
        f"https://apis.map.qq.com/uri/v1/routeplan?type=walk&tocoord={lat},{lon}&to={name}"
        f"&coord_type=2&referer={_APP}",
    )
    baidu = Way(
        _("Baidu Map"),
        f"https://api.map.baidu.com/marker?location={lat},{lon}&title={name}&content={name}"
        f"&coord_type=gcj02&output=html&src={_APP}",
    )
    return [tencent, amap, baidu] if is_wechat(agent) else [amap, tencent, baidu]


def is_wechat(agent: str) -> bool:
    """Say whether a browser calls itself WeChat's."""
    return "MicroMessenger" in agent

"""What the live map's addresses answer, as GeoJSON: bands, cells of bands, trails."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel

from api.band_shapes import Json, feature
from api.wire_types import Id, example
from core.zones import Side
from store.map_boxes import Cell


class Point(BaseModel):
    """A place: lon, lat in WGS-84 degrees."""

    type: Literal["Point"]
    coordinates: tuple[float, float]


class Square(BaseModel):
    """A cell of the grid."""

    type: Literal["Polygon"]
    coordinates: list[list[tuple[float, float]]]


class BandProperties(BaseModel):
    """The newest we know of one band."""

    device: str
    #: is it registered?
    known: bool
    elder_id: Id | None
    elder: str | None
    side: Side
    heard_at: datetime
    position_at: datetime | None
    first_heard_at: datetime
    reports: int
    #: without a word for so long it counts as silent
    silent_after_s: int
    accuracy_m: float | None
    source: str | None
    battery_pct: int | None
    charging: bool | None
    worn: bool | None
    online: bool | None


class BandFeature(BaseModel):
    """One band at its newest position."""

    type: Literal["Feature"]
    geometry: Point | None
    properties: BandProperties


class Worst(StrEnum):
    """The gravest that a cell holds, the first of these."""

    OUTSIDE = "outside"
    UNSURE = "unsure"
    NOT_WORN = "not_worn"
    SILENT = "silent"
    INSIDE = "inside"


class CellProperties(BaseModel):
    """How many bands stand in a cell, and how they are."""

    bands: int
    inside: int
    unsure: int
    outside: int
    not_worn: int
    silent: int
    worst: Worst


class CellFeature(BaseModel):
    """One cell in which bands stand."""

    type: Literal["Feature"]
    geometry: Square
    properties: CellProperties


class MapBands(BaseModel):
    """The bands in a box: one by one, or (`grid`) how many stand in each cell."""

    model_config = example(
        type="FeatureCollection",
        features=[
            {
                "type": "Feature",
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [
                            [120.5859375, 30.41015625],
                            [120.76171875, 30.41015625],
                            [120.76171875, 30.5859375],
                            [120.5859375, 30.5859375],
                            [120.5859375, 30.41015625],
                        ]
                    ],
                },
                "properties": {
                    "bands": 12034,
                    "inside": 11950,
                    "unsure": 80,
                    "outside": 4,
                    "not_worn": 31,
                    "silent": 17,
                    "worst": "outside",
                },
            }
        ],
        grid=True,
        bands=12034,
        next=None,
        now="2026-11-23T04:00:00Z",
        speed=1.0,
    )

    type: Literal["FeatureCollection"]
    features: list[BandFeature | CellFeature]
    grid: bool
    #: in the box; null: more than 5,000, or a later page
    bands: int | None
    next: str | None
    now: datetime
    speed: float


class TrailProperties(BaseModel):
    """How a position was found, and what is doubtful about it."""

    at: datetime
    #: when it reached us
    received_at: datetime
    accuracy_m: float | None
    source: str | None
    #: kept by the band and sent later
    late: bool
    #: measured for this report; false: an older one repeated
    current: bool | None
    doubts: list[str]


class TrailFeature(BaseModel):
    """One stored position."""

    type: Literal["Feature"]
    geometry: Point
    properties: TrailProperties


class TrailPage(BaseModel):
    """Where an elder was, oldest first, and where the trail goes on."""

    type: Literal["FeatureCollection"]
    features: list[TrailFeature]
    next: str | None


def cell_feature(cell: Cell) -> Json:
    """Return a cell as a square with its counts."""
    west, south = cell.west, cell.south
    east, north = west + cell.size_deg, south + cell.size_deg
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    counts = {
        Worst.OUTSIDE: cell.outside,
        Worst.UNSURE: cell.unsure,
        Worst.NOT_WORN: cell.not_worn,
        Worst.SILENT: cell.silent,
        Worst.INSIDE: cell.inside,
    }
    return feature(
        {"type": "Polygon", "coordinates": [ring]},
        bands=cell.bands,
        **{name.value: count for name, count in counts.items()},
        worst=next(name.value for name, count in counts.items() if count),
    )

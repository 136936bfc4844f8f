"""Shapes that meet a box: PostGIS and Shapely agree, and both agree with the ground."""

import random

from shapely.geometry import Point, Polygon, box
from sqlalchemy import Engine, select

from core.feature_queries import Box
from core.places import Position
from core.zones import Circle, ZoneKind
from store import schema
from store.boxes import box_around, read_box, shape_meets
from store.database import reading
from store.zones import add_zone

MIDDLE = Position(120.69, 30.53)


def shapes(rng: random.Random) -> list[Circle | Polygon]:
    """Return circles and polygons within a few kilometres."""
    found: list[Circle | Polygon] = []
    for number in range(40):
        place = MIDDLE.moved(east_m=rng.uniform(-3000, 3000), north_m=rng.uniform(-3000, 3000))
        radius_m = rng.uniform(50, 900)
        if number % 2:
            found.append(Circle(place, radius_m))
        else:
            corners = [
                place.moved(east_m=radius_m * x, north_m=radius_m * y)
                for x, y in ((-1, -1), (1, -0.5), (0.2, 1))
            ]
            found.append(Polygon([(corner.lon, corner.lat) for corner in corners]))
    return found


def ground(shape: Circle | Polygon, radius_share: float) -> Polygon:
    """Return a shape in degrees; a circle a little smaller or larger than it is."""
    if isinstance(shape, Polygon):
        return shape
    disc = Point(0, 0).buffer(shape.radius_m * radius_share, quad_segs=64)
    places = [shape.centre.moved(east_m=x, north_m=y) for x, y in disc.exterior.coords]
    return Polygon([(place.lon, place.lat) for place in places])


def test_a_box_meets_what_it_meets_on_the_ground(database: Engine) -> None:
    """A hundred boxes over forty shapes: exactly those that touch, up to a rounded corner."""
    rng = random.Random(121)
    drawn: dict[int, Circle | Polygon] = {}
    with database.begin() as connection:
        for shape in shapes(rng):
            zone_id = add_zone(
                connection, elder_id=None, kind=ZoneKind.DANGER, name="地", shape=shape
            )
            drawn[zone_id] = shape
    table = schema.zone
    with reading(database) as connection:
        for _ in range(100):
            west, south = rng.uniform(120.65, 120.72), rng.uniform(30.50, 30.56)
            asked = Box(
                west=west,
                south=south,
                east=west + rng.uniform(0, 0.02),
                north=south + rng.uniform(0, 0.02),
            )
            condition = shape_meets(connection.dialect.name, asked, table.c.shape, table.c.radius_m)
            found = set(connection.scalars(select(table.c.id).where(condition)))
            window = box(asked.west, asked.south, asked.east, asked.north)
            surely = {k for k, s in drawn.items() if ground(s, 0.999).intersects(window)}
            perhaps = {k for k, s in drawn.items() if ground(s, 1.001).intersects(window)}

            assert surely <= found <= perhaps


def test_the_box_around_all_holds_all(database: Engine) -> None:
    """The box around everything, widened by the longest radius, holds every shape."""
    drawn = shapes(random.Random(7))
    with database.begin() as connection:
        for shape in drawn:
            add_zone(connection, elder_id=None, kind=ZoneKind.DANGER, name="地", shape=shape)
    with reading(database) as connection:
        text = connection.scalar(select(box_around(schema.zone.c.shape)))
    longest_m = max(shape.radius_m for shape in drawn if isinstance(shape, Circle))
    found = read_box(text, longest_m)

    assert found is not None
    outer = box(found.west, found.south, found.east, found.north)
    assert all(outer.covers(ground(shape, 1.0)) for shape in drawn)


def test_nothing_has_no_box_around_it(database: Engine) -> None:
    """Without zones there is no extent."""
    with reading(database) as connection:
        assert read_box(connection.scalar(select(box_around(schema.zone.c.shape)))) is None

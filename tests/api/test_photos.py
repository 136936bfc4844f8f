"""A photo of any phone goes in; what comes out is a small JPEG and nothing else."""

import socket
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from api.portraits import portrait
from core.accounts import AccountRole, Grant
from tests.accounts import bearer, staff_token
from tests.api.conftest import Site

#: EXIF tags
GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F
SECRET = "secret of the phone"


def picture(
    size: tuple[int, int] = (900, 1200), kind: str = "JPEG", mode: str = "RGB", **how: Any
) -> bytes:
    """Return a picture file: left half red, right half blue."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    written = BytesIO()
    image.convert(mode).save(written, kind, **how)
    return written.getvalue()


def with_exif(**tags: object) -> bytes:
    """Return a JPEG that says where and by what it was taken."""
    exif = Image.Exif()
    exif[MAKE] = SECRET
    exif.get_ifd(GPS)[2] = (30.0, 31.0, 48.0)
    for name, value in tags.items():
        exif[{"orientation": ORIENTATION}[name]] = value
    return picture(exif=exif, comment=SECRET.encode())


def huge_png() -> bytes:
    """Return a small PNG file that says it is 60 000 pixels wide and high."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    data = zlib.compress(b"\0" * 1_000_000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


@pytest.fixture
def operator(site: Site) -> Iterator[httpx.Client]:
    """Give an operator of the elders' street."""
    world = site.world
    token = staff_token(
        world.engine,
        world.clock.now(),
        name="op.photo",
        grants=[Grant(AccountRole.OPERATOR, "xiashi")],
    )
    with site.client() as client:
        client.headers.update(bearer(token))
        yield client


def put(
    client: httpx.Client, elder_id: int, data: bytes, kind: str = "image/jpeg", version: int = 1
) -> httpx.Response:
    """Upload a photo."""
    return client.put(
        f"/api/elders/{elder_id}/photo",
        content=data,
        headers={"Content-Type": kind, "If-Match": f'"{version}"'},
    )


@pytest.mark.parametrize(("kind", "mode"), [("JPEG", "CMYK"), ("PNG", "RGBA"), ("WEBP", "RGB")])
def test_a_photo_becomes_a_small_jpeg(
    operator: httpx.Client, site: Site, kind: str, mode: str
) -> None:
    """Whatever of the three it was, a JPEG of at most 540 x 675 is shown."""
    elder_id = site.world.elder_id
    kept = put(operator, elder_id, picture(kind=kind, mode=mode), f"image/{kind.lower()}")
    shown = operator.get(f"/api/elders/{elder_id}/photo")

    assert (200, 506, 675, 2) == (
        kept.status_code,
        kept.json()["width_px"],
        kept.json()["height_px"],
        kept.json()["version"],
    )
    assert (200, "image/jpeg", '"2"') == (
        shown.status_code,
        shown.headers["content-type"],
        shown.headers["etag"],
    )
    assert "JPEG" == Image.open(BytesIO(shown.content)).format
    assert operator.get(f"/api/elders/{elder_id}").json()["has_photo"]


def test_where_it_was_taken_stays_behind() -> None:
    """No EXIF, no place, no maker and no comment is left; it stands upright all the same."""
    made = portrait(with_exif(orientation=6))  # turned by a quarter
    image = Image.open(BytesIO(made.jpeg))

    assert SECRET.encode() not in made.jpeg
    assert {} == dict(image.getexif())
    assert {"exif", "comment", "icc_profile"}.isdisjoint(image.info)
    assert (540, 405) == image.size == (made.width_px, made.height_px)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "JPEG"),
        (b"<!doctype html><script>alert(1)</script>", "JPEG"),
        (picture(kind="GIF", mode="P"), "JPEG"),
        (picture(kind="TIFF"), "JPEG"),
        (picture(kind="PDF"), "JPEG"),
        (picture()[:5000], "JPEG"),  # cut off
        (huge_png(), "像素太多"),
        (picture((90, 200)), "太小"),
    ],
    ids=["svg", "html", "gif", "tiff", "pdf", "cut", "bomb", "small"],
)
def test_what_is_no_photo_is_refused(
    operator: httpx.Client, site: Site, data: bytes, sentence: str
) -> None:
    """A file that only calls itself a photo, or unpacks to a wall, is refused with a sentence."""
    answer = put(operator, site.world.elder_id, data)

    assert 422 == answer.status_code
    assert sentence in answer.json()["detail"]
    assert 404 == operator.get(f"/api/elders/{site.world.elder_id}/photo").status_code


@given(data=st.binary(max_size=400), at=st.integers(0, 3000), cut=st.integers(0, 8000))
def test_no_bytes_break_the_door(data: bytes, at: int, cut: int) -> None:
    """Any bytes, also in the middle of a photo, are a picture or a sentence."""
    real = picture((120, 150), quality=95)
    for file in (data, real[:at] + data + real[at:], real[:cut], real[:2] + data):
        try:
            made = portrait(file)
        except ValueError:
            continue
        assert max(made.width_px, made.height_px) <= 675


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "multipart/form-data", ""])
def test_other_types_are_refused_at_once(operator: httpx.Client, site: Site, kind: str) -> None:
    """A body that says that it is no photo is not looked at."""
    assert 415 == put(operator, site.world.elder_id, picture(), kind).status_code


def test_a_hundred_megabytes_are_refused_before_they_come(
    operator: httpx.Client, site: Site
) -> None:
    """Whoever announces too much is answered before sending any of it."""
    where = urlsplit(site.url)
    assert where.hostname is not None
    with socket.create_connection((where.hostname, where.port or 80), timeout=10) as line:
        line.sendall(
            f"PUT /api/elders/{site.world.elder_id}/photo HTTP/1.1\r\nHost: {where.netloc}\r\n"
            f"Authorization: {operator.headers['authorization']}\r\nContent-Type: image/jpeg\r\n"
            f'If-Match: "1"\r\nContent-Length: {100 * 2**20}\r\n\r\n'.encode()
        )
        answer = line.recv(4096)

    assert b"HTTP/1.1 413" == answer[:12]


def test_what_never_ends_is_cut_off(operator: httpx.Client, site: Site) -> None:
    """A body without a length is read until it is too much, and no further."""
    sent = []

    def pieces() -> Iterator[bytes]:
        for _ in range(100 * 16):
            sent.append(1)
            yield b"\xff" * 65_536

    try:
        status = operator.put(
            f"/api/elders/{site.world.elder_id}/photo",
            content=pieces(),
            headers={"Content-Type": "image/jpeg", "If-Match": '"1"'},
        ).status_code
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        status = 413  # the line was closed while we went on talking

    assert 413 == status
    assert len(sent) < 100 * 16


def test_a_photo_is_replaced_and_removed_by_version(operator: httpx.Client, site: Site) -> None:
    """Each change names the version it was made for; afterwards there is none."""
    elder_id = site.world.elder_id
    codes = [put(operator, elder_id, picture(), version=n).status_code for n in (1, 1, 2)]
    address = f"/api/elders/{elder_id}/photo"
    blind = operator.delete(address)
    gone = operator.delete(address, headers={"If-Match": '"3"'})
    again = operator.delete(address, headers={"If-Match": '"4"'})

    assert [200, 412, 200] == codes
    assert [428, 204, 404] == [one.status_code for one in (blind, gone, again)]
    assert '"4"' == gone.headers["etag"]

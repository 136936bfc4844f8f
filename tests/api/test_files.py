"""Files and headers: nothing foreign, nothing changed, nothing too long."""

import hashlib
import json
import re
from importlib.resources import files
from pathlib import Path

import httpx
import pytest

API = Path(str(files("api")))
VENDOR = API / "static" / "vendor"
OURS = sorted(
    path
    for folder in ("static", "templates")
    for path in (API / folder).rglob("*")
    if path.is_file() and VENDOR not in path.parents
)


def test_vendored_files_are_what_they_were() -> None:
    """Every file of a vendored package has the hash in the manifest, and there is no other."""
    manifest = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
    promised = {
        name: digest
        for package in manifest["packages"]
        for name, digest in package["files"].items()
    }
    there = {
        str(path.relative_to(VENDOR)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }

    assert promised == there
    assert any(name.endswith("LICENSE") for name in there)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_no_page_asks_another_host(path: Path) -> None:
    """Neither a template nor a script nor a style names an address elsewhere."""
    text = path.read_text(encoding="utf-8")
    found = set(re.findall(r"https?://[\w.-]+", text)) - {"http://www.w3.org"}  # a namespace

    assert set() == found


@pytest.mark.parametrize(
    "path", [path for path in OURS if path.suffix == ".js"], ids=lambda path: path.name
)
def test_scripts_hold_no_words(path: Path) -> None:
    """Every word a reader sees comes from the catalogue, none from a script."""
    text = path.read_text(encoding="utf-8")

    assert [] == re.findall(r"[\u4e00-\u9fff]+", text)


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_files_stay_short(path: Path) -> None:
    """A file has one subject and at most 300 lines."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


@pytest.mark.parametrize("address", ["/login", "/nothing-here", "/static/css/app.css", "/healthz"])
def test_every_answer_is_guarded(client: httpx.Client, address: str) -> None:
    """Pages, files and errors alike carry the headers."""
    headers = client.get(address).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "nosniff" == headers["x-content-type-options"]
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")


def test_personal_pages_are_not_kept(coordinator: httpx.Client) -> None:
    """What shows people is never stored by a browser or a proxy."""
    assert "no-store" == coordinator.get("/console").headers["cache-control"]


def test_a_reader_gets_a_sentence(client: httpx.Client) -> None:
    """An address that leads nowhere says so in words, in Chinese first."""
    answer = client.get("/nothing-here")

    assert 404 == answer.status_code
    assert "这里没有您要找的内容。" in answer.text

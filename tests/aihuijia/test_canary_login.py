"""The canary signs in as any band does: with a password of its own, over TLS, under its name."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from aihuijia.canary_role import CanaryRole
from ingest.topics import report_topic
from store.canary_cast import DEVICE_ID
from tests.guarded_broker import make_certificates
from tests.ingest.test_broker_access import Site
from tests.scenes import Town
from tests.servers import until


@pytest.fixture
def site(town: Town, tmp_path: Path) -> Iterator[Site]:
    """Give a town with a broker that asks for passwords."""
    make_certificates(tmp_path)
    site = Site(town, tmp_path)
    yield site
    site.broker.throw_away()


@pytest.mark.parametrize("by_tls", [False, True])
def test_it_signs_in_as_a_band(site: Site, tmp_path: Path, by_tls: bool) -> None:
    """What it registers for itself lets it in, once the broker was told; before, nothing does."""
    changed = {"CANARY_NUMBER": "+15005550199"}
    if by_tls:
        changed["CANARY_BROKER_URL"] = f"mqtts://localhost:{site.broker.tls_port}"
        changed["BROKER_CA"] = str(tmp_path / "authority.pem")
    role = CanaryRole(site.with_settings(**changed), site.engine, site.town.clock)
    with site.ingest() as ingest:
        role.start()
        site.apply_due()
        until(lambda: report_topic("121/v1", DEVICE_ID) in ingest.heard, "its report arrives")
        role.stop()

    assert {report_topic("121/v1", DEVICE_ID)} == set(ingest.heard)

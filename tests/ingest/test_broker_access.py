"""Who may speak, on a real broker with its plugin, set up as deploy/ and docs/broker.md say."""

import gc
import io
import json
import logging
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import Engine, select, update

from aihuijia.broker_access_file import write_file
from aihuijia.broker_access_role import (
    BrokerAccessRole,
    access_over,
    open_link,
    run_once,
    show_differences,
)
from core.band_passwords import password
from core.clock import ManualClock
from core.errors import ServerMissing
from core.settings import Settings
from ingest.broker_access import Outcome
from ingest.broker_link import BrokerLink
from store import band_lists, band_register, registry, schema
from store.database import reading
from tests.conftest import NOON
from tests.guarded_broker import KEY, GuardedMosquitto, Visitor, make_certificates, mosquitto_pub
from tests.processes import start
from tests.scenes import Town
from tests.servers import PATIENCE_S, until

OTHER_KEY = "quite another key for throw-away bands 012"


def word(device_id: str, generation: int = 1) -> str:
    """Return the password of a band."""
    return password(KEY.encode(), device_id, generation)


class Site:
    """A town with a broker of its own; `band-1` is registered on its elder."""

    def __init__(self, town: Town, certificates: Path) -> None:
        """Write the plugin's file from the registry and start the broker."""
        self.town = town
        self.engine: Engine = town.engine
        self.broker = GuardedMosquitto(certificates)
        self.settings = self.with_settings()
        self.write_file()
        self.broker.start()

    def with_settings(self, **changed: str) -> Settings:
        """Return the service's settings, with *changed* ones."""
        given = self.broker.settings("sqlite:///unused.db") | changed
        return Settings.model_validate({name.lower(): value for name, value in given.items()})

    def write_file(self) -> None:
        """Bring the plugin's file up to date."""
        console = Console(quiet=True)
        write_file(self.settings, self.engine, self.town.clock, console, self.broker.security_file)

    def add(self, *devices: str, now: datetime = NOON) -> None:
        """Register bands on the shelf."""
        with self.engine.begin() as connection:
            for device in devices:
                registry.add_band(connection, device, elder_id=None, now=now)

    def retire(self, device: str) -> None:
        """Retire a band."""
        with self.engine.begin() as connection:
            band_register.retire(connection, device, now=NOON)

    def align(self, settings: Settings | None = None) -> Outcome:
        """Compare everything once."""
        chosen = settings or self.settings
        with open_link(chosen) as link:
            return access_over(link, chosen, self.engine, self.town.clock).align()

    def apply_due(self) -> Outcome:
        """Look at what changed."""
        with open_link(self.settings) as link:
            return access_over(link, self.settings, self.engine, self.town.clock).apply_due()

    def visit(self, device: str, *topics: str, generation: int = 1) -> Visitor:
        """Sign in as a band."""
        return Visitor(self.broker.port, device, word(device, generation), topics)

    def is_let_in(self, device: str, generation: int = 1) -> bool:
        """Say whether a band can sign in."""
        with self.visit(device, generation=generation) as visitor:
            return not visitor.refused

    def ingest(self) -> Visitor:
        """Sign in as the ingest role and hear what it hears."""
        topics = ["121/v1/up/#", "121/v1/raw/#", "owntracks/#"]
        return Visitor(self.broker.port, "aihuijia-ingest", "ingest-secret", topics)

    def by_hand(self, *commands: dict[str, object]) -> None:
        """Tell the plugin something that the registry does not know of."""
        with open_link(self.settings) as link:
            assert not [a for a in link.ask(commands) if "error" in a]

    def access_of(self, device: str) -> band_lists.RegisteredBand:
        """Return what the list of bands says of one."""
        with reading(self.engine) as connection:
            bands = band_lists.registered(connection, with_retired=True)
        return next(band for band in bands if band.device_id == device)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give an authority and a certificate for localhost."""
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    return folder


@pytest.fixture(scope="module")
def other_authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the certificate of an authority that our broker has nothing to do with."""
    folder = tmp_path_factory.mktemp("other")
    make_certificates(folder)
    return folder / "authority.pem"


@pytest.fixture
def site(sqlite_town: Town, certificates: Path) -> Iterator[Site]:
    """Give a town with a guarded broker."""
    site = Site(sqlite_town, certificates)
    yield site
    site.broker.throw_away()


# -- what a login may do ---------------------------------------------------------------------------


def test_a_band_speaks_only_as_itself(site: Site) -> None:
    """With one band's password, another band's topic is closed and one's own is open."""
    site.add("band-2")
    site.align()
    port = site.broker.port
    with site.ingest() as ingest:
        for topic in ("121/v1/up/band-2/report", "121/v1/up/band-1/other", "121/v1/raw/g/h/band-2"):
            mosquitto_pub(port, "band-1", word("band-1"), topic, "{}")
        mosquitto_pub(port, "band-1", word("band-1"), "121/v1/up/band-1/report", "{}")
        mosquitto_pub(port, "band-2", word("band-2"), "121/v1/up/band-2/report", "{}")
        until(lambda: len(ingest.heard) >= 2, "what is allowed arrives")

    assert ["121/v1/up/band-1/report", "121/v1/up/band-2/report"] == ingest.heard


def test_a_name_alone_opens_nothing(site: Site) -> None:
    """A wrong password, another band's password and an unknown name are refused."""
    port = site.broker.port
    tries = [("band-1", "guessed"), ("band-1", word("band-2")), ("band-2", word("band-2"))]
    done = [mosquitto_pub(port, *login, "121/v1/up/band-1/report", "{}") for login in tries]

    assert ["Connection error: Connection Refused: not authorised."] * 3 == [
        d.stderr.splitlines()[0] for d in done
    ]


def test_a_band_hears_only_its_own(site: Site) -> None:
    """Subscribed to everything, a band is given the words to itself and nothing else."""
    everything = ("#", "121/v1/down/band-2/cmd", "$SYS/#", "$CONTROL/#")
    with site.ingest() as ingest, site.visit("band-1", *everything) as band:
        site.align()  # the plugin answers on $CONTROL
        ingest.say("121/v1/down/band-2/cmd")
        ingest.say("121/v1/up/band-1/report")  # not its business
        ingest.say("121/v1/down/band-1/seen")
        until(lambda: bool(band.heard), "its own arrives")

    assert {"121/v1/down/band-1/seen"} == set(band.heard)
    assert [] == ingest.heard


def test_a_phone_speaks_only_under_its_user(site: Site) -> None:
    """A phone with OwnTracks has its own branch, and no other user's."""
    site.add("phone-1")
    site.align()
    with site.ingest() as ingest, site.visit("phone-1", "owntracks/+/+/cmd") as phone:
        for topic in ("owntracks/phone-2/x", "owntracks/x", "121/v1/up/band-1/report"):
            phone.say(topic)
        phone.say("owntracks/phone-1/x/event")
        ingest.say("owntracks/phone-2/x/cmd")
        ingest.say("owntracks/phone-1/x/cmd")
        until(lambda: bool(phone.heard) and len(ingest.heard) >= 3, "what is allowed arrives")

    assert ["owntracks/phone-1/x/event"] == [t for t in ingest.heard if not t.endswith("cmd")]
    assert ["owntracks/phone-1/x/cmd"] == phone.heard


def test_a_gateway_speaks_for_others(site: Site) -> None:
    """A gateway may report for any band and hears what is said to them; it gives no orders."""
    port = site.broker.port
    topics = ["121/v1/up/8800000015/report", "121/v1/up/8800000015/ack", "121/v1/raw/g1/watch/x"]
    with (
        site.ingest() as ingest,
        Visitor(port, "aihuijia-g1", "gateway-secret", ["121/v1/down/8800000015/cmd"]) as gateway,
    ):
        for topic in ("121/v1/down/band-1/cmd", "owntracks/band-1/x", *topics):
            gateway.say(topic)
        ingest.say("121/v1/down/8800000015/cmd")
        until(lambda: len(ingest.heard) >= 3 and bool(gateway.heard), "what is allowed arrives")

    assert topics == ingest.heard
    assert ["121/v1/down/8800000015/cmd"] == gateway.heard


def test_nobody_takes_over_a_session(site: Site) -> None:
    """A band that names another client id stays itself, so the other keeps its connection."""
    site.add("band-2")
    site.align()
    thief = Visitor(site.broker.port, "band-2", word("band-2"), client_id="band-1")
    with site.visit("band-1") as band, thief:
        band.say("121/v1/up/band-1/report")

        assert not band.ended.is_set()


# -- registering, rotating, retiring ---------------------------------------------------------------


def test_a_registered_band_comes_in(site: Site) -> None:
    """Nothing but its registration is needed, and the record says that the broker knows."""
    site.add("band-2")
    before = site.is_let_in("band-2"), site.access_of("band-2").is_applied
    outcome = site.apply_due()

    assert (False, False) == before
    assert 1 == outcome.changed
    assert (True, True) == (site.is_let_in("band-2"), site.access_of("band-2").is_applied)
    assert "createClient" in site.broker.log()
    assert word("band-2") not in site.broker.log()


def test_a_retired_band_is_thrown_out(site: Site) -> None:
    """Its connection ends, and it cannot come back."""
    with site.visit("band-1") as band:
        site.retire("band-1")
        site.apply_due()
        assert band.ended.wait(10)

    assert not site.is_let_in("band-1")
    assert site.access_of("band-1").is_applied


def test_a_new_password_ends_the_old_one(site: Site) -> None:
    """Rotating refuses the old password, ends its connection and admits the new one."""
    with site.visit("band-1") as band:
        with site.engine.begin() as connection:
            generation = band_register.rotate(connection, "band-1", now=NOON)
        site.apply_due()
        assert band.ended.wait(10)

    assert 2 == generation
    assert (False, True) == (site.is_let_in("band-1"), site.is_let_in("band-1", generation=2))


def test_what_happened_while_the_broker_was_down_is_made_up(site: Site) -> None:
    """The role survives the broker's absence and then retires and registers as wanted."""
    role = BrokerAccessRole(
        site.settings, site.engine, site.town.clock, look_every_s=0.02, again_s=0.02
    )
    role.start()
    site.broker.stop()
    site.retire("band-1")
    site.add("band-2")
    site.broker.start()
    until(
        lambda: all(site.access_of(device).is_applied for device in ("band-1", "band-2")),
        "the broker is told",
    )
    role.stop()

    assert (False, True) == (site.is_let_in("band-1"), site.is_let_in("band-2"))


def test_the_role_runs_as_a_process(site: Site, tmp_path: Path) -> None:
    """`aihuijia broker-access` lets a new band in within seconds and ends on a signal."""
    process = start("broker-access", site.broker.settings(str(site.engine.url)), cwd=tmp_path)
    site.add("band-2", now=datetime(2020, 1, 1, tzinfo=UTC))  # before any wall clock
    until(lambda: site.access_of("band-2").is_applied, "the broker is told")
    process.terminate()
    ended = process.wait(PATIENCE_S)
    log = (tmp_path / "broker-access.log").read_text(encoding="utf-8")

    assert 0 == ended
    assert site.is_let_in("band-2")
    assert "Traceback" not in log
    assert word("band-2") not in log


def test_comparing_twice_changes_nothing(site: Site) -> None:
    """The second comparison sends no command, and the plugin's file stays as it is."""
    site.add(*(f"band-{n}" for n in range(2, 30)))
    first = site.align()
    file = site.broker.security_file.read_bytes()
    second = site.align()

    assert (28, 0) == (first.changed, second.changed)
    assert file == site.broker.security_file.read_bytes()


def test_differences_can_be_looked_at_first(site: Site) -> None:
    """A dry run names what would be changed and changes nothing; then it is done."""
    site.add("band-2")
    site.retire("band-1")
    paper = io.StringIO()
    arguments = (site.settings, site.engine, site.town.clock, Console(file=paper, width=100))
    show_differences(*arguments)
    said = paper.getvalue()
    before = site.is_let_in("band-1"), site.is_let_in("band-2")
    done = run_once(*arguments)
    show_differences(*arguments)

    assert ["band-1", "deleted", "band-2", "created"] == re.findall(r"band-\d|\w+ed", said)
    assert (True, False) == before
    assert done
    assert "as the registry wants them" in paper.getvalue()
    assert (False, True) == (site.is_let_in("band-1"), site.is_let_in("band-2"))


def test_a_crash_before_the_record_costs_nothing(site: Site) -> None:
    """What the broker knows already, and nobody recorded, is recorded without another command."""
    table = schema.band_access
    with site.engine.begin() as connection:
        connection.execute(update(table).values(next_try_at=NOON, applied=None, key_mark=None))
    outcome = site.align()
    with reading(site.engine) as connection:
        row = connection.execute(select(table)).one()

    assert 0 == outcome.changed
    assert (None, "granted", 1) == (row.next_try_at, row.applied, row.applied_generation)
    assert row.key_mark is not None


def test_thousands_are_compared_page_by_page(site: Site) -> None:
    """A file with more logins than fit on one page of the broker's list is found complete."""
    site.broker.stop()
    names = [f"hn-{n:05d}" for n in range(2100)]
    with site.engine.begin() as connection:
        connection.execute(
            schema.band.insert(), [{"device_id": name, "registered_at": NOON} for name in names]
        )
        connection.execute(
            schema.band_access.insert(),
            [
                {"device_id": name, "generation": 1, "wanted": "granted", "next_try_at": NOON}
                for name in names
            ],
        )
    site.write_file()
    site.broker.start()

    assert 0 == site.align().changed
    assert site.is_let_in(names[-1])


# -- what others did -------------------------------------------------------------------------------


def test_a_hole_in_the_defaults_is_closed(site: Site) -> None:
    """A file of `mosquitto_ctrl dynsec init` lets everybody hear everything; that is put right."""
    receive = {"acltype": "publishClientReceive", "allow": True}
    site.by_hand({"command": "setDefaultACLAccess", "acls": [receive]})
    site.by_hand({"command": "deleteRole", "rolename": "gateway"})
    site.align()
    with site.ingest() as ingest, site.visit("band-1", "#") as band:
        ingest.say("121/v1/down/band-2/cmd")
        ingest.say("121/v1/down/band-1/cmd")
        until(lambda: bool(band.heard), "its own arrives")

    assert ["121/v1/down/band-1/cmd"] == band.heard


def test_logins_made_by_hand_are_left_alone(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """A stranger stays; a band of ours that the registry does not know stays and is reported."""
    site.by_hand(
        {"command": "createClient", "username": "by-hand", "password": "by hand"},
        {
            "command": "createClient",
            "username": "stray",
            "password": word("stray"),
            "textname": "aihuijia band",
        },
    )
    with caplog.at_level(logging.WARNING):
        outcome = site.align()
    stranger = Visitor(site.broker.port, "by-hand", "by hand")

    assert 0 == outcome.changed
    with stranger:
        assert not stranger.refused
    assert site.is_let_in("stray")
    assert ["broker_access_strays"] == [vars(r)["action"] for r in caplog.records]


def test_what_was_spoilt_by_hand_is_mended(site: Site) -> None:
    """A band that was disabled, one with another password and one that is gone come back."""
    site.add("band-2", "band-3")
    site.align()
    site.by_hand(
        {"command": "disableClient", "username": "band-1"},
        {"command": "modifyClient", "username": "band-2", "textname": "x", "password": "x"},
        {"command": "disableClient", "username": "band-2"},
        {"command": "deleteClient", "username": "band-3"},
    )
    outcome = site.align()

    assert 3 == outcome.changed
    assert all(site.is_let_in(device) for device in ("band-1", "band-2", "band-3"))


def test_a_service_keeps_its_name(site: Site) -> None:
    """A band that is named like a login with a role gets none; the reason is on its line."""
    site.by_hand(
        {
            "command": "createClient",
            "username": "g2",
            "password": "x",
            "roles": [{"rolename": "gateway"}],
        }
    )
    site.add("g2")
    outcome = site.align()

    assert {"g2"} == set(outcome.problems)
    assert "name it otherwise" in (site.access_of("g2").problem or "")
    assert not site.is_let_in("g2")


def test_another_key_locks_nobody_out(site: Site) -> None:
    """With a wrong AIHUIJIA_BAND_KEY bands keep their passwords, and each is named."""
    outcome = site.align(site.with_settings(BAND_KEY=OTHER_KEY))

    assert {"band-1"} == set(outcome.problems)
    assert site.is_let_in("band-1")
    assert "aihuijia band rotate band-1" in (site.access_of("band-1").problem or "")


def test_reloading_the_broker_opens_nothing(site: Site) -> None:
    """After `systemctl reload` the same people may do the same things."""
    site.broker.reload()
    site.add("band-2")
    outcome = site.align()
    with site.ingest() as ingest, site.visit("band-1") as band:
        band.say("121/v1/up/band-2/report")
        band.say("121/v1/up/band-1/report")
        until(lambda: bool(ingest.heard), "its own arrives")

    assert 1 == outcome.changed
    assert ["121/v1/up/band-1/report"] == ingest.heard


# -- the file --------------------------------------------------------------------------------------


def test_the_file_keeps_what_is_not_ours(site: Site) -> None:
    """Brought up to date with the broker stopped, it keeps other logins and drops retired bands."""
    site.by_hand({"command": "createClient", "username": "by-hand", "password": "by hand"})
    site.broker.stop()
    site.retire("band-1")
    site.add("band-2")
    site.write_file()
    site.broker.start()
    stranger = Visitor(site.broker.port, "by-hand", "by hand")

    with stranger:
        assert not stranger.refused
    assert (False, True) == (site.is_let_in("band-1"), site.is_let_in("band-2"))
    assert 0 == site.align().changed
    assert "0o600" == oct(site.broker.security_file.stat().st_mode & 0o777)
    assert word("band-2") not in site.broker.security_file.read_text(encoding="utf-8")


def test_mosquittos_own_program_can_work_with_it(site: Site) -> None:
    """What docs/broker.md says to type makes another gateway's login."""
    login = ("-h", "127.0.0.1", "-p", str(site.broker.port), "-u", "aihuijia-admin")
    for line in ("createClient aihuijia-g2 -p other-secret", "addClientRole aihuijia-g2 gateway"):
        subprocess.run(
            ["mosquitto_ctrl", *login, "-P", "admin-secret", "dynsec", *line.split()],
            check=True,
            capture_output=True,
        )
    site.align()
    with (
        site.ingest() as ingest,
        Visitor(site.broker.port, "aihuijia-g2", "other-secret") as gateway,
    ):
        gateway.say("121/v1/up/8800000015/report")
        until(lambda: bool(ingest.heard), "it speaks for others")

    clients = json.loads(site.broker.security_file.read_bytes())["clients"]
    assert "aihuijia-g2" in {client["username"] for client in clients}


# -- TLS -------------------------------------------------------------------------------------------


def test_a_band_signs_in_over_tls(site: Site, certificates: Path, other_authority: Path) -> None:
    """With the authority's certificate a band speaks over TLS; with another's it says nothing."""
    login = (site.broker.tls_port, "band-1", word("band-1"), "121/v1/up/band-1/report", "{}")
    with site.ingest() as ingest:
        wrong = mosquitto_pub(*login, "--cafile", str(other_authority))
        right = mosquitto_pub(*login, "--cafile", str(certificates / "authority.pem"))
        until(lambda: bool(ingest.heard), "what is said over TLS arrives")

    assert (0, True) == (right.returncode, wrong.returncode != 0)
    assert 1 == len(ingest.heard)


#: paho leaves the socket of a failed handshake to the garbage collector
failed_handshakes = pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"
)


def link_over_tls(site: Site, clock: ManualClock, authority: Path) -> BrokerLink:
    """Return the ingest role's link over TLS."""
    return BrokerLink(
        clock,
        broker_url=f"mqtts://aihuijia-ingest:ingest-secret@localhost:{site.broker.tls_port}",
        client_id="aihuijia-ingest",
        prefix="121/v1",
        ca_file=str(authority),
    )


def test_the_ingest_role_connects_over_tls(
    site: Site, certificates: Path, clock: ManualClock
) -> None:
    """With the private authority in AIHUIJIA_BROKER_CA the ingest role hears bands over TLS."""
    link = link_over_tls(site, clock, certificates / "authority.pem")
    link.start()
    until(link.connected.is_set, "the ingest role is connected")
    with site.visit("band-1") as band:
        band.say("121/v1/up/band-1/report")
    (arrival,) = link.take(1, first_within_s=10, rest_within_s=0)
    link.stop()

    assert "121/v1/up/band-1/report" == arrival.message.topic


@failed_handshakes
def test_a_broker_of_another_authority_is_not_believed(
    site: Site, clock: ManualClock, other_authority: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The ingest role does not sign in there, and says which setting to look at."""
    link = link_over_tls(site, clock, other_authority)
    link.start()
    until(lambda: "AIHUIJIA_BROKER_CA" in caplog.text, "it says what is wrong")
    link.stop()
    gc.collect()

    assert not link.connected.is_set()


@failed_handshakes
def test_logins_are_managed_over_tls(site: Site, certificates: Path, other_authority: Path) -> None:
    """`broker-access` works over TLS and refuses a broker of another authority."""
    url = f"mqtts://aihuijia-admin:admin-secret@localhost:{site.broker.tls_port}"
    right = site.with_settings(BROKER_ADMIN_URL=url, BROKER_CA=str(certificates / "authority.pem"))
    wrong = site.with_settings(BROKER_ADMIN_URL=url, BROKER_CA=str(other_authority))

    assert 0 == site.align(right).changed
    with pytest.raises(ServerMissing, match="AIHUIJIA_BROKER_CA"):
        site.align(wrong)
    gc.collect()


def test_a_wrong_admin_is_explained(site: Site) -> None:
    """A refused login names the setting to look at."""
    url = f"mqtt://aihuijia-admin:wrong@127.0.0.1:{site.broker.port}"

    with pytest.raises(ServerMissing, match="AIHUIJIA_BROKER_ADMIN_URL"):
        site.align(site.with_settings(BROKER_ADMIN_URL=url))

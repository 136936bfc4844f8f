"""Mosquitto as deploy/ and docs/broker.md set it up: logins in its plugin, TLS, an access list.

The certificates are made by the commands of the page, the plugin's file by `aihuijia broker-access
--init`; only paths and ports are put right for a test.
"""

import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from tests.servers import MOSQUITTO, PATIENCE_S, free_port, scratch_folder, until

ROOT = Path(__file__).parent.parent
KEY = "a key for throw-away bands only 0123456789"
ADMIN = "mqtt://aihuijia-admin:admin-secret@127.0.0.1:{port}"
INGEST = "mqtt://aihuijia-ingest:ingest-secret@127.0.0.1:{port}"
GATEWAY = "mqtt://aihuijia-g1:gateway-secret@127.0.0.1:{port}"


def make_certificates(folder: Path) -> None:
    """Make authority.pem and the server's certificate for localhost, as docs/broker.md says."""
    page = (ROOT / "docs/broker.md").read_text(encoding="utf-8")
    block = re.findall(r"```sh\n(name=.*?)```", page, flags=re.DOTALL)[0]
    script = block.replace("name=mq.example.org", "name=localhost")
    subprocess.run(["sh", "-eu", "-c", script], cwd=folder, check=True, capture_output=True)


class GuardedMosquitto:
    """A broker that lets in only who is in its plugin's file; `start` makes it listen."""

    def __init__(self, certificates: Path) -> None:
        """*certificates*: a folder that `make_certificates` filled."""
        self.folder = scratch_folder("guarded")
        self.port, self.tls_port = free_port(), free_port()
        self.security_file = self.folder / "dynamic-security.json"
        self._process: subprocess.Popen[bytes] | None = None
        text = (ROOT / "deploy/mosquitto/mosquitto.conf").read_text(encoding="utf-8")
        for there, here in {
            "/var/lib/mosquitto/dynamic-security.json": str(self.security_file),
            "/etc/mosquitto/aihuijia.acl": str(ROOT / "deploy/mosquitto/acl"),
            "/etc/mosquitto/certs": str(certificates),
            "listener 1883 ": f"listener {self.port} ",
            "listener 8883": f"listener {self.tls_port} 127.0.0.1",
            "#persistence_location /var/lib/mosquitto/": f"persistence_location {self.folder}/",
        }.items():
            assert there in text, there
            text = text.replace(there, here)
        own_user = "user root\n" if os.geteuid() == 0 else ""
        tests_own = f"log_dest file {self.folder}/log\nset_tcp_nodelay true\n{own_user}"
        self._configuration = self.folder / "mosquitto.conf"
        self._configuration.write_text(f"{text}\n{tests_own}", encoding="utf-8")

    def settings(self, database_url: str) -> dict[str, str]:
        """Return the settings of the service beside this broker, without their prefix."""
        return {
            "DATABASE_URL": database_url,
            "BROKER_URL": INGEST.format(port=self.port),
            "BROKER_ADMIN_URL": ADMIN.format(port=self.port),
            "GATEWAY_BROKER_URL": GATEWAY.format(port=self.port),
            "BAND_KEY": KEY,
        }

    def start(self) -> None:
        """Start on the kept data and wait until it listens."""
        self._process = subprocess.Popen(
            [str(MOSQUITTO), "-c", str(self._configuration)], stderr=subprocess.DEVNULL
        )
        until(
            lambda: "running" in self.log() and self._process is not None,
            f"Mosquitto runs; its log is {self.folder}/log",
        )

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None
            (self.folder / "log").unlink()

    def reload(self) -> None:
        """Have it read its configuration anew, as `systemctl reload` does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGHUP)
        until(lambda: "Reloading config" in self.log(), "Mosquitto reads its configuration")

    def throw_away(self) -> None:
        """Stop it and remove its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self) -> str:
        """Return what it wrote since it was started."""
        path = self.folder / "log"
        return path.read_text(encoding="utf-8") if path.exists() else ""


def mosquitto_pub(
    port: int, user: str, password: str, topic: str, message: str, *more: str
) -> subprocess.CompletedProcess[str]:
    """Publish with Mosquitto's own program, as somebody at a terminal would."""
    login: Sequence[str] = ("-u", user, "-P", password)
    return subprocess.run(
        [
            "mosquitto_pub",
            *("-h", "localhost", "-p", str(port), *login, "-q", "1", "-t", topic, "-m", message),
            *more,
        ],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class Visitor:
    """A client that notes what it hears and whether it is let in."""

    def __init__(
        self,
        port: int,
        user: str,
        password: str,
        topics: Iterable[str] = (),
        *,
        client_id: str | None = None,
    ) -> None:
        """Sign in as *user* and subscribe; returns when that is done or refused."""
        self.heard: list[str] = []
        self.refused: list[ReasonCode] = []
        self.ended = threading.Event()
        self._ready = threading.Event()
        self._topics = list(topics)
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=user if client_id is None else client_id,
            reconnect_on_failure=False,
        )
        self._client.username_pw_set(user, password)
        self._client.on_message = lambda _c, _u, packet: self.heard.append(packet.topic)
        self._client.on_connect = self._connected
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_disconnect = lambda *_: self.ended.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE_S), f"{user} is signed in or refused"

    def __enter__(self) -> Self:
        """Stay for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def say(self, topic: str) -> None:
        """Publish and wait for the broker's thanks, which it gives for forbidden words, too."""
        self._client.publish(topic, "{}", qos=1).wait_for_publish(PATIENCE_S)

    def _connected(self, *said: object) -> None:
        reason = said[3]
        assert isinstance(reason, ReasonCode)
        if reason.is_failure:
            self.refused.append(reason)
            self._ready.set()
        elif self._topics:
            self._client.subscribe([(topic, 1) for topic in self._topics])
        else:
            self._ready.set()

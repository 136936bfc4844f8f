"""Reach the phone network from a story: in the same process, or over HTTP in another one."""

import http.client
import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

from core.errors import ServerMissing
from simulators.phone_network import Entry, Habit, PhoneNetwork


class Phones(Protocol):
    """What a story needs of the phone network."""

    def learn(self, habits: Iterable[Habit]) -> None:
        """Let people behave like *habits* from now on."""
        ...

    def name(self, labels: Mapping[str, str]) -> None:
        """Note who has which number (label by number)."""
        ...

    def entries(self) -> list[Entry]:
        """Return everything the network recorded."""
        ...


class NearPhones:
    """The phone network of this process."""

    def __init__(self, network: PhoneNetwork) -> None:
        """Speak to *network* directly."""
        self._network = network

    def learn(self, habits: Iterable[Habit]) -> None:
        """Let people behave like *habits* from now on."""
        self._network.learn(habits)

    def name(self, labels: Mapping[str, str]) -> None:
        """Note who has which number (label by number)."""
        self._network.name(labels)

    def entries(self) -> list[Entry]:
        """Return everything the network recorded."""
        return self._network.record.entries()


class FarPhones:
    """The phone network at an address."""

    def __init__(self, url: str) -> None:
        """*url* has no slash at the end, e.g. http://127.0.0.1:8122."""
        self._url = urlsplit(url)

    def learn(self, habits: Iterable[Habit]) -> None:
        """Let people behave like *habits* from now on."""
        self._ask("POST", "/people", {"habits": [habit.to_json() for habit in habits]})

    def name(self, labels: Mapping[str, str]) -> None:
        """Note who has which number (label by number)."""
        self._ask("POST", "/people", {"labels": dict(labels)})

    def entries(self) -> list[Entry]:
        """Return everything the network recorded."""
        return [Entry.from_json(entry) for entry in self._ask("GET", "/record", None)]

    def _ask(self, method: str, path: str, body: Any) -> Any:
        connect = (
            http.client.HTTPSConnection
            if self._url.scheme == "https"
            else http.client.HTTPConnection
        )
        connection = connect(self._url.hostname or "", self._url.port, timeout=15)
        try:
            connection.request(
                method,
                self._url.path + path,
                None if body is None else json.dumps(body),
                {"Content-Type": "application/json"},
            )
            response = connection.getresponse()
            text = response.read()
        except OSError as error:
            raise ServerMissing(
                f"The phone network at {self._url.netloc} does not answer: start it with"
                " aihuijia phone-network"
            ) from error
        finally:
            connection.close()
        if response.status != 200:
            raise ServerMissing(
                f"The phone network at {self._url.netloc} answered {response.status}"
            )
        return json.loads(text)

"""The words of Mosquitto's dynamic security plugin, and what to tell it. Pure.

The plugin keeps who may sign in (its *clients*) and the *roles* of the service's own logins. What a
band may say and hear is not in it: one pattern for all bands stands in the broker's access list
(deploy/mosquitto/acl), because the plugin of Mosquitto 2.0 knows no patterns, and a role for each
band doubles what every change costs (docs/decisions/0011).

A client of ours carries a mark: which generation of its password, from which key. So the broker's
own list says what it knows, and whoever has no mark of ours is left alone.

Facts: mosquitto.org/documentation/dynamic-security, and the plugin of Debian's Mosquitto 2.0.11.
"""

import base64
import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from core.band_access import Access, AccessState
from core.band_passwords import password as password_of
from ingest.topics import OWNTRACKS

Json = dict[str, Any]
#: gives a fresh salt each time
Salts = Callable[[], bytes]

#: `textname` of every client that is ours
OURS = "aihuijia band"
#: rounds of PBKDF2-SHA512, as the plugin itself uses; our passwords are 128 random bits
ITERATIONS = 101
SALT_BYTES = 12
#: what is not said otherwise: everything but unsubscribing is refused by the plugin
DEFAULT_ACCESS = {
    "publishClientSend": False,
    "publishClientReceive": False,
    "subscribe": False,
    "unsubscribe": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One login, as the broker has it."""

    name: str
    #: is it one of ours, and with which password; "" for any other
    mark: str = ""
    disabled: bool = False
    #: has it a role? Then it is no band
    is_service: bool = False


class Act(StrEnum):
    """What to do with one login."""

    CREATE = "create"
    CHANGE = "change"  #: another password
    ENABLE = "enable"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing to tell the broker."""

    act: Act
    access: Access
    is_disabled: bool = False

    @property
    def name(self) -> str:
        """Return the login's name."""
        return self.access.device_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What makes the broker equal to the registry."""

    changes: tuple[Change, ...] = ()
    #: the broker knows these already
    settled: tuple[Access, ...] = ()
    #: these cannot be told, and why
    problems: Mapping[Access, str]


def plan(wanted: Iterable[Access], found: Mapping[str, Client], *, key_mark: str) -> Plan:
    """Compare what is wanted with what the broker has; who loses access comes first."""
    changes: list[Change] = []
    settled: list[Access] = []
    problems: dict[Access, str] = {}
    for access in wanted:
        client = found.get(access.device_id)
        problem = _problem(access, client, key_mark)
        act = None if problem else _act(access, client, key_mark)
        if problem:
            problems[access] = problem
        elif act is None:
            settled.append(access)
        else:
            disabled = client is not None and client.disabled
            changes.append(Change(act=act, access=access, is_disabled=disabled))
    changes.sort(key=lambda change: change.act is not Act.DELETE)
    return Plan(changes=tuple(changes), settled=tuple(settled), problems=problems)


def strays(wanted: Iterable[Access], found: Mapping[str, Client]) -> list[str]:
    """Return the names of our clients that the registry has never heard of.

    Bands are retired, never deleted: this is another database, or one restored from a backup. They
    are left alone, for taking every band's login away by mistake would be the greater harm.
    """
    registered = {access.device_id for access in wanted}
    return [name for name, client in found.items() if client.mark and name not in registered]


def commands(change: Change, key: bytes, key_mark: str) -> list[Json]:
    """Return the plugin's commands for one change."""
    name = {"username": change.name}
    if change.act is Act.DELETE:
        return [{"command": "deleteClient", **name}]
    if change.act is Act.ENABLE:
        return [{"command": "enableClient", **name}]
    login = {
        **name,
        "password": password_of(key, change.name, change.access.generation),
        "textname": OURS,
        "textdescription": mark_of(change.access, key_mark),
    }
    if change.act is Act.CREATE:
        return [{"command": "createClient", **login}]
    enable = [{"command": "enableClient", **name}] if change.is_disabled else []
    return [{"command": "modifyClient", **login}, *enable]


def mark_of(access: Access, key_mark: str) -> str:
    """Return the mark of a client whose password is of this generation and this key."""
    return f"generation {access.generation}, key {key_mark}"


def read_client(said: Json) -> Client:
    """Return a client from the plugin's words, in an answer or in its file."""
    is_ours = said.get("textname") == OURS
    return Client(
        name=str(said["username"]),
        mark=str(said.get("textdescription") or "none") if is_ours else "",
        disabled=bool(said.get("disabled", False)),
        is_service=bool(said.get("roles") or said.get("groups")),
    )


# -- roles of the service's own logins ------------------------------------------------------------


def roles(prefix: str) -> dict[str, list[Json]]:
    """Return the roles that the service's logins have, by name, for topics that begin *prefix*."""
    return {
        "ingest": [
            *_hears(f"{prefix}/up/#"),
            *_hears(f"{prefix}/raw/#"),
            *_hears(f"{OWNTRACKS}/#"),
            _says(f"{prefix}/down/+/cmd"),
            _says(f"{prefix}/down/+/seen"),
            _says(f"{OWNTRACKS}/+/+/cmd"),
        ],
        # It speaks for devices that cannot sign in themselves, and passes our words on to them.
        "gateway": [
            *_hears(f"{prefix}/down/#"),
            _says(f"{prefix}/raw/#"),
            _says(f"{prefix}/up/+/report"),
            _says(f"{prefix}/up/+/ack"),
            _says(f"{prefix}/up/+/state"),
        ],
    }


def admin_role() -> list[Json]:
    """Return what an administrator of logins may do: nothing but that, and read statistics."""
    control = "$CONTROL/dynamic-security/#"
    return [*_hears(control), _says(control), *_hears("$SYS/#")]


def same_role(one: Iterable[Json], other: Iterable[Json]) -> bool:
    """Say whether two lists of rights grant the same."""
    return _rights(one) == _rights(other)


# -- the plugin's file --------------------------------------------------------------------------


def new_document(prefix: str, services: Mapping[str, tuple[str, str]], salts: Salts) -> Json:
    """Return the file of a new installation; *services* are (password, role) by login."""
    everyone = {**roles(prefix), "admin": admin_role()}
    return {
        "defaultACLAccess": dict(DEFAULT_ACCESS),
        "clients": [
            {
                "username": name,
                "textname": "aihuijia service",
                "roles": [{"rolename": role}],
                **hashed(password, salts()),
            }
            for name, (password, role) in services.items()
        ],
        "groups": [],
        "roles": [{"rolename": name, "acls": acls} for name, acls in everyone.items()],
    }


def changed_document(
    document: Json, changes: Iterable[Change], key: bytes, key_mark: str, salts: Salts
) -> Json:
    """Return the file with these changes made; what is not ours stays as it is."""
    clients = {client["username"]: client for client in document.get("clients", [])}
    for change in changes:
        if change.act is Act.DELETE:
            clients.pop(change.name, None)
            continue
        client = clients.setdefault(change.name, {"username": change.name})
        client.pop("disabled", None)
        if change.act is not Act.ENABLE:
            word = password_of(key, change.name, change.access.generation)
            client |= {
                "textname": OURS,
                "textdescription": mark_of(change.access, key_mark),
                **hashed(word, salts()),
            }
    return document | {"clients": list(clients.values())}


def hashed(password: str, salt: bytes) -> Json:
    """Return a password as the plugin keeps it: PBKDF2 with SHA-512."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return {
        "password": base64.b64encode(digest).decode(),
        "salt": base64.b64encode(salt).decode(),
        "iterations": ITERATIONS,
    }


def _problem(access: Access, client: Client | None, key_mark: str) -> str:
    if access.wanted is AccessState.REVOKED:
        return ""
    if client is not None and client.is_service:
        return "a login of the service has this name; retire the band and name it otherwise"
    if access.key_mark not in (None, key_mark):
        return (
            "its password was issued with another AIHUIJIA_BAND_KEY;"
            f" run: aihuijia band rotate {access.device_id}"
        )
    return ""


def _act(access: Access, client: Client | None, key_mark: str) -> Act | None:
    if access.wanted is AccessState.REVOKED:
        return None if client is None or client.is_service else Act.DELETE
    if client is None:
        return Act.CREATE
    if client.mark != mark_of(access, key_mark):
        return Act.CHANGE
    return Act.ENABLE if client.disabled else None


def _says(topic: str) -> Json:
    return {"acltype": "publishClientSend", "topic": topic, "allow": True}


def _hears(topic: str) -> list[Json]:
    return [
        {"acltype": "subscribePattern", "topic": topic, "allow": True},
        {"acltype": "publishClientReceive", "topic": topic, "allow": True},
    ]


def _rights(acls: Iterable[Json]) -> set[tuple[str, str, bool]]:
    return {(acl["acltype"], acl["topic"], bool(acl["allow"])) for acl in acls}

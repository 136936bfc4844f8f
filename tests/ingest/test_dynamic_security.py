"""What the broker is told: exactly the difference, whatever the two sides hold."""

from hypothesis import given
from hypothesis import strategies as st

from core.band_access import Access, AccessState
from core.band_passwords import key_mark, password
from ingest.dynamic_security import (
    DEFAULT_ACCESS,
    Act,
    Change,
    Json,
    changed_document,
    commands,
    hashed,
    mark_of,
    new_document,
    plan,
    read_client,
    roles,
    same_role,
    strays,
)

KEY = b"a key for throw-away bands only 0123456789"
MARK = key_mark(KEY)
PREFIX = "121/v1"
NAMES = [f"band-{n}" for n in range(5)]

WANTED = st.lists(
    st.builds(
        Access,
        device_id=st.sampled_from(NAMES),
        wanted=st.sampled_from(AccessState),
        generation=st.integers(1, 3),
        key_mark=st.sampled_from([None, MARK, "another!"]),
    ),
    unique_by=lambda access: access.device_id,
)
CLIENTS = st.lists(
    st.fixed_dictionaries(
        {"username": st.sampled_from([*NAMES, "by-hand"])},
        optional={
            "textname": st.sampled_from(["aihuijia band", "somebody's"]),
            "textdescription": st.sampled_from(
                ["", f"generation 1, key {MARK}", f"generation 2, key {MARK}"]
            ),
            "disabled": st.booleans(),
            "roles": st.sampled_from([[], [{"rolename": "gateway"}]]),
        },
    ),
    unique_by=lambda client: str(client["username"]),
)


def salts() -> bytes:
    """Return a salt; it need not be fresh here."""
    return b"twelve bytes"


class Plugin:
    """Does with clients what the plugin's documentation says."""

    def __init__(self, clients: list[Json]) -> None:
        """Begin with these."""
        self.clients = {client["username"]: dict(client) for client in clients}

    def do(self, command: Json) -> None:
        """Obey; AssertionError where the plugin would answer with an error."""
        name = command["username"]
        said = {k: v for k, v in command.items() if k != "command"}
        assert (name in self.clients) is not (command["command"] == "createClient")
        match command["command"]:
            case "deleteClient":
                del self.clients[name]
            case "enableClient":
                self.clients[name].pop("disabled", None)
            case _:
                self.clients.setdefault(name, {}).update(said)


@given(WANTED, CLIENTS)
def test_after_its_commands_nothing_differs(wanted: list[Access], clients: list[Json]) -> None:
    """The commands of a plan are obeyed without an error, and the next plan is empty."""
    broker = Plugin(clients)
    found = {client["username"]: read_client(client) for client in clients}
    todo = plan(wanted, found, key_mark=MARK)
    for change in todo.changes:
        for command in commands(change, KEY, MARK):
            broker.do(command)
    again = plan(
        wanted, {name: read_client(c) for name, c in broker.clients.items()}, key_mark=MARK
    )

    assert () == again.changes
    assert todo.problems == again.problems
    assert len(wanted) == len(again.settled) + len(again.problems)


@given(WANTED, CLIENTS)
def test_the_file_says_the_same_as_the_commands(wanted: list[Access], clients: list[Json]) -> None:
    """Writing the plugin's file leads where telling the plugin leads."""
    found = {client["username"]: read_client(client) for client in clients}
    todo = plan(wanted, found, key_mark=MARK)
    document = changed_document({"clients": clients}, todo.changes, KEY, MARK, salts)
    written = {client["username"]: read_client(client) for client in document["clients"]}

    assert () == plan(wanted, written, key_mark=MARK).changes


@given(WANTED, CLIENTS)
def test_who_is_not_ours_is_left_alone(wanted: list[Access], clients: list[Json]) -> None:
    """A login that no band is named like, or that has a role, is never touched."""
    found = {client["username"]: read_client(client) for client in clients}
    touched = {change.name for change in plan(wanted, found, key_mark=MARK).changes}

    assert "by-hand" not in touched
    assert not {name for name, client in found.items() if client.is_service} & touched


@given(WANTED, CLIENTS)
def test_who_loses_access_comes_first(wanted: list[Access], clients: list[Json]) -> None:
    """A lost band is shut out before a new one is let in."""
    found = {client["username"]: read_client(client) for client in clients}
    acts = [change.act is Act.DELETE for change in plan(wanted, found, key_mark=MARK).changes]

    assert sorted(acts, reverse=True) == acts


def test_a_login_nobody_registered_is_a_stray() -> None:
    """A client with our mark and without a row is named, one made by hand is not."""
    ours = {"username": "lost", "textname": "aihuijia band", "textdescription": "generation 1"}
    found = {c["username"]: read_client(c) for c in (ours, {"username": "by-hand"})}

    assert ["lost"] == strays([], found)


def test_another_key_is_not_used_silently() -> None:
    """A password of another key is left in force, and the band is named."""
    access = Access(
        device_id="band-1", wanted=AccessState.GRANTED, generation=1, key_mark="another!"
    )
    todo = plan([access], {}, key_mark=MARK)

    assert () == todo.changes
    assert "aihuijia band rotate band-1" in todo.problems[access]


def test_a_command_holds_the_password() -> None:
    """A new login comes with its password and its mark, and with no role."""
    access = Access(device_id="band-1", wanted=AccessState.GRANTED, generation=2)
    (command,) = commands(Change(act=Act.CREATE, access=access), KEY, MARK)

    assert {
        "command": "createClient",
        "username": "band-1",
        "password": password(KEY, "band-1", 2),
        "textname": "aihuijia band",
        "textdescription": mark_of(access, MARK),
    } == command


def test_a_new_file_refuses_by_default() -> None:
    """Nothing is allowed but what a role says; each service has one."""
    document = new_document(PREFIX, {"aihuijia-ingest": ("secret", "ingest")}, salts)
    (client,) = document["clients"]

    assert not any(DEFAULT_ACCESS[n] for n in DEFAULT_ACCESS if n != "unsubscribe")
    assert DEFAULT_ACCESS == document["defaultACLAccess"]
    assert {"ingest", "gateway", "admin"} == {role["rolename"] for role in document["roles"]}
    assert [{"rolename": "ingest"}] == client["roles"]
    assert hashed("secret", salts()).items() <= client.items()
    assert "secret" not in str(document)


def test_the_order_of_rights_does_not_matter() -> None:
    """Roles are the same with their rights in another order, and not with one fewer."""
    gateway = roles(PREFIX)["gateway"]

    assert same_role(gateway, gateway[::-1])
    assert not same_role(gateway, gateway[1:])

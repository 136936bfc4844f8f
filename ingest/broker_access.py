"""Make the broker let in exactly the bands that the registry lets in.

`align` compares everything, `apply_due` looks at what changed since. Both compare what is wanted
with what the broker says it has, and send only the difference; so they may run twice, and be killed
anywhere. What was done is recorded after the broker's answer: a crash between the two only compares
again.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine

from core.band_access import Access
from core.band_passwords import key_mark
from core.clock import Clock, monotonic, pause
from core.errors import ServerMissing
from ingest import dynamic_security as plugin
from ingest.control_link import ControlLink
from ingest.dynamic_security import Act, Change, Client, Plan
from store import band_access
from store.database import reading

log = logging.getLogger(__name__)

#: clients in one page of the broker's list; 112 KB
_PAGE = 2000
#: bands looked at in one go while nothing else is compared
_DUE = 200
#: what the broker refused is tried again after this long
RETRY_AFTER = timedelta(minutes=1)
#: The plugin writes its whole file after each command, and the broker does nothing else meanwhile:
#: 5 ms with 1 000 bands, 60 ms with 10 000, 2 s with 300 000 (measured). So a message holds as many
#: changes as take about this long, one at first, and as long a pause follows.
_BUSY_S = 0.25
_MOST = 500
#: more than this is slow, and said so
_MANY_S = 600.0


@dataclass(slots=True)
class Outcome:
    """What one comparison did."""

    changed: int = 0
    #: why, by band that could not be told
    problems: dict[str, str] = field(default_factory=dict)


class BrokerAccess:
    """Tells one broker, over a link that is open."""

    def __init__(
        self, engine: Engine, clock: Clock, link: ControlLink, *, key: bytes, prefix: str
    ) -> None:
        """*key*: the one that bands' passwords are computed from; *prefix* of the topics."""
        self._engine = engine
        self._clock = clock
        self._link = link
        self._key = key
        self._mark = key_mark(key)
        self._prefix = prefix
        self._has_warned = False
        #: how many changes the next message holds
        self._size = 1

    def align(self, *, stopping: Callable[[], bool] = lambda: False) -> Outcome:
        """Compare all bands and roles, and put right what differs."""
        self._align_roles()
        return self._carry_out(self.compare(), stopping)

    def apply_due(self, *, stopping: Callable[[], bool] = lambda: False) -> Outcome:
        """Put right what changed in the registry since, and what did not work before."""
        with reading(self._engine) as connection:
            wanted = band_access.due(connection, self._clock.now(), _DUE)
        if not wanted:
            return Outcome()
        said = self._link.ask(
            [{"command": "getClient", "username": access.device_id} for access in wanted]
        )
        clients = [
            plugin.read_client(answer["data"]["client"]) for answer in said if "error" not in answer
        ]
        found = {client.name: client for client in clients}
        return self._carry_out(plugin.plan(wanted, found, key_mark=self._mark), stopping)

    def compare(self) -> Plan:
        """Return what differs between the registry and the broker; changes nothing."""
        found = {client.name: client for client in self._all_clients()}
        with reading(self._engine) as connection:
            wanted = band_access.all_wanted(connection)
        strays = plugin.strays(wanted, found)
        if strays:
            log.warning(
                "%d logins of bands at the broker are of no band in this database; they are left"
                " alone. Is it the right one? docs/broker.md says what to do.",
                len(strays),
                extra={"action": "broker_access_strays"},
            )
        return plugin.plan(wanted, found, key_mark=self._mark)

    def _all_clients(self) -> Iterator[Client]:
        offset, total = 0, 1
        while offset < total:
            page = {"command": "listClients", "verbose": True, "count": _PAGE, "offset": offset}
            data = _data(self._link.ask([page])[0])
            yield from map(plugin.read_client, data["clients"])
            offset, total = offset + _PAGE, data["totalCount"]

    def _align_roles(self) -> None:
        """Refuse by default, and have the roles of the service's logins as this version wants."""
        access = _data(self._link.ask([{"command": "getDefaultACLAccess"}])[0])["acls"]
        if {acl["acltype"]: acl["allow"] for acl in access} != plugin.DEFAULT_ACCESS:
            acls = [{"acltype": a, "allow": allow} for a, allow in plugin.DEFAULT_ACCESS.items()]
            self._insist({"command": "setDefaultACLAccess", "acls": acls})
        for name, acls in plugin.roles(self._prefix).items():
            answer = self._link.ask([{"command": "getRole", "rolename": name}])[0]
            if "error" in answer:
                self._insist({"command": "createRole", "rolename": name, "acls": acls})
            elif not plugin.same_role(answer["data"]["role"].get("acls", []), acls):
                self._insist({"command": "modifyRole", "rolename": name, "acls": acls})

    def _insist(self, command: dict[str, Any]) -> None:
        _data(self._link.ask([command])[0])

    def _carry_out(self, todo: Plan, stopping: Callable[[], bool]) -> Outcome:
        outcome = Outcome(problems={a.device_id: text for a, text in todo.problems.items()})
        self._record([a for a in todo.settled if not a.is_recorded], todo.problems)
        waiting = list(todo.changes)
        while waiting and not stopping():
            batch, waiting = waiting[: self._size], waiting[self._size :]
            began = monotonic()
            problems = self._tell(batch)
            took_s = max(0.001, monotonic() - began)
            outcome.changed += len(batch) - len(problems)
            outcome.problems.update({change.name: text for change, text in problems.items()})
            self._record(
                [change.access for change in batch if change not in problems],
                {change.access: text for change, text in problems.items()},
            )
            if waiting:
                self._warn_if_slow(len(waiting) * took_s / len(batch), len(waiting))
                pause(min(took_s, 1.0))
            self._size = max(1, min(_MOST, int(len(batch) * _BUSY_S / took_s)))
        self._say(outcome)
        return outcome

    def _tell(self, batch: Sequence[Change]) -> dict[Change, str]:
        """Send the changes in one message; return which of them failed, and why."""
        said: list[tuple[Change, dict[str, Any]]] = [
            (change, command)
            for change in batch
            for command in plugin.commands(change, self._key, self._mark)
        ]
        answers = self._link.ask([command for _, command in said])
        problems = {}
        for (change, _), answer in zip(said, answers, strict=True):
            error = answer.get("error")
            if error and not (change.act is Act.DELETE and error == "Client not found"):
                problems[change] = f"the broker says: {error}"
        return problems

    def _record(self, done: Sequence[Access], problems: Mapping[Access, str]) -> None:
        now = self._clock.now()
        if done or problems:
            with self._engine.begin() as connection:
                band_access.mark_applied(connection, done, key_mark=self._mark, now=now)
                band_access.mark_problems(connection, problems, next_try_at=now + RETRY_AFTER)

    def _warn_if_slow(self, left_s: float, left: int) -> None:
        if left_s > _MANY_S and not self._has_warned:
            self._has_warned = True
            log.warning(
                "%d logins will take the broker about %.0f min. Quicker, with the broker stopped:"
                " aihuijia broker-access --init FILE (docs/broker.md).",
                left,
                left_s * 2 / 60,  # a pause follows each message
                extra={"action": "broker_access_slow"},
            )

    def _say(self, outcome: Outcome) -> None:
        if outcome.changed:
            log.info(
                "%d logins were changed at the broker.",
                outcome.changed,
                extra={"action": "broker_access_changed"},
            )
        if outcome.problems:
            log.warning(
                "%d bands could not be given or refused access. Which and why: aihuijia band list",
                len(outcome.problems),
                extra={"action": "broker_access_failed"},
            )


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer holds; ServerMissing when the plugin could not do it."""
    if "error" in answer:
        raise ServerMissing(
            f"The broker's dynamic security refused {answer.get('command')}: {answer['error']}."
            " Has the login in AIHUIJIA_BROKER_ADMIN_URL the role admin?"
        )
    data: dict[str, Any] = answer.get("data", {})
    return data

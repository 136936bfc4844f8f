"""Who may do what: roles, and the part of the town each of them holds in.

A grant is one role in one organisation (a street, a township), or everywhere. What somebody may see
on a route is the union of their grants of the roles that the route allows: an operator of one
street who is also coordinator of the whole town sees the whole town on the map, and edits only
the elders of that street.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

N_: Callable[[str], str] = str  # marks a text for translation later

LAST_ADMINISTRATOR = N_(
    "This is the last administrator who can sign in: make another one first, then this one may go."
)
NO_ROLE = N_("An account needs at least one role.")
ADMINISTRATOR_EVERYWHERE = N_("An administrator holds everywhere: leave the organisation out.")
IS_DISABLED = N_("This account is disabled: enable it first.")
NAME_FORM = N_("An account name has 2 to 40 of a-z, 0-9, dot, _ and -, e.g. wang.min")


class AccountRole(StrEnum):
    """What an account may be. Guardians and team members have no account: core/people.py."""

    ADMINISTRATOR = "administrator"  #: accounts, organisations, other systems; sees no position
    OPERATOR = "operator"  #: registers elders, bands, guardians, zones of their organisations
    COORDINATOR = "coordinator"  #: leads the search: live map, incidents
    AUDITOR = "auditor"  #: reads who looked and who changed what; sees no position


@dataclass(frozen=True, slots=True)
class Grant:
    """One role in one organisation; `None` is everywhere."""

    role: AccountRole
    organisation_id: str | None


@dataclass(frozen=True, slots=True)
class Scope:
    """The organisations whose elders, bands and incidents may be seen or changed."""

    everywhere: bool = False
    organisations: frozenset[str] = frozenset()

    def covers(self, organisation_id: str | None) -> bool:
        """Say whether it holds there; what belongs to no organisation needs "everywhere"."""
        return self.everywhere or organisation_id in self.organisations


EVERYWHERE = Scope(everywhere=True)
NOWHERE = Scope()


def scope_of(grants: Iterable[Grant], roles: frozenset[AccountRole]) -> Scope:
    """Return where *grants* hold for any of *roles*."""
    held = [grant.organisation_id for grant in grants if grant.role in roles]
    return Scope(
        everywhere=None in held,
        organisations=frozenset(one for one in held if one is not None),
    )

"""Which pages somebody's roles open, and on which of them they begin. Pure."""

from collections.abc import Callable, Collection

from core.accounts import AccountRole

N_: Callable[[str], str] = str  # marks a text for translation later

#: role -> address and name of its page, in the order in which somebody with several begins
_PAGES: dict[AccountRole, tuple[str, str]] = {
    AccountRole.COORDINATOR: ("/console", N_("To the console")),
    AccountRole.OPERATOR: ("/console/bands", N_("Bands")),
    AccountRole.ADMINISTRATOR: ("/accounts", N_("Accounts")),
    AccountRole.AUDITOR: ("/audit", N_("Who looked and who changed what")),
}


def pages_of(roles: Collection[str]) -> list[tuple[str, str]]:
    """Return address and name of the pages of these roles."""
    return [told for role, told in _PAGES.items() if role in roles]


def first_page(roles: Collection[str]) -> str:
    """Return where somebody with these roles begins; a stranger at the form."""
    return next((address for address, _name in pages_of(roles)), "/login")

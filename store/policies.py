"""Which ladder holds for whom."""

from sqlalchemy import Connection

from core.policies import DEFAULT_POLICIES, Policies


def policies_for(connection: Connection, elder_id: int) -> Policies:
    """Return the ladders that hold for one elder now."""
    del connection, elder_id
    return DEFAULT_POLICIES

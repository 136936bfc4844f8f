"""Who guards whom, as registered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """One elder and their guardians."""

    elder_id: int
    name: str
    organisation_id: str
    #: (person id, name) in the order of asking
    guardians: tuple[tuple[int, str], ...]

"""What messages and calls share: the account, the clock, the record, the people."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from core.clock import Clock
from simulators.phone_network.agenda import Agenda
from simulators.phone_network.faults import Fault, Struck, Trouble, Troubles
from simulators.phone_network.people import Habit, Person
from simulators.phone_network.record import Happened, Record
from simulators.phone_network.resources import ConnectionBreaks, ProviderError
from simulators.phone_network.webhooks import Webhooks


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The one account of the stand-in."""

    sid: str
    auth_token: str
    #: the service's number
    number: str
    #: where texts of people are posted to
    inbound_url: str


@dataclass(slots=True, kw_only=True)
class Exchange:
    """The shared middle of the phone network."""

    account: Account
    clock: Clock
    record: Record
    agenda: Agenda
    webhooks: Webhooks
    rng: random.Random
    troubles: Troubles = field(default_factory=Troubles)
    #: what befell the request that was admitted last
    struck: Struck = field(default_factory=Struck)
    #: how long it takes until a message or call can be listed, seconds of service time
    listed_after_s: float = 0.0
    people: dict[str, Person] = field(default_factory=dict)

    def person(self, number: str) -> Person:
        """Return who has *number*; a number never heard of has a silent owner."""
        return self.people.setdefault(number, Person(number=number))

    def name(self, labels: Iterable[tuple[str, str]]) -> None:
        """Note who has which number: pairs of number and label."""
        for number, label in labels:
            self.person(number).label = label

    def learn(self, habits: Iterable[Habit]) -> None:
        """Let people behave like *habits* from now on."""
        for habit in habits:
            self.person(habit.number).learn(habit)

    def new_sid(self, kind: str) -> str:
        """Return a new id: two letters and 32 hexadecimal digits."""
        return f"{kind}{self.rng.getrandbits(128):032x}"

    @property
    def trouble(self) -> Trouble:
        """The first of the present troubles."""
        return self.troubles.present[0] if self.troubles.present else Trouble()

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        """Have this trouble, and no other."""
        self.troubles.present = [] if trouble.fault is Fault.NONE else [trouble]

    def admit(self, kind: str, number: str = "") -> Fault:
        """Return the fault to apply after accepting; ProviderError where nothing is taken.

        All that befalls the request is in `struck` until the next one.
        """
        self.struck = struck = self.troubles.strike(kind, number)
        match struck.fault:
            case Fault.DOWN:
                raise ProviderError(503, 20503, "Service is unavailable. Please try again.")
            case Fault.TOO_MANY:
                raise ProviderError(429, 20429, "Too Many Requests")
            case Fault.REFUSED:
                raise ProviderError(struck.status, struck.code or 20001, "Refused on command")
            case Fault.RESET:
                raise ConnectionBreaks
        return struck.fault

    def refused(self, kind: str, error: ProviderError, number: str = "") -> None:
        """Write down a refused request."""
        self.record.add(
            Happened.REQUEST_REFUSED,
            kind=kind,
            status=error.status,
            code=error.code,
            to=number,
        )

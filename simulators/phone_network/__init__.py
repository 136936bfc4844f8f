"""A stand-in for the SMS and voice provider, and the people who own the phones.

It speaks Twilio's HTTP, so the unmodified package works against it, and keeps its own record of
everything that reached it.
"""

from simulators.phone_network.network import PhoneNetwork, create_phone_network
from simulators.phone_network.people import Habit, OpensLink, PicksUp, Text
from simulators.phone_network.record import Entry, Happened, read_record
from simulators.phone_network.server import BackgroundServer, serve

__all__ = [
    "BackgroundServer",
    "Entry",
    "Habit",
    "Happened",
    "OpensLink",
    "PhoneNetwork",
    "PicksUp",
    "Text",
    "create_phone_network",
    "read_record",
    "serve",
]

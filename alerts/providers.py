"""Which provider delivers a message: several on a channel, in order, the healthy ones first."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from alerts.channels.sender import Sender
from core.people import Channel
from store.providers import ProviderState

__all__ = ["Providers", "key_of"]


def key_of(provider: str, channel: Channel) -> str:
    """Return the name under which a provider's health on *channel* is remembered."""
    return f"{provider}/{channel.value}"


class Providers:
    """The senders of each channel, in the order of settings."""

    def __init__(self, senders: Mapping[Channel, Sequence[Sender]]) -> None:
        """Use *senders*; a channel without any reaches nobody."""
        self._senders = {channel: tuple(several) for channel, several in senders.items()}

    def channels(self) -> tuple[Channel, ...]:
        """Return the channels that have a provider."""
        return tuple(channel for channel, several in self._senders.items() if several)

    def keys(self) -> tuple[str, ...]:
        """Return the names of all providers, a name for each channel."""
        return tuple(
            key_of(sender.provider, channel)
            for channel, several in self._senders.items()
            for sender in several
        )

    def named(self, channel: Channel, provider: str) -> Sender | None:
        """Return the sender of *provider* on *channel*, None when it is not used any more."""
        several = self._senders.get(channel, ())
        return next((one for one in several if one.provider == provider), None)

    def choose(
        self,
        channel: Channel,
        states: Mapping[str, ProviderState],
        *,
        refused: Collection[str] = (),
        failed: Collection[str] = (),
        now: datetime,
    ) -> Sender | None:
        """Return who should try next; None when everyone *refused*.

        Who *failed* with this message before comes after who did not, who rests comes last: a
        provider that rests is better than none.
        """

        def burden(place_and_sender: tuple[int, Sender]) -> tuple[bool, bool, int]:
            place, sender = place_and_sender
            state = states.get(key_of(sender.provider, channel))
            rests = state is not None and state.rests(now)
            return rests, sender.provider in failed, place

        able = [
            (place, sender)
            for place, sender in enumerate(self._senders.get(channel, ()))
            if sender.provider not in refused
        ]
        return min(able, key=burden)[1] if able else None

    def all_rest(
        self, channel: Channel, states: Mapping[str, ProviderState], now: datetime
    ) -> bool:
        """Say whether nobody on *channel* is at work."""
        several = self._senders.get(channel, ())
        found = (states.get(key_of(sender.provider, channel)) for sender in several)
        return all(state is not None and state.rests(now) for state in found)

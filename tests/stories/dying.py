"""A sender whose process ends in the middle of a call."""

from datetime import datetime

from alerts.channels.sender import Outgoing, Sender
from core.notifications import Finding, SendResult


class Dies:
    """A real sender, and then nothing: what came of the call is never recorded."""

    def __init__(self, sender: Sender, *, after: bool) -> None:
        """Die *after* the provider took the message, or before it was asked."""
        self._sender = sender
        self._after = after
        self.provider = sender.provider

    def send(self, message: Outgoing) -> SendResult:
        """Die."""
        if self._after:
            self._sender.send(message)
        raise SystemExit

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Ask as the real one does."""
        return self._sender.find(message, requested_at=requested_at)

"""SMS and calls through Twilio's own SDK.

Creating a message or a call is not idempotent, so a time-out or a 5xx is a doubt; `find` asks what
became of it. A status callback carries our token: a receipt finds its attempt even after a crash.
What each error code means is in `twilio_errors`.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import requests
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.base.values import unset
from twilio.rest import Client

from alerts.channels.sender import Outgoing
from alerts.channels.twilio_errors import BAD_CALLBACK, refusal
from alerts.channels.twilio_http import TOTAL_S, BoundedHttpClient
from alerts.channels.twilio_scripts import call_script
from core.notifications import AttemptResult, Finding, Found, SendResult

#: how long a call rings, seconds (at most 600)
RING_S = 30
#: what we want to hear of a call: that it rings says that the phone was reached
_CALL_EVENTS = ("ringing", "answered", "completed")
#: Twilio's bounds for ValidityPeriod, seconds; it advises against less than 5
LEAST_VALIDITY_S, MOST_VALIDITY_S = 5, 36_000
MOST_TEXT = 1600
#: clocks differ: what was taken this long before we asked may still be ours
_CLOCK_SKEW = timedelta(seconds=60)
#: so many of a number's newest messages are looked through
_LOOKED_AT = 50

#: what the SDK raises over an answer that is none; the last three when it is JSON of another form
_UNREADABLE = (
    TwilioException,
    requests.exceptions.RequestException,
    ValueError,
    AttributeError,
    TypeError,
    LookupError,
)


class TwilioAccount:
    """One account: the SDK's client at the configured address, and where callbacks go."""

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        sender_number: str,
        api_url: str,
        callback_url: str,
        total_s: float = TOTAL_S,
    ) -> None:
        """*callback_url* is the public address under which our hooks are reached.

        *total_s*: how long one `send` or `find` may take, seconds.
        """
        self.http = BoundedHttpClient(total_s=total_s)
        # A non-empty environment of its own: variables of the machine would change the address.
        environment = {"TWILIO_ACCOUNT_SID": account_sid}
        self.client = Client(
            account_sid, auth_token, http_client=self.http, environment=environment
        )
        self.client.api.base_url = api_url
        self.sender_number = sender_number
        self.callback_url = callback_url

    def status_url(self, token: str) -> str:
        """Return where receipts for *token* are to be posted."""
        return f"{self.callback_url}/hooks/twilio/status?token={token}"

    def key_url(self, token: str) -> str:
        """Return where keys pressed during the call of *token* are to be posted."""
        return f"{self.callback_url}/hooks/twilio/key?token={token}"


class TwilioSms:
    """The SMS channel."""

    provider = "twilio"

    def __init__(self, account: TwilioAccount) -> None:
        """Send through *account*."""
        self._account = account

    def send(self, message: Outgoing) -> SendResult:
        """Hand one SMS to Twilio."""
        account = self._account
        validity_s = round(min(max(message.validity_s, LEAST_VALIDITY_S), MOST_VALIDITY_S))

        def create(callback: str | None) -> Any:
            return account.client.messages.create(
                to=message.to,
                from_=account.sender_number,
                body=message.text[:MOST_TEXT],
                status_callback=callback or unset,
                validity_period=validity_s,
            ).sid

        return _send(account, message, create)

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Look for *message* among those Twilio has for its number, told by its text."""
        account, earliest = self._account, _earliest(requested_at)

        def listed(since: datetime | None) -> Any:
            return account.client.messages.list(
                to=message.to,
                from_=account.sender_number,
                date_sent_after=since or unset,
                page_size=_LOOKED_AT,
                limit=_LOOKED_AT,
            )

        return _find(account, listed, earliest, said=message.text[:MOST_TEXT])


class TwilioVoice:
    """The voice channel: speaks the text twice and listens for one key."""

    provider = "twilio"

    def __init__(self, account: TwilioAccount) -> None:
        """Call through *account*."""
        self._account = account

    def send(self, message: Outgoing) -> SendResult:
        """Have Twilio place one call."""
        account = self._account
        key_url = account.key_url(message.token) if message.answerable else None

        def create(callback: str | None) -> Any:
            script = call_script(message.text, message.language, key_url)
            return account.client.calls.create(
                to=message.to,
                from_=account.sender_number,
                twiml=script,
                status_callback=callback or unset,
                status_callback_event=list(_CALL_EVENTS) if callback else unset,
                timeout=RING_S,
            ).sid

        return _send(account, message, create)

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Look for *message* among the calls Twilio has for its number, told by the time."""
        account, earliest = self._account, _earliest(requested_at)

        def listed(since: datetime | None) -> Any:
            return account.client.calls.list(
                to=message.to,
                from_=account.sender_number,
                start_time_after=since or unset,
                page_size=_LOOKED_AT,
                limit=_LOOKED_AT,
            )

        return _find(account, listed, earliest, said=None)


class _Taken(Protocol):
    """A message or a call as the SDK lists it."""

    sid: str | None
    date_created: datetime | None


def _send(
    account: TwilioAccount, message: Outgoing, create: Callable[[str | None], Any]
) -> SendResult:
    """Create once, and once more without a callback if only that was refused."""
    with account.http.one_go():
        sent = _result_of(lambda: create(account.status_url(message.token)), account.http)
        if sent.reason != f"400/{BAD_CALLBACK}":
            return sent
        # Nobody will tell us how it ends; that an operator must know, the person must be reached.
        bare = _result_of(lambda: create(None), account.http)
    return SendResult(
        result=bare.result,
        provider_id=bare.provider_id,
        reason=bare.reason or "callback_refused",
        retry_after_s=bare.retry_after_s,
        provider_is_out=bare.provider_is_out,
        needs_operator=True,
    )


def _result_of(call: Callable[[], Any], http: BoundedHttpClient) -> SendResult:
    try:
        provider_id = call()
    except (TwilioRestException, TwilioServiceException) as error:
        return refusal(error.status, error.code, http.retry_after_s)
    except requests.exceptions.ConnectTimeout:
        return SendResult(result=AttemptResult.TEMPORARY, reason="connect_timeout")
    except requests.exceptions.Timeout:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="timeout")
    except requests.exceptions.ConnectionError as error:
        # Refused before anything left is safe to repeat; broken in the middle is not.
        said = repr(error)
        if "NewConnectionError" in said or "NameResolutionError" in said:
            return SendResult(result=AttemptResult.TEMPORARY, reason="connection_refused")
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="connection_lost")
    except _UNREADABLE as error:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason=type(error).__name__)
    if not provider_id:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="no_sid")
    return SendResult(result=AttemptResult.ACCEPTED, provider_id=str(provider_id))


def _find(
    account: TwilioAccount,
    listed: Callable[[datetime | None], Iterable[_Taken]],
    earliest: datetime,
    *,
    said: str | None,
) -> Finding:
    """Ask for what left since *earliest*, then for what may still wait there and has no date."""
    try:
        with account.http.one_go():
            for since in (earliest, None):
                ours = [one for one in listed(since) if _is_ours(one, earliest, said)]
                if ours:
                    first = min(ours, key=_created)
                    return Finding(found=Found.YES, provider_id=first.sid)
    except _UNREADABLE:
        return Finding(found=Found.CANNOT_ASK)
    return Finding(found=Found.NO)


def _is_ours(taken: _Taken, earliest: datetime, said: str | None) -> bool:
    if not taken.sid or _created(taken) < earliest:
        return False
    if said is None:
        return True
    # A trial account puts a sentence of its own before the text.
    return _plain(str(getattr(taken, "body", ""))).endswith(_plain(said))


def _created(taken: _Taken) -> datetime:
    created_at = taken.date_created
    if created_at is None:
        return datetime.min.replace(tzinfo=UTC)
    return created_at.astimezone(UTC)


def _earliest(requested_at: datetime) -> datetime:
    return requested_at.astimezone(UTC) - _CLOCK_SKEW


def _plain(text: str) -> str:
    return " ".join(text.split())

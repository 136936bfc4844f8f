"""SMS and calls through Twilio's own SDK.

Facts used (Twilio's API documentation): messages and calls are not idempotent, so a time-out or a
5xx is ambiguous; codes 20429 and 30001 are temporary; 21211, 21614, 21610 and 30006 are for good.
A status callback carries our token, so a receipt finds its attempt even after a crash.
"""

from collections.abc import Callable
from datetime import datetime

import requests
from twilio.base.exceptions import (
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.twiml.voice_response import Gather, VoiceResponse

from alerts.channels.sender import Outgoing
from core.notifications import AttemptResult, Finding, Found, SendResult
from core.people import Language

#: connecting and answering together; less than the sender's lease
TIMEOUT_S = 10.0
#: how long a call rings, seconds
RING_S = 30
#: Twilio's bounds for ValidityPeriod, seconds
_LEAST_VALIDITY_S, _MOST_VALIDITY_S = 5, 36_000

_PERMANENT = {21211, 21214, 21217, 21407, 21610, 21612, 21614, 21408, 21215}
_TEMPORARY = {20429, 21611, 30001, 14107}
#: what the SDK raises over an answer that is none; the last three when it is JSON of another form
_UNREADABLE = (
    TwilioException,
    requests.exceptions.RequestException,
    ValueError,
    AttributeError,
    TypeError,
    LookupError,
)
_VOICES = {Language.CHINESE: "cmn-CN", Language.ENGLISH: "en-GB"}


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
    ) -> None:
        """*callback_url* is the public address under which our hooks are reached."""
        http_client = TwilioHttpClient(timeout=TIMEOUT_S, pool_connections=True)
        self.client = Client(account_sid, auth_token, http_client=http_client)
        self.client.api.base_url = api_url
        self.sender_number = sender_number
        self.callback_url = callback_url

    def status_url(self, token: str) -> str:
        """Return where receipts for *token* are to be posted."""
        return f"{self.callback_url}/hooks/twilio/status?token={token}"


class TwilioSms:
    """The SMS channel."""

    provider = "twilio"

    def __init__(self, account: TwilioAccount) -> None:
        """Send through *account*."""
        self._account = account

    def send(self, message: Outgoing) -> SendResult:
        """Hand one SMS to Twilio."""
        account = self._account
        validity_s = round(min(max(message.validity_s, _LEAST_VALIDITY_S), _MOST_VALIDITY_S))
        return _result_of(
            lambda: (
                account.client.messages.create(
                    to=message.to,
                    from_=account.sender_number,
                    body=message.text,
                    status_callback=account.status_url(message.token),
                    validity_period=validity_s,
                ).sid
            )
        )

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Look for *message* among those Twilio has for its number."""
        del message, requested_at
        return Finding(found=Found.CANNOT_ASK)


class TwilioVoice:
    """The voice channel: speaks the text twice and listens for one key."""

    provider = "twilio"

    def __init__(self, account: TwilioAccount) -> None:
        """Call through *account*."""
        self._account = account

    def send(self, message: Outgoing) -> SendResult:
        """Have Twilio place one call."""
        account = self._account
        key_url = f"{account.callback_url}/hooks/twilio/key?token={message.token}"
        script = call_script(message, key_url)
        return _result_of(
            lambda: (
                account.client.calls.create(
                    to=message.to,
                    from_=account.sender_number,
                    twiml=script,
                    status_callback=account.status_url(message.token),
                    status_callback_event=["completed"],
                    timeout=RING_S,
                ).sid
            )
        )

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Look for *message* among the calls Twilio has for its number."""
        del message, requested_at
        return Finding(found=Found.CANNOT_ASK)


def call_script(message: Outgoing, key_url: str) -> str:
    """Return the TwiML of a call."""
    script = VoiceResponse()
    voice = _VOICES[message.language]
    if not message.answerable:
        script.say(message.text, language=voice, loop=2)
        return str(script)
    for _ in range(2):  # said twice: who was asleep missed the first
        ask = Gather(num_digits=1, timeout=8, action=key_url, method="POST")
        ask.say(message.text, language=voice)
        script.append(ask)
    return str(script)


def _result_of(call: Callable[[], str | None]) -> SendResult:
    try:
        provider_id = call()
    except (TwilioRestException, TwilioServiceException) as error:
        return _refusal(error.status, error.code)
    except requests.exceptions.ConnectTimeout:
        return SendResult(result=AttemptResult.TEMPORARY, reason="connect_timeout")
    except requests.exceptions.Timeout:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="timeout")
    except requests.exceptions.ConnectionError as error:
        # Refused before anything left is safe to repeat; broken in the middle is not.
        refused = "NewConnectionError" in repr(error) or "Connection refused" in repr(error)
        if refused:
            return SendResult(result=AttemptResult.TEMPORARY, reason="connection_refused")
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="connection_lost")
    except _UNREADABLE as error:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason=type(error).__name__)
    if not provider_id:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="no_sid")
    return SendResult(result=AttemptResult.ACCEPTED, provider_id=provider_id)


def _refusal(status: int, code: int | None) -> SendResult:
    reason = f"{status}/{code}"
    if code in _PERMANENT:
        return SendResult(result=AttemptResult.PERMANENT, reason=reason)
    if code in _TEMPORARY or status in (429, 503):
        return SendResult(result=AttemptResult.TEMPORARY, reason=reason)
    if status >= 500:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason=reason)
    # Anything else is our mistake or the account's: not the number's fault, so it stays in use.
    return SendResult(result=AttemptResult.TEMPORARY, reason=reason)

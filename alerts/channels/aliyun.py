"""One account at Aliyun: its SDK's clients, the approved templates, and how an answer is read.

The SDK never tries again by itself (its default, and the only way in which two sends stay two).
"""

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from alerts.channels.aliyun_errors import refusal
from core.notifications import AttemptResult, SendResult

#: reaching the provider, and then waiting for its answer: 10 s together, less than a sender's lease
CONNECT_S, ANSWER_S = 3.0, 7.0
TOTAL_S = CONNECT_S + ANSWER_S


class AliyunAccount:
    """One account. Used from many threads at once."""

    def __init__(
        self,
        *,
        key_id: str,
        key_secret: str,
        sms_url: str,
        voice_url: str,
        sign_name: str,
        show_number: str,
        templates: Mapping[str, str],
        total_s: float = TOTAL_S,
    ) -> None:
        """*templates* are the approved templates' codes by our names."""
        # Half a second and 50 MB: only who sends through Aliyun pays them.
        from alibabacloud_dysmsapi20170525.client import Client as SmsClient
        from alibabacloud_dyvmsapi20170525.client import Client as VoiceClient
        from alibabacloud_tea_openapi.utils_models import Config

        def config(url: str) -> Any:
            parts = urlsplit(url)
            return Config(
                access_key_id=key_id,
                access_key_secret=key_secret,
                protocol=parts.scheme,
                endpoint=parts.netloc,
                connect_timeout=round(CONNECT_S * 1000),
                read_timeout=round(ANSWER_S * 1000),
            )

        self.sms = SmsClient(config(sms_url))
        self.voice = VoiceClient(config(voice_url))
        self.sign_name = sign_name
        self.show_number = show_number
        self._templates = templates
        self.total_s = total_s

    def code(self, name: str) -> str | None:
        """Return the code under which the template *name* was approved."""
        return self._templates.get(name)


def spelled(values: Mapping[str, str]) -> str:
    """Return a template's variables as the provider reads them."""
    return json.dumps(dict(values), ensure_ascii=False)


def no_template(name: str) -> SendResult:
    """Return what follows when *name* was never registered, or its code is not in the settings."""
    return SendResult(
        result=AttemptResult.ELSEWHERE, reason=f"no_template:{name[:40]}", needs_operator=True
    )


NOT_MAINLAND = SendResult(result=AttemptResult.ELSEWHERE, reason="not_a_mainland_number")


def asked(call: Callable[[], Any], total_s: float) -> dict[str, Any] | SendResult:
    """Make one request; return the body of a success, or what follows from anything else.

    Takes at most *total_s*. Nothing of an error's text is kept: it holds the number.
    """
    box: list[dict[str, Any] | SendResult] = []
    # The SDK counts its time-out anew with every byte: an answer that drips would hold a sender.
    waiting = threading.Thread(target=lambda: box.append(_asked(call)), name="aliyun", daemon=True)
    waiting.start()
    waiting.join(total_s)
    return box[0] if box else SendResult(result=AttemptResult.AMBIGUOUS, reason="timeout")


def _asked(call: Callable[[], Any]) -> dict[str, Any] | SendResult:
    from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
    from darabonba.exceptions import UnretryableException

    try:
        body = call().body.to_map()
        code = body.get("Code")
    except AlibabaCloudException as error:
        wait_ms = error.retry_after
        return refusal(
            int(error.status_code or 0),
            "" if error.code == "None" else str(error.code),
            str(error.message),
            None if wait_ms is None else float(wait_ms) / 1000,
        )
    except UnretryableException as error:
        return _lost(error.inner_exception)
    except Exception as error:  # noqa: BLE001  over an answer of another form it raises anything
        return SendResult(result=AttemptResult.AMBIGUOUS, reason=type(error).__name__[:40])
    if code == "OK":
        return dict(body)
    if not code:
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="no_code")
    return refusal(200, str(code), str(body.get("Message")))


def _lost(error: BaseException) -> SendResult:
    """Tell what never left us from what may have arrived."""
    cause = error.__context__ or error  # the SDK keeps the text of the real one only
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return SendResult(result=AttemptResult.TEMPORARY, reason="connect_timeout")
    if isinstance(cause, requests.exceptions.SSLError):
        return SendResult(result=AttemptResult.TEMPORARY, reason="tls_failed")
    if isinstance(cause, requests.exceptions.Timeout):
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="timeout")
    if isinstance(cause, requests.exceptions.ConnectionError):
        reached = cause.args[0] if cause.args else None
        if isinstance(reached, MaxRetryError) and isinstance(reached.reason, NewConnectionError):
            return SendResult(result=AttemptResult.TEMPORARY, reason="connection_refused")
        return SendResult(result=AttemptResult.AMBIGUOUS, reason="connection_lost")
    return SendResult(result=AttemptResult.AMBIGUOUS, reason=type(cause).__name__[:40])

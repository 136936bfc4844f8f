"""The SDK's way to the network, bounded: connecting, answering, and how much is read.

The SDK's own client has no time-out by default, counts it anew for every byte, and logs numbers and
texts. A request through this one is over in time, and is never made twice.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from twilio.http import HttpClient
from twilio.http.response import Response

from core.clock import monotonic

#: reaching the provider, seconds; then nothing has left us yet
CONNECT_S = 3.0
#: connecting and answering together; less than the sender's lease
TOTAL_S = 10.0
MOST_BYTES = 4 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024
_POOL = 32
_LONGEST_WAIT_S = 300.0


class BoundedHttpClient(HttpClient):  # type: ignore[misc]
    """What the SDK's `Client` is given. Used from many threads at once."""

    def __init__(self, *, total_s: float = TOTAL_S) -> None:
        """Open nothing yet."""
        super().__init__(logging.getLogger(__name__), is_async=False, timeout=total_s)
        self._total_s = total_s
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=_POOL, max_retries=0))
        self._here = threading.local()

    @contextmanager
    def one_go(self) -> Iterator[None]:
        """Let all requests of this thread in the block be over in time together."""
        self._here.deadline = monotonic() + self._total_s
        self._here.retry_after_s = None
        try:
            yield
        finally:
            self._here.deadline = None

    @property
    def retry_after_s(self) -> float | None:
        """How long the last answer of this thread asked us to wait, seconds."""
        value: float | None = getattr(self._here, "retry_after_s", None)
        return value

    def close(self) -> None:
        """Close idle connections."""
        self._session.close()

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """Make one request; an exception of `requests` when there is no answer in time."""
        deadline: float = getattr(self._here, "deadline", None) or monotonic() + (
            timeout or self._total_s
        )
        left_s = deadline - monotonic()
        if left_s <= 0:
            raise requests.exceptions.ConnectTimeout("no time left for another request")
        sent: dict[str, Any] = {"params": params, "data": data, "headers": headers, "auth": auth}
        with self._session.request(
            method.upper(),
            uri,
            **sent,
            timeout=(min(CONNECT_S, left_s), left_s),
            allow_redirects=allow_redirects,
            stream=True,
        ) as response:
            body = _read(response, deadline)
            self._here.retry_after_s = _seconds(response.headers.get("Retry-After"))
            text = body.decode(response.encoding or "utf-8", "replace")
            return Response(response.status_code, text, response.headers)


def _read(response: requests.Response, deadline: float) -> bytes:
    """Return the body, piece by piece as it comes, so that the time is looked at between."""
    body = bytearray()
    try:
        # Not `iter_content`: it waits until a piece is full.
        while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=True):
            body += chunk
            if monotonic() > deadline:
                raise requests.exceptions.ReadTimeout("the answer came too slowly")
            if len(body) > MOST_BYTES:
                raise requests.exceptions.ContentDecodingError("the answer is too long")
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ReadTimeout(str(error)) from None
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ConnectionError(str(error)) from None
    return bytes(body)


def _seconds(text: str | None) -> float | None:
    """Return the seconds in a Retry-After header; a date there is not worth the trouble."""
    if text is None or not (text.isascii() and text.isdecimal() and len(text) < 7):
        return None
    return min(float(text), _LONGEST_WAIT_S)

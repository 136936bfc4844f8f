"""One bounded HTTP POST to somebody we do not trust to be quick, or honest. Nothing is raised.

The whole call has one time limit, the answer is read to a bound and not unpacked, redirects are not
followed, and no proxy or password of the environment is used.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

import aiohttp

from core.clock import SystemClock

#: the whole call, wall seconds; shorter than a sender's lease
TIMEOUT_S = 10.0
_CONNECT_S = 4.0
#: so much of an answer is read
MOST_ANSWER_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back."""

    #: HTTP status; None when there was no answer
    code: int | None
    #: why there was none: our word or an exception's name, no personal data
    reason: str = ""
    #: False when the request certainly never left us
    may_have_arrived: bool = True
    content: bytes = b""
    location: str = ""
    #: how long we were asked to wait, wall seconds
    retry_after_s: float | None = None


def post(
    address: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = TIMEOUT_S
) -> Answer:
    """Post *body* once and return what came of it."""
    try:
        return asyncio.run(_post(address, body, headers, timeout_s))
    except aiohttp.ClientConnectorError:
        return Answer(code=None, reason="no_connection", may_have_arrived=False)
    except aiohttp.ConnectionTimeoutError:
        return Answer(code=None, reason="no_connection", may_have_arrived=False)
    except TimeoutError:
        return Answer(code=None, reason="timeout")
    except (aiohttp.InvalidURL, ValueError):
        return Answer(code=None, reason="bad_address", may_have_arrived=False)
    except (aiohttp.ClientError, OSError) as error:
        return Answer(code=None, reason=type(error).__name__)


async def _post(address: str, body: bytes, headers: Mapping[str, str], timeout_s: float) -> Answer:
    limit = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(_CONNECT_S, timeout_s))
    # An answer that unpacks to more than it weighs would get around the bound.
    async with (
        aiohttp.ClientSession(timeout=limit, auto_decompress=False, trust_env=False) as session,
        session.post(
            address,
            data=body,
            headers={"Accept-Encoding": "identity", "User-Agent": "aihuijia", **headers},
            allow_redirects=False,
        ) as response,
    ):
        return Answer(
            code=response.status,
            content=await _beginning(response),
            location=response.headers.get("Location", ""),
            retry_after_s=_seconds(response.headers.get("Retry-After", "")),
        )


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    answer = b""
    try:
        async for part in response.content.iter_any():
            answer += part
            if len(answer) >= MOST_ANSWER_BYTES:
                break
    except (aiohttp.ClientError, TimeoutError):
        return b""  # what counts is the status, and we have it
    return answer[:MOST_ANSWER_BYTES]


def _seconds(header: str) -> float | None:
    """Return the seconds that a Retry-After header names, as a number or as a date."""
    if header.isascii() and header.isdecimal() and len(header) < 10:
        return float(header)
    try:
        at = parsedate_to_datetime(header)
        return max(0.0, (at - SystemClock().now()).total_seconds())
    except (ValueError, TypeError):
        return None

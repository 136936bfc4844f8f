"""The signature of a request to Aliyun (ACS3-HMAC-SHA256), checked as its documentation says."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

from core.clock import SystemClock
from simulators.phone_network.aliyun_errors import AliyunError

_ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{_ALGORITHM} Credential=([^,]+),SignedHeaders=([a-z0-9;-]+),Signature=([0-9a-f]{{64}})"
)
#: these have to be signed, or a signature could be used for another request
_MUST_SIGN = frozenset(
    {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"}
)
_CLOCK_SKEW = timedelta(minutes=15)


class SignatureCheck:
    """Checks requests of one account; a nonce is good once."""

    def __init__(self, *, key_id: str, key_secret: str) -> None:
        """Know the account's key."""
        self._key_id = key_id
        self._key_secret = key_secret
        self._nonces: set[str] = set()

    def check(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        """Raise AliyunError unless the request was signed by the account, now, and once."""
        match = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if match is None:
            raise AliyunError(400, "IncompleteSignature", "The request is not signed.")
        key_id, names, signature = match.group(1), match.group(2).split(";"), match.group(3)
        if key_id != self._key_id:
            raise AliyunError(
                404, "InvalidAccessKeyId.NotFound", "Specified access key is unknown."
            )
        payload = hashlib.sha256(body).hexdigest()
        if not set(names) >= _MUST_SIGN or headers.get("x-acs-content-sha256") != payload:
            raise AliyunError(400, "IncompleteSignature", "Too little is signed.")
        request = "\n".join(
            [
                method,
                path,
                _canonical(query),
                *(f"{name}:{headers.get(name, '').strip()}" for name in names),
                "",
                ";".join(names),
                payload,
            ]
        )
        said = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
        expected = hmac.new(self._key_secret.encode(), said.encode(), hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, signature):
            raise AliyunError(400, "SignatureDoesNotMatch", "The signature does not fit.")
        self._check_once(headers)

    def _check_once(self, headers: Mapping[str, str]) -> None:
        try:
            at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise AliyunError(400, "InvalidTimeStamp.Format", "The time is no time.") from None
        # The SDK signs with the time on the wall, whatever the service's clock shows.
        if abs(SystemClock().now() - at) > _CLOCK_SKEW:
            raise AliyunError(400, "InvalidTimeStamp.Expired", "The time is too far from ours.")
        nonce = headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            raise AliyunError(400, "SignatureNonceUsed", "The nonce was used before.")
        self._nonces.add(nonce)


def _canonical(query: str) -> str:
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(text: str) -> str:
    return quote(text, safe="~")

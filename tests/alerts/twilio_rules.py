"""What Twilio's published OpenAPI file allows in the requests that we make, in our own words.

Read from twilio/twilio-oai, `spec/json/twilio_api_v2010.json`: CreateMessage, ListMessage,
CreateCall, ListCall. Bounds that stand only in its descriptions are rules here, too.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from tests.alerts.twilio_stand_in import Asked

Check = Callable[[str], bool]


def _number(value: str) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{1,14}", value) is not None


def _between(least: int, most: int) -> Check:
    return lambda value: value.isascii() and value.isdecimal() and least <= int(value) <= most


def _uri(value: str) -> bool:
    """An absolute address without characters that must be escaped; no underscore in the host."""
    parts = urlsplit(value)
    clean = re.fullmatch(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+", value) is not None
    is_web = parts.scheme in ("http", "https")
    return clean and is_web and bool(parts.hostname) and "_" not in (parts.hostname or "")


def _date_time(value: str) -> bool:
    if not value.endswith("Z"):
        return False
    try:
        datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return False
    return True


def _twiml(value: str) -> bool:
    """At most 4000 characters of XML with the verbs of a call."""
    if len(value) > 4000:
        return False
    try:
        root = ET.fromstring(value)
    except ET.ParseError:
        return False
    known = {"Response", "Say", "Gather", "Hangup", "Pause", "Redirect"}
    return root.tag == "Response" and {element.tag for element in root.iter()} <= known


def _one_of(*words: str) -> Check:
    return lambda value: value in words


_FLAG = _one_of("true", "false")
_METHOD = _one_of("GET", "POST")

_PAGING: dict[str, Check] = {
    "PageSize": _between(1, 1000),
    "Page": _between(0, 10**9),
    "PageToken": bool,
}
#: by method and resource: names, and what each value must be
NAMES: dict[tuple[str, str], dict[str, Check]] = {
    ("POST", "Messages"): {
        "To": _number,
        "From": _number,
        "Body": lambda value: 1 <= len(value) <= 1600,
        "StatusCallback": _uri,
        "ValidityPeriod": _between(1, 36_000),
        "ProvideFeedback": _FLAG,
        "SmartEncoded": _FLAG,
        "Attempt": _between(1, 10**6),
        "ContentRetention": _one_of("retain", "discard"),
        "AddressRetention": _one_of("retain", "obfuscate"),
        "RiskCheck": _one_of("enable", "disable"),
        "ScheduleType": _one_of("fixed"),
        "SendAt": _date_time,
        "MessagingServiceSid": lambda value: bool(re.fullmatch("MG[0-9a-fA-F]{32}", value)),
        "ContentSid": lambda value: bool(re.fullmatch("HX[0-9a-fA-F]{32}", value)),
        "ContentVariables": bool,
    },
    ("GET", "Messages"): {
        "To": _number,
        "From": _number,
        "DateSent": _date_time,
        "DateSent<": _date_time,
        "DateSent>": _date_time,
        **_PAGING,
    },
    ("POST", "Calls"): {
        "To": _number,
        "From": _number,
        "Twiml": _twiml,
        "Url": _uri,
        "Method": _METHOD,
        "FallbackUrl": _uri,
        "FallbackMethod": _METHOD,
        "StatusCallback": _uri,
        "StatusCallbackMethod": _METHOD,
        "StatusCallbackEvent": _one_of("initiated", "ringing", "answered", "completed"),
        "Timeout": _between(1, 600),
        "TimeLimit": _between(1, 14_400),
        "MachineDetection": _one_of("Enable", "DetectMessageEnd"),
        "MachineDetectionTimeout": _between(3, 59),
    },
    ("GET", "Calls"): {
        "To": _number,
        "From": _number,
        "Status": _one_of(
            "queued",
            "ringing",
            "in-progress",
            "canceled",
            "completed",
            "failed",
            "busy",
            "no-answer",
        ),
        "StartTime": _date_time,
        "StartTime<": _date_time,
        "StartTime>": _date_time,
        "EndTime": _date_time,
        "EndTime<": _date_time,
        "EndTime>": _date_time,
        **_PAGING,
    },
}
#: these must be there; of several names in one group at least one
REQUIRED: dict[tuple[str, str], tuple[frozenset[str], ...]] = {
    ("POST", "Messages"): (
        frozenset({"To"}),
        frozenset({"From", "MessagingServiceSid"}),
        frozenset({"Body", "MediaUrl", "ContentSid"}),
    ),
    ("POST", "Calls"): (
        frozenset({"To"}),
        frozenset({"From"}),
        frozenset({"Url", "Twiml", "ApplicationSid"}),
    ),
}
#: only these may come several times
_LISTS = frozenset({"StatusCallbackEvent", "MediaUrl", "PersistentAction"})


def breaches(asked: Asked) -> Iterator[str]:
    """Yield what is wrong with one request, nothing when it is allowed."""
    found = re.fullmatch(
        r"/2010-04-01/Accounts/AC[0-9a-fA-F]{32}/(Messages|Calls)\.json", asked.path
    )
    key = (asked.method, found.group(1) if found else "")
    if key not in NAMES:
        yield f"no such operation: {asked.method} {asked.path}"
        return
    if asked.method == "POST":
        kind = asked.headers.get("Content-Type", "")
        if kind.partition(";")[0] != "application/x-www-form-urlencoded":
            yield f"content type {kind}"
    if not asked.headers.get("Authorization", "").startswith("Basic "):
        yield "no basic authentication"
    names = [name for name, _ in asked.pairs]
    for name, value in asked.pairs:
        check = NAMES[key].get(name)
        if check is None:
            yield f"no such parameter: {name}"
        elif not check(value):
            yield f"{name} may not be {value[:60]!r}"
    for name in {name for name in names if names.count(name) > 1} - _LISTS:
        yield f"{name} comes twice"
    for group in REQUIRED.get(key, ()):
        if not group & set(names):
            yield f"missing: {' or '.join(sorted(group))}"

"""What Aliyun's reports say, as arrivals of ours. Pure.

One item of a batch is an SMS's report (SmsReport), a text from somebody (SmsUp), the end of a call
(VoiceReport, with all keys pressed) or a step of it (VoiceCallReport, with one key). A batch comes
again when our thanks are late, and one item may come in several: its key is made of what it says.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.channels.aliyun_errors import call_outcome, call_progress, sms_outcome
from alerts.channels.mainland import e164

#: what only the end of a call has
_ENDS = ("duration", "end_time", "callee", "voice_type")
_LONGEST_TEXT = 1600

Item = Mapping[str, Any]
#: returns {notification or notice, number} of a token, None when it is none
ReadToken = Callable[[str], Mapping[str, int] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One thing for the inbox."""

    event_key: str
    kind: str
    body: dict[str, Any]


def of_sms(item: Item, read_token: ReadToken) -> list[Arrived]:
    """Return the receipt in an item of SmsReport."""
    whose, biz_id = read_token(_text(item, "out_id")), _text(item, "biz_id")
    if whose is None or not biz_id:
        return [unreadable(item)]
    code = _text(item, "err_code")
    status, trouble = sms_outcome(_is_true(item.get("success")), code)
    return [
        Arrived(
            event_key=f"sms:{biz_id}:{status}:{code}",
            kind="receipt",
            body={
                **whose,
                "provider_id": biz_id,
                "status": status,
                "error": None if status == "delivered" else code or status,
                "trouble": trouble and trouble.value,
            },
        )
    ]


def of_text(item: Item) -> list[Arrived]:
    """Return the reply in an item of SmsUp."""
    number, sequence = _text(item, "phone_number"), _text(item, "sequence_id")
    if not number:
        return [unreadable(item)]
    # Without a number of its own, the same words at the same second are the same text.
    key = sequence or _digest([number, item.get("send_time"), item.get("content")])
    body = {"from": e164(number), "text": str(item.get("content", ""))[:_LONGEST_TEXT]}
    return [Arrived(event_key=f"up:{key}", kind="reply", body=body)]


def of_call(item: Item, read_token: ReadToken) -> list[Arrived]:
    """Return the receipt, and the key pressed, in an item of VoiceReport or VoiceCallReport."""
    token, call_id = _text(item, "out_id"), _text(item, "call_id")
    whose = read_token(token)
    if whose is None or not call_id:
        return [unreadable(item)]
    code, key = _text(item, "status_code"), _decisive(_text(item, "dtmf"))
    found = []
    if key:
        # In the step and again at the end: the same key of a call counts once.
        body = {"token": token, "key": key}
        found.append(Arrived(event_key=f"key:{call_id}:{key}", kind="keypress", body=body))
    if any(name in item for name in _ENDS):
        smart = _text(item, "smart_status_code")
        status, trouble = call_outcome(code, smart, key_pressed=bool(_text(item, "dtmf")))
        error = None if status == "completed" else smart or code
    else:
        progress = call_progress(code)
        if progress is None:
            return found
        status, trouble, error = progress, None, None
    receipt = {
        **whose,
        "provider_id": call_id,
        "status": status,
        "error": error,
        "trouble": trouble and trouble.value,
    }
    return [
        *found,
        Arrived(event_key=f"call:{call_id}:{status}:{code}", kind="receipt", body=receipt),
    ]


def unreadable(item: Any) -> Arrived:
    """Return what is kept of an item that nobody can use: of another program, or of a test."""
    words = json.dumps(item, ensure_ascii=False, default=str)
    return Arrived(
        event_key=f"unreadable:{_digest(item)}", kind="unreadable", body={"item": words[:500]}
    )


def _decisive(keys: str) -> str:
    """Return the last key that says something: 9 only asks to hear it again."""
    pressed = re.sub(r"[^0-8]", "", keys)
    return pressed[-1:]


def _text(item: Item, name: str) -> str:
    value = item.get(name)
    return "" if value is None or isinstance(value, dict | list) else str(value).strip()[:100]


def _is_true(value: Any) -> bool:
    return value is True or str(value).lower() == "true"


def _digest(value: Any) -> str:
    words = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(words.encode()).hexdigest()[:32]

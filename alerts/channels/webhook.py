"""Post one signed event to an agency's system. Every failure is a reply, nothing raised."""

import json
from collections.abc import Mapping

from alerts.channels.posting import post as post_bounded
from alerts.relays import Reply
from alerts.webhooks import receipt_in


def post(address: str, body: bytes, headers: Mapping[str, str]) -> Reply:
    """Post *body* once and return what came of it; takes at most about 10 s."""
    answer = post_bounded(address, body, {"Content-Type": "application/json", **headers})
    if answer.code is None:
        return Reply(code=None, reason=answer.reason)
    if 200 <= answer.code < 300:
        return Reply(code=answer.code, receipt=_receipt(answer.content))
    reason = "redirect" if 300 <= answer.code < 400 else "refused"
    return Reply(code=answer.code, reason=reason, retry_after_s=answer.retry_after_s)


def _receipt(content: bytes) -> str:
    try:
        return receipt_in(json.loads(content))
    except (ValueError, RecursionError):
        return ""

"""Calls through Aliyun: an approved text is read aloud; a call that asks has a menu of keys.

Keys and the end of a call come back in reports, told by `OutId`. A call in doubt cannot be looked
up: Aliyun tells of calls by its own id only, which is what we do not have then.
"""

from datetime import datetime
from typing import Any

from alerts.channels.aliyun import NOT_MAINLAND, AliyunAccount, asked, no_template, spelled
from alerts.channels.mainland import landline, mobile
from alerts.channels.sender import Outgoing
from core.notifications import AttemptResult, Finding, Found, SendResult

#: said twice: who was asleep missed the first
PLAY_TIMES = 2
#: how long a call listens for a key after each reading, milliseconds
LISTENS_MS = 8000
#: names of what a key is answered with; 9 says the whole again
KEY_TEMPLATES = {"1": "say_key_1", "2": "say_key_2"}


class AliyunVoice:
    """The voice channel."""

    provider = "aliyun"

    def __init__(self, account: AliyunAccount) -> None:
        """Call through *account*."""
        self._account = account

    def send(self, message: Outgoing) -> SendResult:
        """Have Aliyun place one call."""
        number = mobile(message.to) or landline(message.to)
        if number is None:
            return NOT_MAINLAND
        name = f"say_{message.template}"
        code = self._account.code(name)
        if code is None:
            return no_template(name)
        if message.answerable:
            for answer_name in KEY_TEMPLATES.values():
                if self._account.code(answer_name) is None:
                    return no_template(answer_name)
        place = self._with_menu if message.answerable else self._without
        answer = asked(lambda: place(message, number, code), self._account.total_s)
        if isinstance(answer, SendResult):
            return answer
        if not answer.get("CallId"):
            return SendResult(result=AttemptResult.AMBIGUOUS, reason="no_call_id")
        return SendResult(result=AttemptResult.ACCEPTED, provider_id=str(answer["CallId"])[:80])

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Say that nobody can be asked."""
        del message, requested_at
        return Finding(found=Found.CANNOT_ASK)

    def _with_menu(self, message: Outgoing, number: str, code: str) -> Any:
        from alibabacloud_dyvmsapi20170525.models import IvrCallRequest, IvrCallRequestMenuKeyMap
        from darabonba.runtime import RuntimeOptions

        said = spelled(message.values)
        menu = [
            IvrCallRequestMenuKeyMap(key=key, code=self._account.code(name))
            for key, name in KEY_TEMPLATES.items()
        ]
        request = IvrCallRequest(
            called_number=number,
            called_show_number=self._account.show_number,
            start_code=code,
            start_tts_params=said,
            play_times=PLAY_TIMES,
            timeout=LISTENS_MS,
            menu_key_map=[*menu, IvrCallRequestMenuKeyMap(key="9", code=code, tts_params=said)],
            out_id=message.token,  # at most 15 bytes, unlike an SMS's
        )
        return self._account.voice.ivr_call_with_options(request, RuntimeOptions())

    def _without(self, message: Outgoing, number: str, code: str) -> Any:
        from alibabacloud_dyvmsapi20170525.models import SingleCallByTtsRequest
        from darabonba.runtime import RuntimeOptions

        request = SingleCallByTtsRequest(
            called_number=number,
            called_show_number=self._account.show_number,
            tts_code=code,
            tts_param=spelled(message.values),
            play_times=PLAY_TIMES,
            out_id=message.token,
        )
        return self._account.voice.single_call_by_tts_with_options(request, RuntimeOptions())

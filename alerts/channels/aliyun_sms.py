"""SMS through Aliyun: signature, approved template, short variables; mainland numbers only.

A send is not idempotent. `OutId` carries our token, comes back with the report and is told when the
messages of a number and a day are asked for: what was in doubt is found again.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from alerts.channels.aliyun import NOT_MAINLAND, AliyunAccount, asked, no_template, spelled
from alerts.channels.mainland import landline, mobile
from alerts.channels.sender import Outgoing
from core.clock import LOCAL_ZONE, monotonic
from core.notifications import AttemptResult, Finding, Found, SendResult

#: the most that Aliyun lists at once; nobody gets more in a day
_PAGE = 50
_MOST_PAGES = 4
#: a message asked for around midnight may be listed under the other day
_AROUND_MIDNIGHT = timedelta(minutes=2)


class AliyunSms:
    """The SMS channel."""

    provider = "aliyun"

    def __init__(self, account: AliyunAccount) -> None:
        """Send through *account*."""
        self._account = account

    def send(self, message: Outgoing) -> SendResult:
        """Hand one SMS to Aliyun."""
        from alibabacloud_dysmsapi20170525.models import SendSmsRequest

        number = mobile(message.to)
        if number is None:
            if landline(message.to) is not None:
                return SendResult(result=AttemptResult.PERMANENT, reason="landline")
            return NOT_MAINLAND
        code = self._account.code(message.template)
        if code is None:
            return no_template(message.template)
        request = SendSmsRequest(
            phone_numbers=number,
            sign_name=self._account.sign_name,
            template_code=code,
            template_param=spelled(message.values),
            out_id=message.token,
        )
        answer = asked(
            lambda: self._account.sms.send_sms_with_options(request, _once()),
            self._account.total_s,
        )
        if isinstance(answer, SendResult):
            return answer
        if not answer.get("BizId"):
            return SendResult(result=AttemptResult.AMBIGUOUS, reason="no_biz_id")
        return SendResult(result=AttemptResult.ACCEPTED, provider_id=str(answer["BizId"])[:80])

    def find(self, message: Outgoing, *, requested_at: datetime) -> Finding:
        """Look for *message* among those Aliyun has for its number, told by its token.

        Aliyun does not tell the id that it would have given back.
        """
        number = mobile(message.to)
        if number is None:
            return Finding(found=Found.NO)
        deadline = monotonic() + self._account.total_s
        around = (requested_at - _AROUND_MIDNIGHT, requested_at + _AROUND_MIDNIGHT)
        for day in sorted({f"{at.astimezone(LOCAL_ZONE):%Y%m%d}" for at in around}):
            found = self._find_on(day, number, message.token, deadline)
            if found is not Found.NO:
                return Finding(found=found)
        return Finding(found=Found.NO)

    def _find_on(self, day: str, number: str, token: str, deadline: float) -> Found:
        for page in range(1, _MOST_PAGES + 1):
            left_s = deadline - monotonic()
            if left_s <= 0:
                return Found.CANNOT_ASK
            answer = asked(partial(self._list, day, number, page), left_s)
            if isinstance(answer, SendResult):
                return Found.CANNOT_ASK
            listed = (answer.get("SmsSendDetailDTOs") or {}).get("SmsSendDetailDTO") or []
            if any(item.get("OutId") == token for item in listed):
                return Found.YES
            if len(listed) < _PAGE:
                return Found.NO
        return Found.CANNOT_ASK

    def _list(self, day: str, number: str, page: int) -> Any:
        from alibabacloud_dysmsapi20170525.models import QuerySendDetailsRequest

        request = QuerySendDetailsRequest(
            phone_number=number, send_date=day, page_size=_PAGE, current_page=page
        )
        return self._account.sms.query_send_details_with_options(request, _once())


def _once() -> Any:
    """Return the SDK's options of one request: the account's, and no second try."""
    from darabonba.runtime import RuntimeOptions

    return RuntimeOptions()

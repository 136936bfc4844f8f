"""SMS that Aliyun took: the same people, the same record, reports of its own form."""

import re
from collections.abc import Mapping
from typing import Any

from simulators.phone_network.aliyun_account import AliyunAccount, Details, local, stamp
from simulators.phone_network.aliyun_errors import business
from simulators.phone_network.aliyun_push import Push
from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import Fault
from simulators.phone_network.messages import Messages
from simulators.phone_network.record import Happened
from simulators.phone_network.resources import Message

_NUMBER = re.compile(r"(?:\+?86|0086)?(1\d{10})")


class AliyunMessages(Messages):
    """All SMS of the account."""

    def __init__(self, exchange: Exchange, account: AliyunAccount, push: Push) -> None:
        """Work inside *exchange*; reports go through *push*."""
        super().__init__(exchange)
        self._account = account
        self._push = push
        self.details: dict[str, Details] = {}
        self._sequence = 0

    def take_sms(self, query: Mapping[str, str], fault: Fault) -> Message:
        """Accept one SMS; AliyunError when it is refused."""
        account, exchange = self._account, self._exchange
        number = _NUMBER.fullmatch(query.get("PhoneNumbers", ""))
        if number is None:
            raise business("isv.MOBILE_NUMBER_ILLEGAL", "非法手机号")
        if query.get("SignName") != account.sign_name:
            raise business("isv.SMS_SIGNATURE_ILLEGAL", "签名不合法")
        code = query.get("TemplateCode", "")
        body = f"【{account.sign_name}】{account.said(code, query.get('TemplateParam', ''))}"
        message = self._add(
            to=f"+86{number.group(1)}", sender=account.line, body=body, direction="outbound-api"
        )
        message.struck, out_id = exchange.struck, query.get("OutId", "")
        self.details[message.sid] = Details(out_id=out_id, code=code)
        exchange.record.add(
            Happened.MESSAGE_ACCEPTED,
            sid=message.sid,
            to=message.to,
            sender=account.line,
            body=body,
            status_callback="",
            direction=message.direction,
            fault=fault.value,
            provider="aliyun",
            token=out_id,
            template=code,
        )
        exchange.agenda.start(self._live(message, fault))
        return message

    def sent_to(self, number: str, day: str) -> list[Message]:
        """Return the SMS to a number (11 digits) on a day (yyyymmdd), the newest first."""
        return [
            message
            for message in reversed(self.all.values())
            if message.sid in self.details
            and message.to == f"+86{number}"
            and f"{local(message.created_at):%Y%m%d}" == day
        ]

    def _becomes(self, message: Message, status: str, fault: Fault = Fault.NONE) -> None:
        exchange = self._exchange
        message.status, message.updated_at = status, exchange.clock.now()
        exchange.record.add(Happened.MESSAGE_STATUS, sid=message.sid, to=message.to, status=status)
        details = self.details.get(message.sid)
        if details is None or status not in ("delivered", "undelivered"):
            return
        is_there = status == "delivered"
        details.err_code = "DELIVERED" if is_there else "MOBILE_NOT_ON_SERVICE"
        item = {
            "phone_number": message.to.removeprefix("+86"),
            "send_time": stamp(message.created_at),
            "report_time": stamp(message.updated_at),
            "success": is_there,
            "err_code": details.err_code,
            "err_msg": "用户接收成功" if is_there else "手机号不在服务",
            "sms_size": str(-(-len(message.body) // 70)),
            "biz_id": message.sid,
            "out_id": details.out_id,
        }
        if fault is not Fault.NO_RECEIPTS:
            self._push.report("sms-report", item, message.struck.receipts)

    async def text_in(self, number: str, text: str) -> Message:
        """Let the person at *number* text the service; return the SMS once it was pushed."""
        exchange = self._exchange
        message = self._add(to=self._account.line, sender=number, body=text, direction="inbound")
        exchange.record.add(Happened.TEXT_SENT, sid=message.sid, number=number, body=text)
        self._sequence += 1
        item = {
            "phone_number": number.removeprefix("+86"),
            "send_time": stamp(message.created_at),
            "content": text,
            "sign_name": self._account.sign_name,
            "dest_code": "121",
            "sequence_id": self._sequence,
        }
        self._push.report("sms-up", item)
        return message


def told(message: Message, details: Details) -> dict[str, Any]:
    """Return one message as QuerySendDetails lists it."""
    state = {"delivered": 3, "undelivered": 2}.get(message.status, 1)
    return {
        "PhoneNum": message.to.removeprefix("+86"),
        "SendStatus": state,
        "ErrCode": details.err_code,
        "TemplateCode": details.code,
        "Content": message.body,
        "SendDate": stamp(message.created_at),
        "ReceiveDate": stamp(message.updated_at) if state != 1 else "",
        "OutId": details.out_id,
    }

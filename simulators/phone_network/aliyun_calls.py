"""Calls that Aliyun took: a menu of keys, and a report of each step and of the end."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from simulators.phone_network.aliyun_account import AliyunAccount, Details, stamp
from simulators.phone_network.aliyun_errors import business
from simulators.phone_network.aliyun_messages import AliyunMessages
from simulators.phone_network.aliyun_push import Push
from simulators.phone_network.calls import Calls
from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import Fault
from simulators.phone_network.people import Memory, Person
from simulators.phone_network.record import Happened
from simulators.phone_network.resources import Call
from simulators.phone_network.twiml import Gather, Say, Verb, read_script

_CALLED = re.compile(r"1\d{10}|0[1-9]\d{8,10}")

#: how a call's end is reported
_ENDS = {"completed": "200000", "no-answer": "200003", "busy": "200005", "failed": "200004"}
_STEPS = {"initiated": "200101", "ringing": "200201", "answered": "200102", "completed": "200100"}


@dataclass(slots=True, kw_only=True)
class Menu:
    """What a call does when a key is pressed."""

    #: what is said, by key; a key that is missing is not understood
    answers: dict[str, str] = field(default_factory=dict)
    #: this one says the whole again
    again: str = ""


class AliyunCalls(Calls):
    """All calls of the account."""

    def __init__(
        self, exchange: Exchange, account: AliyunAccount, push: Push, messages: AliyunMessages
    ) -> None:
        """Work inside *exchange*; people text through *messages* after a call."""
        super().__init__(exchange, messages)
        self._account = account
        self._push = push
        self.details: dict[str, Details] = {}
        self._menus: dict[str, Menu] = {}

    def take_call(self, query: Mapping[str, str], fault: Fault) -> Call:
        """Accept one call, with a menu (`IvrCall`) or without; AliyunError when it is refused."""
        account, exchange = self._account, self._exchange
        called = query.get("CalledNumber", "")
        if not _CALLED.fullmatch(called):
            raise business("isv.MOBILE_NUMBER_ILLEGAL", "号码格式非法")
        if query.get("CalledShowNumber") != account.show_number:
            raise business("isv.DISPLAY_NUMBER_ILLEGAL", "号显不合法")
        has_menu = "StartCode" in query
        code = query.get("StartCode" if has_menu else "TtsCode", "")
        said = account.said(code, query.get("StartTtsParams" if has_menu else "TtsParam", ""))
        if has_menu and len(query.get("OutId", "").encode()) > 15:
            raise business("isv.INVALID_PARAMETERS", "OutId 1-15 字节")
        times = int(query.get("PlayTimes", "1"))
        if not 1 <= times <= 3:
            raise business("isv.INVALID_PARAMETERS", "PlayTimes 1-3")
        menu = self._menu(query)
        now = exchange.clock.now()
        call = Call(
            sid=exchange.new_sid("CA"),
            account_sid=account.key_id,
            to=f"+86{called.removeprefix('0')}",
            sender=account.show_number,
            twiml=_script(said, times, float(query.get("Timeout", "5000")) / 1000, has_menu),
            url="",
            status="queued",
            created_at=now,
            updated_at=now,
            timeout_s=45.0,
            wants_detection=True,
            struck=exchange.struck,
        )
        call.fate = asyncio.get_running_loop().create_future()
        self.all[call.sid] = call
        self._menus[call.sid] = menu
        self.details[call.sid] = Details(out_id=query.get("OutId", ""), code=code)
        exchange.record.add(
            Happened.CALL_ACCEPTED,
            sid=call.sid,
            to=call.to,
            sender=call.sender,
            twiml=call.twiml,
            status_callback="",
            fault=fault.value,
            provider="aliyun",
            token=query.get("OutId", ""),
            template=code,
        )
        exchange.agenda.start(self._live(call, fault))
        return call

    def _menu(self, query: Mapping[str, str]) -> Menu:
        menu = Menu()
        for number in range(1, 13):
            key, code = (
                query.get(f"MenuKeyMap.{number}.Key"),
                query.get(f"MenuKeyMap.{number}.Code"),
            )
            if key is None or code is None:
                break
            menu.answers[key] = self._account.said(
                code, query.get(f"MenuKeyMap.{number}.TtsParams", "")
            )
            if code == query.get("StartCode"):
                menu.again = key
        return menu

    async def _send_key(
        self, call: Call, gather: Gather, key: str, person: Person, memory: Memory | None
    ) -> tuple[Verb, ...]:
        del gather
        self._exchange.record.add(Happened.KEY_PRESSED, sid=call.sid, number=call.to, key=key)
        details, menu = self.details[call.sid], self._menus[call.sid]
        details.keys += key
        self._step(call, "300000", dtmf=key)
        if key == menu.again:
            return read_script(call.twiml)
        is_answer = key in ("1", "2")
        if memory is not None and is_answer and not memory.acted and not person.in_hand:
            memory.acted = True
            self._messages.follow_up(person, memory)
        answer = menu.answers.get(key)
        return (Say(text=answer),) if answer else ()

    def _becomes(self, call: Call, event: str, fault: Fault) -> None:
        exchange = self._exchange
        call.updated_at = exchange.clock.now()
        exchange.record.add(Happened.CALL_STATUS, sid=call.sid, to=call.to, status=call.status)
        if fault is Fault.NO_RECEIPTS:
            return
        self._step(call, _STEPS[event])
        if event == "completed":
            is_off = fault is Fault.UNDELIVERED or exchange.person(call.to).phone_is_off
            self._end(call, "200010" if is_off else _ENDS[call.status])
            while call.held:
                self._report(call, dict(call.held.pop()), at_once=True)

    def _step(self, call: Call, code: str, **more: str) -> None:
        """Push a VoiceCallReport."""
        item = {
            "status_code": code,
            "status_time": stamp(self._exchange.clock.now()),
            "out_id": self.details[call.sid].out_id,
            "call_id": call.sid,
        }
        self._report(call, {**item, **more}, at_once=False)

    def _report(self, call: Call, item: dict[str, str], *, at_once: bool) -> None:
        """Push one item, or keep it until the call is over where the last comes first."""
        if call.struck.receipts.reversed and not at_once:
            call.held.append(item)
        else:
            self._push.report("voice-report", item, call.struck.receipts)

    def _end(self, call: Call, code: str) -> None:
        """Push a VoiceReport."""
        details, ended = self.details[call.sid], call.ended_at or self._exchange.clock.now()
        item = {
            "status_code": code,
            "callee": call.to.removeprefix("+86"),
            "caller": call.sender,
            "originate_time": stamp(call.created_at),
            "b_start_time": stamp(call.started_at) if call.started_at else "",
            "end_time": stamp(ended),
            "duration": str(call.duration_s),
            "voice_type": "voice",
            "call_id": call.sid,
            "status_msg": "执行完成",
            "out_id": details.out_id,
            "dtmf": details.keys,
            "toll_type": "LOCAL",
        }
        if call.answered_by is not None:
            by_machine = call.answered_by.startswith("machine")
            item["smart_status_code"] = "CALL_FORWARDING" if by_machine else "ANSWERED"
        self._report(call, item, at_once=True)


def _script(said: str, times: int, listens_s: float, has_menu: bool) -> str:
    words = f"<Say>{escape(said)}</Say>"
    if not has_menu:
        return f"<Response>{words * times}</Response>"
    ask = f'<Gather numDigits="1" timeout="{listens_s:g}" action="">{words}</Gather>'
    return f"<Response>{ask * times}</Response>"

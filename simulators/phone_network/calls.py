"""The life of a call: dialling, ringing, picked up or not, the script, the key, the end."""

import asyncio
from collections.abc import Mapping
from email.utils import format_datetime
from urllib.parse import urlsplit

from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import Fault
from simulators.phone_network.messages import E164, Messages
from simulators.phone_network.people import Memory, Person
from simulators.phone_network.postman import post_receipt
from simulators.phone_network.record import Happened, token_in
from simulators.phone_network.resources import API_VERSION, Call, ProviderError, check_callback
from simulators.phone_network.twiml import Gather, HangUp, Pause, Redirect, Say, Verb, read_script

#: seconds of service time from taking a call to the first ring
DIALS_S = (0.5, 2.0)
#: a call's script may lead on to another this often
_MOST_SCRIPTS = 8


class Calls:
    """All calls of the account."""

    def __init__(self, exchange: Exchange, messages: Messages) -> None:
        """Work inside *exchange*; people text through *messages* after a call."""
        self._exchange = exchange
        self._messages = messages
        self.all: dict[str, Call] = {}

    # -- from the service ------------------------------------------------------------------------

    def take(self, form: Mapping[str, str], callback_events: list[str]) -> tuple[Call, Fault]:
        """Accept one call as the provider's API does; ProviderError when it is refused."""
        exchange = self._exchange
        to, sender = form.get("To", ""), form.get("From", "")
        fault = exchange.admit("calls", to)
        twiml, url = form.get("Twiml", ""), form.get("Url", "")
        if not to:
            raise ProviderError(400, 21201, "No 'To' number is specified")
        if not E164.match(to):
            raise ProviderError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if sender != exchange.account.number:
            raise ProviderError(400, 21210, "The 'From' number is not verified for this account.")
        if not twiml and urlsplit(url).scheme not in ("http", "https"):
            raise ProviderError(400, 21205, "Url parameter is required or not a valid URL.")
        check_callback(form.get("StatusCallback", ""))
        now = exchange.clock.now()
        call = Call(
            sid=exchange.new_sid("CA"),
            account_sid=exchange.account.sid,
            to=to,
            sender=sender,
            twiml=twiml,
            url=url,
            status="queued",
            created_at=now,
            updated_at=now,
            timeout_s=float(form.get("Timeout", "60")),
            status_callback=form.get("StatusCallback", ""),
            callback_events=tuple(callback_events) or ("completed",),
            wants_detection=form.get("MachineDetection", "") in ("Enable", "DetectMessageEnd"),
            struck=exchange.struck,
        )
        call.fate = asyncio.get_running_loop().create_future()
        self.all[call.sid] = call
        exchange.record.add(
            Happened.CALL_ACCEPTED,
            sid=call.sid,
            to=to,
            sender=sender,
            twiml=twiml,
            status_callback=call.status_callback,
            fault=fault.value,
            provider="twilio",
            token=token_in(call.status_callback),
        )
        exchange.agenda.start(self._live(call, fault))
        return call, fault

    # -- what somebody at the demonstration does -------------------------------------------------

    def pick_up(self, call: Call) -> None:
        """Answer a ringing call."""
        _settle(call, "answered")

    def press(self, call: Call, key: str) -> None:
        """Press *key*, picking up first if it still rings."""
        self.pick_up(call)
        if call.key is None or call.key.done():
            call.key = asyncio.get_running_loop().create_future()
        call.key.set_result(key)

    def hang_up(self, call: Call) -> None:
        """Refuse a ringing call or end a running one."""
        _settle(call, "busy")
        if call.key is not None and not call.key.done():
            call.key.set_result(None)

    # -- the life --------------------------------------------------------------------------------

    async def _live(self, call: Call, fault: Fault) -> None:
        exchange = self._exchange
        assert call.fate is not None
        self._becomes(call, "initiated", fault)
        await exchange.agenda.sleep(exchange.rng.uniform(*DIALS_S))
        call.status = "ringing"
        self._becomes(call, "ringing", fault)
        # The script at an address is only asked for when somebody picks up.
        words = read_script(call.twiml) if call.twiml else ()
        call.heard = " ".join(verb.text for verb in words if isinstance(verb, Say | Gather))
        person = exchange.person(call.to)
        memory = person.reminded_by(call.heard) if fault is not Fault.UNDELIVERED else None
        if fault is Fault.UNDELIVERED and call.struck.code is not None:
            call.error_code = call.struck.code
            _settle(call, "failed")
        self._phone_rings(call, person, memory)
        exchange.agenda.later(call.timeout_s, lambda: _settle(call, "no-answer"))
        fate = await call.fate
        if fate in ("answered", "machine"):
            by_machine = fate == "machine"
            if call.wants_detection:
                call.answered_by = "machine_start" if by_machine else "human"
            call.status, call.started_at = "in-progress", exchange.clock.now()
            self._becomes(call, "answered", fault)
            if not call.twiml:
                words = await self._fetch_script(call, call.url)
            await self._play(call, words, person, None if by_machine else memory)
            fate = "completed"
        call.status, call.ended_at = fate, exchange.clock.now()
        self._becomes(call, "completed", fault)

    def _phone_rings(self, call: Call, person: Person, memory: Memory | None) -> None:
        if memory is None or person.phone_is_off:
            return
        memory.calls += 1
        habit, later = memory.habit, self._exchange.agenda.later

        def does(fate: str) -> None:
            if not person.in_hand:
                _settle(call, fate)

        if habit.call is not None and memory.calls > habit.call.misses and not memory.acted:
            later(habit.call.after_s, lambda: does("answered"))
        elif habit.declines_call_after_s is not None:
            later(habit.declines_call_after_s, lambda: does("busy"))
        elif habit.voicemail_after_s is not None:
            later(habit.voicemail_after_s, lambda: does("machine"))

    async def _fetch_script(
        self, call: Call, url: str, extra: Mapping[str, str] | None = None
    ) -> tuple[Verb, ...]:
        answer = await self._exchange.webhooks.post(url, {**self._params(call), **(extra or {})})
        if not answer.ok or not answer.body.strip():
            return ()
        return read_script(answer.body, base_url=url)

    async def _play(
        self, call: Call, verbs: tuple[Verb, ...], person: Person, memory: Memory | None
    ) -> None:
        agenda = self._exchange.agenda
        for _ in range(_MOST_SCRIPTS):
            following: tuple[Verb, ...] | None = None
            for verb in verbs:
                match verb:
                    case Say() | Pause():
                        await agenda.sleep(min(verb.lasts_s, 20.0))
                    case Gather():
                        key = await self._listen(call, verb, person, memory)
                        if key is not None:
                            following = await self._send_key(call, verb, key, person, memory)
                            break
                        if call.key is not None and call.key.done():
                            return  # hung up
                    case Redirect():
                        following = await self._fetch_script(call, verb.url)
                        break
                    case HangUp():
                        return
            if following is None:
                return
            verbs = following

    async def _listen(
        self, call: Call, gather: Gather, person: Person, memory: Memory | None
    ) -> str | None:
        """Return the key pressed while *gather* listens, None when it heard none."""
        if call.key is None or (call.key.done() and call.key.result() is None):
            call.key = asyncio.get_running_loop().create_future()
        waiting = call.key
        later = self._exchange.agenda.later
        pick_up = memory.habit.call if memory is not None else None
        if pick_up is not None and memory is not None and not memory.acted:
            key_now = pick_up.key[call.keys_pressed : call.keys_pressed + 1]
            if key_now:
                later(
                    pick_up.listens_s, lambda: None if person.in_hand else _press(waiting, key_now)
                )
        silent = asyncio.get_running_loop().create_future()
        later(gather.lasts_s, lambda: None if silent.done() else silent.set_result(None))
        await asyncio.wait({waiting, silent}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            return None
        key = waiting.result()
        if key is not None:
            call.key = None  # the next menu waits for its own key
            call.keys_pressed += 1
        return key

    async def _send_key(
        self, call: Call, gather: Gather, key: str, person: Person, memory: Memory | None
    ) -> tuple[Verb, ...]:
        self._exchange.record.add(Happened.KEY_PRESSED, sid=call.sid, number=call.to, key=key)
        is_answer = key in ("1", "2")
        if memory is not None and is_answer and not memory.acted and not person.in_hand:
            memory.acted = True
            self._messages.follow_up(person, memory)
        return await self._fetch_script(
            call,
            gather.action,
            {"Digits": key, "FinishedOnKey": "", "msg": "Gather End"},
        )

    # -- telling the service ---------------------------------------------------------------------

    def _becomes(self, call: Call, event: str, fault: Fault) -> None:
        exchange = self._exchange
        call.updated_at = exchange.clock.now()
        exchange.record.add(Happened.CALL_STATUS, sid=call.sid, to=call.to, status=call.status)
        if (
            not call.status_callback
            or event not in call.callback_events
            or fault is Fault.NO_RECEIPTS
        ):
            return
        params = self._params(call) | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.callbacks_sent),
            "Timestamp": format_datetime(call.updated_at),
        }
        if call.is_over:
            params |= {
                "CallDuration": str(call.duration_s),
                "Duration": str(-(-call.duration_s // 60)),
            }
            if call.error_code is not None:
                params["ErrorCode"] = str(call.error_code)
        call.callbacks_sent += 1
        post_receipt(
            exchange,
            call.status_callback,
            params,
            call.struck.receipts,
            call.held,
            is_last=call.is_over,
        )

    def _params(self, call: Call) -> dict[str, str]:
        return {
            "AccountSid": call.account_sid,
            "ApiVersion": API_VERSION,
            "CallSid": call.sid,
            "CallStatus": "queued" if call.status == "initiated" else call.status,
            "Called": call.to,
            "Caller": call.sender,
            "Direction": "outbound-api",
            "From": call.sender,
            "To": call.to,
        } | ({"AnsweredBy": call.answered_by} if call.answered_by else {})


def _settle(call: Call, fate: str) -> None:
    """Decide a ringing call, unless it is decided."""
    if call.fate is not None and not call.fate.done():
        call.fate.set_result(fate)


def _press(waiting: "asyncio.Future[str | None]", key: str) -> None:
    if not waiting.done():
        waiting.set_result(key)

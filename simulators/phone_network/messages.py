"""The life of an SMS: taken, sent, delivered, read, answered."""

import functools
import re
from collections.abc import Mapping
from html import unescape
from urllib.parse import urlsplit

from simulators.phone_network.exchange import Exchange
from simulators.phone_network.faults import Fault
from simulators.phone_network.people import (
    Memory,
    OpensLink,
    Person,
    case_number_in,
    is_ask,
    link_in,
)
from simulators.phone_network.postman import post_receipt
from simulators.phone_network.record import Happened, token_in
from simulators.phone_network.resources import (
    API_VERSION,
    Message,
    ProviderError,
    check_callback,
    segments,
)

#: seconds of service time from taking to sending, and from sending to the phone
SENDS_S = (0.5, 1.5)
ARRIVES_S = (1.0, 3.0)

E164 = re.compile(r"^\+[1-9]\d{6,14}$")
_KEY_FIELD = re.compile(r"<input\b[^>]*\bname=[\"']key[\"'][^>]*>", re.IGNORECASE)
_VALUE = re.compile(r"\bvalue=[\"']([^\"']*)[\"']", re.IGNORECASE)
_MESSAGE_VERB = re.compile(r"<Message\b[^>]*>(.*?)</Message>", re.DOTALL)


class Messages:
    """All SMS of the account."""

    def __init__(self, exchange: Exchange) -> None:
        """Work inside *exchange*."""
        self._exchange = exchange
        self.all: dict[str, Message] = {}

    # -- from the service ------------------------------------------------------------------------

    def take(self, form: Mapping[str, str]) -> tuple[Message, Fault]:
        """Accept one SMS as the provider's API does; ProviderError when it is refused."""
        exchange = self._exchange
        to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        fault = exchange.admit("messages", to)
        callback = form.get("StatusCallback", "")
        if not to:
            raise ProviderError(400, 21604, "A 'To' phone number is required.")
        if not E164.match(to):
            raise ProviderError(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if sender != exchange.account.number:
            raise ProviderError(
                400, 21606, "The 'From' number is not a message-capable number of this account."
            )
        if not body:
            raise ProviderError(400, 21602, "Message body is required.")
        if len(body) > 1600:
            raise ProviderError(400, 21617, "The message body exceeds the 1600 character limit.")
        check_callback(callback)
        validity = form.get("ValidityPeriod", "36000")
        if not (validity.isdecimal() and 1 <= int(validity) <= 36000):
            raise ProviderError(400, 21626, "The ValidityPeriod is out of range.")
        message = self._add(to=to, sender=sender, body=body, direction="outbound-api")
        message.status_callback, message.struck = callback, exchange.struck
        exchange.record.add(
            Happened.MESSAGE_ACCEPTED,
            sid=message.sid,
            to=to,
            sender=sender,
            body=body,
            status_callback=callback,
            direction=message.direction,
            fault=fault.value,
            provider="twilio",
            token=token_in(callback),
            validity_s=int(validity),
        )
        exchange.agenda.start(self._live(message, fault))
        return message, fault

    async def _live(self, message: Message, fault: Fault) -> None:
        exchange = self._exchange
        sends_s, arrives_s = exchange.rng.uniform(*SENDS_S), exchange.rng.uniform(*ARRIVES_S)
        await exchange.agenda.sleep(sends_s)
        message.sent_at = exchange.clock.now()
        self._becomes(message, "sent", fault)
        await exchange.agenda.sleep(arrives_s)
        person = exchange.person(message.to)
        if fault is Fault.UNDELIVERED or person.phone_is_off:
            message.error_code = message.struck.code or 30003  # unreachable destination handset
            self._becomes(message, "undelivered", fault)
            return
        self._becomes(message, "delivered", fault)
        self._read(person, message)

    def _becomes(self, message: Message, status: str, fault: Fault = Fault.NONE) -> None:
        exchange = self._exchange
        message.status = status
        message.updated_at = exchange.clock.now()
        exchange.record.add(Happened.MESSAGE_STATUS, sid=message.sid, to=message.to, status=status)
        if message.status_callback and fault is not Fault.NO_RECEIPTS:
            params = {
                "AccountSid": message.account_sid,
                "ApiVersion": API_VERSION,
                "From": message.sender,
                "MessageSid": message.sid,
                "MessageStatus": status,
                "SmsSid": message.sid,
                "SmsStatus": status,
                "To": message.to,
            }
            if message.error_code is not None:
                params["ErrorCode"] = str(message.error_code)
            post_receipt(
                exchange,
                message.status_callback,
                params,
                message.struck.receipts,
                message.held,
                is_last=status in ("delivered", "undelivered", "failed"),
            )

    def _add(self, *, to: str, sender: str, body: str, direction: str) -> Message:
        now = self._exchange.clock.now()
        message = Message(
            sid=self._exchange.new_sid("SM"),
            account_sid=self._exchange.account.sid,
            to=to,
            sender=sender,
            body=body,
            direction=direction,
            status="received" if direction == "inbound" else "queued",
            created_at=now,
            updated_at=now,
        )
        self.all[message.sid] = message
        return message

    # -- the person reads and answers ------------------------------------------------------------

    def _read(self, person: Person, message: Message) -> None:
        person.line = self  # what they answer goes where the question came from
        memory = person.reminded_by(message.body)
        if memory is None:
            return
        memory.case_number = case_number_in(message.body) or memory.case_number
        if memory.asked or memory.acted or not is_ask(message.body):
            return
        memory.asked = True
        later = self._exchange.agenda.later
        for text in memory.habit.texts:
            later(text.after_s, functools.partial(self.act, person, memory, text.text))
        link, page = memory.habit.link, link_in(message.body)
        if link is not None and page is not None:
            later(link.after_s, lambda: self._opens(person, memory, link, page))

    def act(self, person: Person, memory: Memory, words: str) -> None:
        """Send *words* for a person whose habit it is, unless their phone is in hand."""
        if not person.in_hand:
            memory.acted = True
            text = words.replace("{no}", memory.case_number).strip()
            self._exchange.agenda.start(self._text_in(person.number, text))

    def follow_up(self, person: Person, memory: Memory) -> None:
        """Plan what the person texts after having answered another way."""
        for text in memory.habit.then:
            self._exchange.agenda.later(
                text.after_s, functools.partial(self.act, person, memory, text.text)
            )

    def _opens(self, person: Person, memory: Memory, link: OpensLink, page: str) -> None:
        if not person.in_hand:
            memory.acted = True
            self._exchange.agenda.start(self._answer_page(person, memory, link, page))

    async def _answer_page(
        self, person: Person, memory: Memory, link: OpensLink, page: str
    ) -> None:
        webhooks = self._exchange.webhooks
        shown = await webhooks.fetch("GET", page)
        form = {"answer": link.answer}
        if hidden := _KEY_FIELD.search(shown.body):
            value = _VALUE.search(hidden.group(0))
            form["key"] = unescape(value.group(1)) if value else ""
        parts = urlsplit(page)
        # A browser says where the form came from.
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": page}
        taken = await webhooks.fetch("POST", page, form=form, headers=headers)
        self._exchange.record.add(
            Happened.LINK_OPENED,
            number=person.number,
            answer=link.answer,
            shown=shown.status,
            status=taken.status,
        )
        self.follow_up(person, memory)

    async def _text_in(self, number: str, text: str) -> None:
        await self.text_in(number, text)

    async def text_in(self, number: str, text: str) -> Message:
        """Let the person at *number* text the service; return the SMS once it was handed over."""
        exchange = self._exchange
        account = exchange.account
        message = self._add(to=account.number, sender=number, body=text, direction="inbound")
        exchange.record.add(Happened.TEXT_SENT, sid=message.sid, number=number, body=text)
        answer = await exchange.webhooks.post(
            account.inbound_url,
            {
                "AccountSid": account.sid,
                "ApiVersion": API_VERSION,
                "Body": text,
                "From": number,
                "MessageSid": message.sid,
                "NumMedia": "0",
                "NumSegments": str(segments(text)),
                "SmsMessageSid": message.sid,
                "SmsSid": message.sid,
                "SmsStatus": "received",
                "To": account.number,
            },
        )
        # The service may answer a text at once, in its response.
        for words in _MESSAGE_VERB.findall(answer.body):
            reply = self._add(
                to=number,
                sender=account.number,
                body=unescape(re.sub(r"<[^>]+>", "", words)),
                direction="outbound-reply",
            )
            self._becomes(reply, "delivered")
        return message

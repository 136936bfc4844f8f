"""The phone network as one thing: an ASGI application and the people behind it."""

import random
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from core.clock import Clock
from simulators.phone_network.agenda import Agenda
from simulators.phone_network.aliyun_account import AliyunAccount
from simulators.phone_network.aliyun_api import Aliyun, aliyun_router
from simulators.phone_network.calls import Calls
from simulators.phone_network.control_api import faults_router, record_router
from simulators.phone_network.exchange import Account, Exchange
from simulators.phone_network.messages import Messages
from simulators.phone_network.people import Habit
from simulators.phone_network.people_api import people_router
from simulators.phone_network.provider_api import provider_router
from simulators.phone_network.record import Record
from simulators.phone_network.resources import ProviderError
from simulators.phone_network.webhooks import Webhooks


class PhoneNetwork:
    """A stand-in provider. `app` can run alone or be mounted under a prefix."""

    def __init__(
        self,
        *,
        clock: Clock,
        account_sid: str,
        auth_token: str,
        number: str,
        public_url: str,
        record_path: Path | None = None,
        seed: int = 0,
    ) -> None:
        """*number* is the service's own; people's texts go to *public_url* (no slash)."""
        self.record = Record(clock, record_path)
        self._webhooks = Webhooks(auth_token=auth_token, record=self.record)
        self._agenda = Agenda(clock)
        self._exchange = Exchange(
            account=Account(
                sid=account_sid,
                auth_token=auth_token,
                number=number,
                inbound_url=f"{public_url}/hooks/twilio/sms",
            ),
            clock=clock,
            record=self.record,
            agenda=self._agenda,
            webhooks=self._webhooks,
            rng=random.Random(f"phone-network/{seed}"),
        )
        self._messages = messages = Messages(self._exchange)
        self._calls = calls = Calls(self._exchange, messages)
        self.app = FastAPI(title="Stand-in phone network", openapi_url=None)
        self.app.include_router(provider_router(self._exchange, messages, calls))
        self.app.include_router(people_router(self._exchange, messages, calls))
        self.app.include_router(faults_router(self._exchange))
        self.app.include_router(record_router(self._exchange))
        self.app.add_exception_handler(ProviderError, _say_no)

    def open_aliyun(self, account: AliyunAccount) -> Aliyun:
        """Let Aliyun answer at the root of this address, for the same people, from now on."""
        aliyun = Aliyun.beside(self._exchange, account)
        # The phones show what came through either.
        aliyun.messages.all, aliyun.calls.all = self._messages.all, self._calls.all
        self.app.include_router(aliyun_router(aliyun))
        return aliyun

    def learn(self, habits: Iterable[Habit]) -> None:
        """Let people behave like *habits* from now on."""
        self._exchange.learn(habits)

    def name(self, labels: Mapping[str, str]) -> None:
        """Note who has which number (label by number)."""
        self._exchange.name(labels.items())

    @property
    def next_at(self) -> datetime | None:
        """The service time at which something happens next, None when nothing is planned."""
        return self._agenda.next_at

    def take_over(self) -> None:
        """Let nothing happen by itself, for who owns a clock that stands still; see `run_due`."""
        self._agenda.take_over()

    async def run_due(self) -> int:
        """Do what is due and return when it is over; call it in the loop that serves `app`."""
        return await self._agenda.run_due(lambda: self._webhooks.under_way > 0)

    async def stop(self) -> None:
        """Drop everything that is still to happen; call it in the loop that serves `app`."""
        await self._agenda.stop()
        self.close()

    def close(self) -> None:
        """Let threads and the record's file go."""
        self._webhooks.close()
        self.record.close()


def create_phone_network(
    *,
    clock: Clock,
    account_sid: str,
    auth_token: str,
    number: str,
    public_url: str,
    record_path: Path | None = None,
    habits: Iterable[Habit] = (),
    labels: Mapping[str, str] | None = None,
    seed: int = 0,
) -> PhoneNetwork:
    """Return a phone network with its people."""
    network = PhoneNetwork(
        clock=clock,
        account_sid=account_sid,
        auth_token=auth_token,
        number=number,
        public_url=public_url,
        record_path=record_path,
        seed=seed,
    )
    network.name(labels or {})
    network.learn(habits)
    return network


async def _say_no(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProviderError)
    headers = {"Retry-After": "1"} if error.status in (429, 503) else {}
    return JSONResponse(error.to_json(), status_code=error.status, headers=headers)

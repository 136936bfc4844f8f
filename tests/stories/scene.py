"""A story: people with phones, a band, the whole service, and a clock that the story moves.

What is real: the database (migrated), the pipeline of pings, the alerts role as production builds
it, the provider's own package over loopback HTTP, the service's pages and signed callbacks. What
stands in: the phone network with its people. See docs/testing.md, "Stories".
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import SecretStr
from sqlalchemy import case, select, union_all
from sqlalchemy import func as sql
from twilio.request_validator import RequestValidator

from aihuijia.alerts_role import AlertsRole
from aihuijia.senders import limits_of, senders_for
from alerts import desk
from alerts.auditor import audit
from alerts.links import make_token
from alerts.outbox import Outbox
from alerts.templates import all_templates
from core.clock import ManualClock
from core.incidents import EntryKind, Incident, IncidentState
from core.notifications import NotificationStatus
from core.people import Channel, Role
from core.settings import Settings
from simulators.phone_network import Habit
from simulators.phone_network.aliyun_account import AliyunAccount
from simulators.phone_network.faults import Fault
from simulators.phone_network.record import Entry, Happened
from store import schema
from store.database import reading
from tests.scenes import Town, phone_of, register_household, register_person, rows
from tests.stories import stage as stages
from tests.stories.dying import Dies
from tests.stories.noise import Noise
from tests.stories.spoken import Line, taken, told
from tests.stories.stage import Stage
from tests.stories.telling import tell

#: what nobody expected may come this long after a story, seconds
QUIET_S = 180.0
#: time moves on at most this much in one go, and what people and phones do is gathered into
#: moments this far apart, seconds
_STRIDE_S = 90.0
_MOMENT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a phone."""

    id: int
    name: str
    number: str


class Story:
    """One story on one database."""

    def __init__(self, town: Town, stage: Stage, clock: ManualClock) -> None:
        """Begin at the clock's time with one household and the team of *town*."""
        self.town, self.stage, self.clock = town, stage, clock
        self.engine = town.engine
        self.began_at = self._first_at = clock.now()
        self.noise = Noise()
        url = self.engine.url.render_as_string(hide_password=False)
        self.settings = Settings(
            database_url=url.replace("postgresql+psycopg://", "postgresql://"),
            public_url=stage.public_url,
            secret_key=SecretStr(stages.SECRET),
            coordinator_token=SecretStr(stages.COORDINATOR),
            sms_provider="twilio",
            twilio_account_sid=stages.ACCOUNT,
            twilio_auth_token=SecretStr(stages.AUTH_TOKEN),
            twilio_from=stages.OUR_NUMBER,
            twilio_api_url=stage.provider_url,
            sms_links=False,
        )
        self.network = stage.play(self.settings, self.engine, clock)
        guardians, team = town.household.guardians, town.team
        self._people: dict[str, Person] = {}
        for name, person_id in zip(
            ("chen", "shen", "li", "wu", "ma"),
            (*guardians, *team.rescuers, *team.operators),
            strict=True,
        ):
            self._add(name, person_id)
        self.chen, self.shen, self.li, self.wu, self.ma = self._people.values()
        self.incident_id = 0
        self._reports = 0
        self._heard: set[int] = set()
        self._role: AlertsRole | None = None
        #: when the service has something to do, as far as the last look told
        self._next_at: datetime | None = None

    # -- who is there ----------------------------------------------------------------------------

    def _add(self, name: str, person_id: int) -> Person:
        person = Person(id=person_id, name=name, number=phone_of(person_id))
        self._people[name] = person
        self.network.name({person.number: name})
        return person

    def registers(
        self, name: str, role: Role, *, channels: Iterable[Channel] = Channel, on_duty: bool = True
    ) -> Person:
        """Register somebody else."""
        with self.engine.begin() as connection:
            person_id = register_person(connection, role, name, channels=channels, on_duty=on_duty)
        return self._add(name, person_id)

    def registers_household(self, device_id: str, *guardians: str) -> int:
        """Register another elder with a band and two guardians of their own; return the elder."""
        with self.engine.begin() as connection:
            other = register_household(connection, device_id, now=self.clock.now())
        for name, person_id in zip(guardians, other.guardians, strict=True):
            self._add(name, person_id)
        return other.elder_id

    def has_no_phone(self, person: Person, *channels: Channel) -> None:
        """Take a person's numbers away, or only those of *channels*."""
        table = schema.contact_point
        chosen = table.c.person_id == person.id
        if channels:
            chosen &= table.c.channel.in_([channel.value for channel in channels])
        with self.engine.begin() as connection:
            connection.execute(table.delete().where(chosen))

    def goes_off_duty(self, *people: Person) -> None:
        """Have people stand on no list."""
        table = schema.person
        with self.engine.begin() as connection:
            connection.execute(
                table.update()
                .where(table.c.id.in_([person.id for person in people]))
                .values(on_duty=False)
            )

    def is_set(self, **settings: Any) -> None:
        """Have the service started anew with other settings."""
        self.worker_restarts()
        self.settings = self.settings.model_copy(update=settings)
        self.stage.serve(self.settings, self.engine, self.clock)

    def uses_aliyun(self, order: str = "aliyun") -> None:
        """Have Aliyun, with every text approved, deliver for us, in this *order* of providers."""
        codes = {one.name: f"T_{number}" for number, one in enumerate(all_templates(), start=1)}
        account = AliyunAccount(
            key_id="LTAI-of-stories",
            key_secret="its secret",
            sign_name="121爱回家",
            show_number="057387000121",
            approved={codes[one.name]: one.text for one in all_templates()},
            hooks_url=f"{self.stage.public_url}/hooks/aliyun/{stages.HOOK_SECRET}",
        )
        self.network.open_aliyun(account)
        self.is_set(
            sms_provider=order,
            aliyun_access_key_id=account.key_id,
            aliyun_access_key_secret=SecretStr(account.key_secret),
            aliyun_show_number=account.show_number,
            aliyun_sms_url=self.stage.provider_url,
            aliyun_voice_url=self.stage.provider_url,
            aliyun_templates=",".join(f"{name}={code}" for name, code in codes.items()),
            aliyun_hook_secret=SecretStr(stages.HOOK_SECRET),
        )

    def aliyun(self, what: str, **body: Any) -> None:
        """Command the stand-in for Aliyun: `faults`, `refusals`, `reports`."""
        self.stage.phones.post(f"/aliyun/{what}", json=body).raise_for_status()

    # -- what the band says ----------------------------------------------------------------------

    def is_seen(self, east_m: float, *, accuracy_m: float = 8, **more: Any) -> int | None:
        """Have the band report a fix so far east of home; return the incident it touched."""
        position = self.town.household.home.moved(east_m=east_m)
        return self.band_says(position=position, accuracy_m=accuracy_m, **more)

    def band_says(self, **fields: Any) -> int | None:
        """Have the band report now; return the incident that it touched."""
        self._reports += 1
        batch = self.town.hears(f"story-{self._reports}", **fields)
        touched = next(iter(batch.incidents), None)
        self.incident_id = touched or self.incident_id
        self.settles()
        return touched

    def wanders_off(self) -> int:
        """Leave home by two good fixes; people are asked now, and seconds count from here."""
        self.leaves()
        self.settles()
        return self.incident_id

    def leaves(self) -> None:
        """Leave home by two good fixes; the asks are in the outbox, and nobody sent them yet."""
        self.is_seen(0)
        for east_m in (600, 700):
            self.clock.advance(60)
            self._silently_seen(east_m)
        self.from_here()

    def presses_sos(self) -> int:
        """Press the SOS key; seconds count from here."""
        self.from_here()
        self.band_says(alarms=["sos"], why="alarm")
        return self.incident_id

    def _silently_seen(self, east_m: float) -> None:
        self._reports += 1
        position = self.town.household.home.moved(east_m=east_m)
        batch = self.town.hears(f"story-{self._reports}", position=position)
        self.incident_id = next(iter(batch.incidents), self.incident_id)

    # -- what people do --------------------------------------------------------------------------

    def texts(self, person: Person, text: str) -> None:
        """Have a person text our number now."""
        self.sends_text(person, text)
        self.settles()

    def sends_text(self, person: Person, text: str) -> None:
        """Have a person text our number; nothing follows yet."""
        self._phone(person, "reply", {"text": text})

    def at_once(self, *acts: Callable[[], object]) -> None:
        """Have several things happen at the same moment."""
        with ThreadPoolExecutor(len(acts)) as pool:
            for act in [pool.submit(act) for act in acts]:
                act.result(60)
        self.settles()

    def presses(self, person: Person, key: str) -> None:
        """Have a person take the call that rings and press *key*."""
        self._phone(person, "press", {"digit": key})
        self.settles()

    def hangs_up(self, person: Person) -> None:
        """Have a person refuse the call that rings."""
        self._phone(person, "hangup", {})
        self.settles()

    def answers_page(self, person: Person, answer: str, *, key: str = "", reason: str = "") -> None:
        """Have a person press a button of the page behind their link."""
        path = self.page_of(person)
        shown = self.stage.pages.get(path)
        form = {"answer": answer, "key": key, "reason": reason}
        taken_up = self.stage.pages.post(path, data=form, headers=_OWN_PAGE)

        assert (200, 303) == (shown.status_code, taken_up.status_code), taken_up.text
        self.settles()

    def page_of(self, person: Person) -> str:
        """Return the path of a person's answer page."""
        return "/a/" + make_token(stages.SECRET.encode(), self.incident_id, person.id)

    def operator(self, do: str, **form: str) -> httpx.Response:
        """Have the coordinator give an order on the console: close, rescue, note."""
        answer = self.stage.pages.post(
            f"/incidents/{self.incident_id}/orders",
            data={"do": do, **form},
            headers={"Authorization": f"Bearer {stages.COORDINATOR}"},
        )

        assert 303 == answer.status_code, answer.text
        self.settles()
        return answer

    def learn(self, *habits: Habit) -> None:
        """Teach people what they do when they are asked."""
        self.network.learn(habits)

    def provider(self, fault: Fault, **more: Any) -> None:
        """Have the provider behave like this from now on (`only`, `times`, `hang_s`)."""
        self.stage.phones.post("/faults", json={"fault": fault.value, **more}).raise_for_status()

    def refuses(self, person: Person, code: int, **more: Any) -> None:
        """Have the provider refuse texts to this person, beside its other troubles."""
        said = {"fault": Fault.REFUSED.value, "code": code, "number": person.number, **more}
        self.stage.phones.post(
            "/faults?more=true", json={"only": "messages", **said}
        ).raise_for_status()

    def receipt(
        self, person: Person, status: str, *, error: int | None = None, of: int = -1
    ) -> int:
        """Post a signed receipt for a message or call of *person* (the last); its HTTP status."""
        kinds = (Happened.MESSAGE_ACCEPTED, Happened.CALL_ACCEPTED)
        entry = [e for e in self.record(*kinds) if e.detail["to"] == person.number][of]
        is_call = entry.happened is Happened.CALL_ACCEPTED
        form = {
            "CallSid" if is_call else "MessageSid": entry.detail["sid"],
            "CallStatus" if is_call else "MessageStatus": status,
            "AccountSid": stages.ACCOUNT,
            "To": person.number,
        }
        if error is not None:
            form["ErrorCode"] = str(error)
        answered = self.posts_signed(entry.detail["status_callback"], form)
        self.settles()
        return answered

    def posts_signed(self, url: str, form: dict[str, str], *, token: str = "") -> int:
        """Post *form* to *url* as the provider signs it; return the HTTP status."""
        seal = RequestValidator(token or stages.AUTH_TOKEN).compute_signature(url, form)
        return self.stage.pages.post(
            url, data=form, headers={"X-Twilio-Signature": seal}
        ).status_code

    def _phone(self, person: Person, what: str, body: dict[str, Any]) -> None:
        path = f"/phones/{person.number}/{what}"
        self.stage.phones.post(path, json=body).raise_for_status()

    # -- time ------------------------------------------------------------------------------------

    @property
    def role(self) -> AlertsRole:
        """The alerts role at work; a new one when the last is gone."""
        if self._role is None:
            self._role = AlertsRole(self.settings, self.engine, self.clock)
        return self._role

    def advances_only(self) -> None:
        """Do what time does to the incident, and send nothing yet."""
        with self.engine.begin() as connection:
            desk.advance(connection, self.incident_id, self.clock.now())

    def worker_restarts(self) -> None:
        """End the worker in good order; a new one, that remembers nothing, takes over."""
        if self._role is not None:
            self._role.stop()
            self._role = None

    def from_here(self) -> None:
        """Count seconds from now on."""
        self.began_at = self.clock.now()

    def settles(self) -> None:
        """Do everything that is due at this instant, and what follows from it."""
        for _ in range(100):
            done = self.stage.run_due()
            self._next_at = self._next_due_at()
            if self._next_at is not None and self._next_at <= self.clock.now():
                done += 1
                self.ticks()
            if not done:
                return
        raise AssertionError("something stays due for ever\n" + self.so_far())

    def ticks(self) -> None:
        """Have the worker look once, whether or not anything is due."""
        self.role.ticker.tick()
        self.role.ticker.wait_for_calls()
        self.role.notices.deliver_due()
        self.role.notices.wait_for_calls()
        self.role.relays.deliver_due()
        self.role.relays.wait_for_posts()

    def passes(self, seconds: float = 0, *, minutes: float = 0) -> None:
        """Let time pass; everything happens when it is due."""
        end = self.clock.now() + timedelta(seconds=seconds + 60 * minutes)
        self.settles()
        while (now := self.clock.now()) < end:
            coming = [end, now + timedelta(seconds=_STRIDE_S)]
            coming += [self._moment_after(at) for at in (self.network.next_at,) if at]
            coming += [at for at in (self._next_at,) if at]
            self.clock.advance((max(now, min(coming)) - now).total_seconds())
            if min(coming) >= now + timedelta(seconds=_STRIDE_S):
                self.ticks()  # nothing is due, so nothing must happen
            self.settles()

    def _moment_after(self, at: datetime) -> datetime:
        moments = -(-(at - self._first_at).total_seconds() // _MOMENT_S)
        return self._first_at + timedelta(seconds=moments * _MOMENT_S)

    def dies_sending(self, *, after: bool) -> None:
        """Have another worker claim what is due and die, before or *after* the provider took it."""
        senders = {
            channel: [Dies(sender, after=after) for sender in several]
            for channel, several in senders_for(self.settings).items()
        }
        outbox = Outbox(
            self.engine, self.clock, senders, secret=stages.SECRET.encode(), answer_url=""
        )
        outbox.deliver_due()
        outbox.finish()

    def outage(self, *, minutes: float) -> None:
        """Have nothing of the alerts role at work for so long; then it is started again."""
        self.worker_restarts()
        self.clock.advance(60 * minutes)
        self.ticks()
        self.settles()

    def _next_due_at(self) -> datetime | None:
        with reading(self.engine) as connection:
            found = connection.scalars(_DUE).all()
        return min([at for at in found if at is not None], default=None)

    # -- what came of it -------------------------------------------------------------------------

    @property
    def incident(self) -> Incident:
        """The incident that this story is about."""
        return self.town.incident(self.incident_id)

    @property
    def state(self) -> IncidentState:
        """Where people stand."""
        return self.incident.state

    @property
    def timeline(self) -> list[EntryKind]:
        """What happened to the incident, in order."""
        return self.town.timeline(self.incident_id)

    def sent(self, *people: Person) -> list[str]:
        """Return what left since the last look (to *people* only), and count it as expected."""
        wanted = {person.number for person in people}
        lines = [line for line in self._unheard() if not wanted or line.number in wanted]
        self._heard |= {line.entry for line in lines}
        return told(lines, since=self.began_at, name=self._name)

    def texts_to(self, person: Person) -> list[str]:
        """Return every text and call script that was taken for a person, the first one first."""
        lines = taken(self.engine, self.network.record.entries())
        return [line.text for line in lines if line.number == person.number]

    def replies_to(self, person: Person) -> list[str]:
        """Return what the service answered at once to a person's texts."""
        phones = self.stage.phones.get("/phones").json()
        texts = [
            m for phone in phones if phone["number"] == person.number for m in phone["messages"]
        ]
        ours = {line.text for line in taken(self.engine, self.network.record.entries())}
        return [m["body"] for m in texts if m["direction"] == "in" and m["body"] not in ours]

    def refused(self) -> list[int]:
        """Return the codes of requests that the provider refused, in order."""
        entries = self.record(Happened.REQUEST_REFUSED)
        return [entry.detail["code"] for entry in entries]

    def record(self, *kinds: Happened) -> list[Entry]:
        """Return the stand-in's record, of *kinds* only."""
        return [e for e in self.network.record.entries() if not kinds or e.happened in kinds]

    def outcomes(self, kind: str) -> list[str]:
        """Return what became of what arrived: the inbox's outcomes of this kind."""
        return rows(self.engine, schema.inbox, "outcome", kind=kind)

    def statuses(self, **where: Any) -> list[tuple[str, str | None]]:
        """Return (status, reason) of the messages with these columns."""
        return rows(self.engine, schema.notification, "status", "reason", **where)

    def incidents(self) -> int:
        """Return how many incidents there were."""
        return len(rows(self.engine, schema.incident, "id"))

    def wraps_up(self) -> None:
        """Have the coordinator close as found: whoever was woken hears it once, nobody else."""
        woken = self.incident.woken
        self.sent()
        self.operator("close", outcome="found")
        wanted = sorted(phone_of(p) for p in woken if self._can_be_told(p))
        for _ in range(13):  # a phone that rang a moment ago is not called again at once
            closings = [line for line in self._unheard() if "closing" in line.matter]
            if len(closings) >= len(wanted):
                break
            self.passes(5)
        self._heard |= {line.entry for line in closings}

        assert wanted == sorted(line.number for line in closings)

    def ends(self) -> None:
        """Be quiet for three minutes: AssertionError with whatever nobody expected."""
        self.passes(QUIET_S)
        with reading(self.engine) as connection:
            problems = audit(
                connection, self.clock.now(), patience_s=60, limits=limits_of(self.settings)
            )
        unexpected = [
            *told(self._unheard(), since=self.began_at, name=self._name),
            *(f"audit: {p.rule.value} {p.row_id}" for p in problems),
            *(f"log: {line}" for line in self.noise.unexpected()),
        ]

        assert [] == unexpected

    def clear(self) -> None:
        """Let everything go."""
        self.worker_restarts()
        self.stage.clear()
        self.noise.close()

    def so_far(self) -> str:
        """Return the timeline, the stand-in's record and the log, to be read."""
        return tell(self.engine, self.record(), self.noise.lines, self.began_at, self._name)

    def _unheard(self) -> list[Line]:
        lines = taken(self.engine, self.network.record.entries())
        return [line for line in lines if line.entry not in self._heard]

    def _name(self, number: str) -> str:
        return next((p.name for p in self._people.values() if p.number == number), number)

    def _can_be_told(self, person_id: int) -> bool:
        points = rows(self.engine, schema.contact_point, "disabled_reason", person_id=person_id)
        return any(reason is None for reason in points)


logging.getLogger("httpx").setLevel(logging.WARNING)

#: what a browser says when a form comes from the page's own site
_OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}

_message, _incident, _inbox = schema.notification, schema.incident, schema.inbox
_notice = schema.notice
#: the next instant at which the alerts role has something to do
_DUE = union_all(
    select(
        sql.min(
            case(
                (_incident.c.paused_until > _incident.c.next_action_at, _incident.c.paused_until),
                else_=_incident.c.next_action_at,
            )
        )
    ),
    select(sql.min(_message.c.next_try_at)).where(
        _message.c.status == NotificationStatus.READY.value
    ),
    select(sql.min(_message.c.lease_until)).where(
        _message.c.status == NotificationStatus.SENDING.value
    ),
    select(sql.min(_message.c.receipt_due_at)).where(
        _message.c.status == NotificationStatus.SENT.value
    ),
    select(sql.min(_notice.c.next_try_at)).where(
        _notice.c.status == NotificationStatus.READY.value
    ),
    select(sql.min(_notice.c.lease_until)).where(
        _notice.c.status == NotificationStatus.SENDING.value
    ),
    select(sql.min(sql.coalesce(_inbox.c.next_try_at, _inbox.c.received_at))).where(
        _inbox.c.processed_at.is_(None)
    ),
)

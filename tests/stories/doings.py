"""What happens in a story: the band speaks, people answer, the provider stumbles."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
from twilio.request_validator import RequestValidator

from alerts.links import make_token
from simulators.phone_network import Habit
from simulators.phone_network.faults import Fault
from simulators.phone_network.record import Happened
from tests.stories import stage as stages
from tests.stories.cast import Person
from tests.stories.course import Course

#: what a browser says when a form comes from the page's own site
_OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


class Doings(Course):
    """A course in which somebody does something; what follows at once has happened afterwards."""

    _reports = 0

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
            headers=self.staff,
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

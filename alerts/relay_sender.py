"""Tell other systems what happened: claim, post, record, in a thread of its own.

The alerts role asks people; this runs beside it and shares nothing with it but the database, so
that a slow agency never delays an ask. What cannot be told is tried again for a day, and given up
loudly. A sender that dies between posting and recording posts again, under the same event id.
"""

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from alerts.channels import webhook
from alerts.channels.rooms import Rooms
from alerts.notices import NoticeKind, tell_operators
from alerts.relay_bodies import body_for
from alerts.relays import Reply, after
from alerts.webhooks import good_secrets, signed_headers
from core.clock import Clock, SystemClock
from core.relays import Relay, RelayStatus, Subscriber, SubscriberKind
from store import relays, subscribers
from store.database import reading

log = logging.getLogger(__name__)

#: longer than a post may take, wall seconds
LEASE_S = 30.0
#: posts under way at once, and to one subscriber: nobody who is slow holds up the others
PARALLEL_POSTS = 16
PARALLEL_PER_SUBSCRIBER = 2
#: WeCom shuts a robot up that writes more than 20 messages in a minute; DingTalk does, too
MOST_PER_ROOM_AND_MINUTE = 18
#: what cannot even be prepared is looked at again after this, wall seconds
_PUT_OFF_S = 60.0
#: operators hear of a subscriber that fails at this try of an event (about six minutes), and when
#: the event is given up
_TELL_AT_TRY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claimed:
    relay: Relay
    subscriber: Subscriber
    number: int
    body: dict[str, Any]


class RelaySender:
    """Sends what waits for other systems. Has a thread of its own once started."""

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        secret: bytes,
        public_url: str,
        rooms: Sequence[str] = (),
        look_every_s: float = 1.0,
    ) -> None:
        """*rooms* are Apprise addresses; SettingError when one of them is none."""
        self._engine = engine
        self._clock = clock
        self._wall = SystemClock()  # receivers compare a signature's time with theirs
        self._secret = secret
        self._public_url = public_url
        self._rooms = Rooms(rooms, key=secret)
        self._rooms_are_known = False
        self._look_every_s = look_every_s
        self._bell = threading.Event()
        #: while not, nothing is claimed: the database has another schema
        self.may_work: Callable[[], bool] = lambda: True
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="relays", daemon=True)
        self._pool = ThreadPoolExecutor(PARALLEL_POSTS, thread_name_prefix="relay")
        #: subscriber by post under way
        self._posts: dict[Future[None], int] = {}

    def start(self) -> None:
        """Begin to send, in a thread."""
        self._thread.start()

    def wake(self) -> None:
        """Look now: something was committed."""
        self._bell.set()

    def stop(self) -> None:
        """Finish the posts under way and end."""
        self._stopping = True
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join()
        self.finish()

    def wait_for_posts(self) -> None:
        """Wait until the posts under way (at most about 10 s) are over and recorded."""
        wait(self._posts, timeout=LEASE_S)

    def finish(self) -> None:
        """Wait for posts under way and take no more."""
        self.wait_for_posts()
        self._pool.shutdown(wait=True)

    def deliver_due(self) -> int:
        """Claim what is due and start to post it; return how many. Never waits for a receiver."""
        self._posts = {post: who for post, who in self._posts.items() if not post.done()}
        room = PARALLEL_POSTS - len(self._posts)
        if room <= 0:
            return 0
        now = self._clock.now()
        self._register_rooms()
        with reading(self._engine) as connection:
            chosen = self._choose(connection, room, now)
        claimed: list[_Claimed] = []
        if chosen:
            with self._engine.begin() as connection:
                for relay, subscriber in chosen:
                    item = self._claim_alone(connection, relay, subscriber)
                    if item is not None:
                        claimed.append(item)
        for item in claimed:
            post = self._pool.submit(self._post_and_record, item)
            self._posts[post] = item.subscriber.id
        return len(claimed)

    # -- what may go out now ---------------------------------------------------------------------

    def _register_rooms(self) -> None:
        """Make the rooms of the settings subscribers, once."""
        if self._rooms_are_known:
            return
        with self._engine.begin() as connection:
            subscribers.keep_rooms(connection, self._rooms.names, now=self._clock.now())
        self._rooms_are_known = True

    def _choose(
        self, connection: Connection, room: int, now: datetime
    ) -> list[tuple[Relay, Subscriber]]:
        """Return what goes out now: something for everyone before much for one."""
        chosen: list[tuple[Relay, Subscriber]] = []
        waiting = relays.who_waits(connection, now)
        if not waiting:
            return chosen
        everyone = {held.id: held for held in subscribers.all_of(connection)}
        under_way = Counter(self._posts.values())
        for subscriber_id in sorted(waiting, key=lambda held: under_way[held]):
            subscriber = everyone.get(subscriber_id)
            if subscriber is None:
                continue  # removed this moment; whoever removed it drops its events
            most = min(self._allowed(connection, subscriber, under_way), room - len(chosen))
            if most > 0:
                due = relays.due(connection, subscriber_id, now, limit=most)
                chosen += [(relay, subscriber) for relay in due]
        return chosen

    def _allowed(
        self, connection: Connection, subscriber: Subscriber, under_way: Counter[int]
    ) -> int:
        if subscriber.kind is SubscriberKind.WEBHOOK:
            return PARALLEL_PER_SUBSCRIBER - under_way[subscriber.id]
        a_minute = timedelta(seconds=60 * self._clock.speed)
        lately = relays.finished_since(connection, subscriber.id, self._clock.now() - a_minute)
        in_hand = under_way[subscriber.id]
        return min(1 - in_hand, MOST_PER_ROOM_AND_MINUTE - lately - in_hand)

    # -- claim: one short transaction ------------------------------------------------------------

    def _claim_alone(
        self, connection: Connection, relay: Relay, subscriber: Subscriber
    ) -> _Claimed | None:
        """Claim one event so that its failure undoes only itself."""
        try:
            with connection.begin_nested():
                return self._claim(connection, relay, subscriber)
        except OperationalError:
            raise  # the database is away, not this row
        except Exception:
            log.exception(
                "An event for another system could not be prepared; it is tried again in a minute.",
                extra={"action": "relay_broken", "relay": relay.id},
            )
            later = self._clock.now() + timedelta(seconds=_PUT_OFF_S * self._clock.speed)
            relays.put_off(connection, relay.id, until=later)
            return None

    def _claim(
        self, connection: Connection, relay: Relay, subscriber: Subscriber
    ) -> _Claimed | None:
        now = self._clock.now()
        body = relay.body or body_for(
            connection, relay, subscriber, public_url=self._public_url, now=now
        )
        until = now + timedelta(seconds=LEASE_S * self._clock.speed)
        number = relays.claim(connection, relay, body=body, lease_until=until)
        if number is None:
            return None
        return _Claimed(relay=relay, subscriber=subscriber, number=number, body=body)

    # -- post and record: another thread, another transaction ------------------------------------

    def _post_and_record(self, item: _Claimed) -> None:
        reply = self._post(item)
        try:
            with self._engine.begin() as connection:
                self._record(connection, item, reply)
        except Exception:
            log.exception(
                "What came of an event could not be recorded; its lease will bring it back.",
                extra={"action": "relay_record_failed", "relay": item.relay.id},
            )

    def _post(self, item: _Claimed) -> Reply:
        subscriber = item.subscriber
        if subscriber.kind is SubscriberKind.ROOM:
            return self._rooms.post(subscriber.address, str(item.body["text"]))
        # Databases keep no order of keys: sorted, the bytes are the same at every try.
        body = json.dumps(
            item.body, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        ).encode()
        headers = signed_headers(
            good_secrets(self._secret, subscriber, self._clock.now()),
            event_id=item.relay.event_id,
            body=body,
            at=self._wall.now(),
        )
        return webhook.post(subscriber.address, body, headers)

    def _record(self, connection: Connection, item: _Claimed, reply: Reply) -> None:
        relay, subscriber, now = item.relay, item.subscriber, self._clock.now()
        verdict = after(
            reply, kind=subscriber.kind, happened_at=relay.at, attempts=item.number, now=now
        )
        is_ours = relays.record(
            connection,
            relay.id,
            item.number,
            status=verdict.status,
            answer_code=reply.code,
            reason=reply.reason,
            receipt=reply.receipt,
            next_try_at=verdict.at,
            now=now,
        )
        if not is_ours or verdict.status is RelayStatus.DONE:
            return
        is_over = verdict.status is RelayStatus.GIVEN_UP
        if is_over:
            log.error(
                "Another system could not be told what happened; nobody tries any more.",
                extra={"action": "relay_given_up", "relay": relay.id, "reason": reply.reason},
            )
        if is_over or item.number == _TELL_AT_TRY:
            values = {"name": subscriber.name, "no": str(relay.incident_id or "-")}
            tell_operators(
                connection, NoticeKind.RELAY_FAILED, f"subscriber:{subscriber.id}", values, now
            )

    def _run(self) -> None:
        while not self._stopping:
            try:
                busy = self.may_work() and self.deliver_due() > 0
            except Exception:
                log.exception(
                    "Looking for events for other systems failed and will be tried again.",
                    extra={"action": "relays_failed"},
                )
                busy = False
            if not busy:
                self._bell.wait(self._look_every_s)
            self._bell.clear()

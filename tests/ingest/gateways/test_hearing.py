"""One frame, heard: the right profile, nothing lost, and a decoder's fault costs only the frame."""

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Frame, Order, Session, Split
from ingest.codecs.watch import WATCH
from ingest.gateways.hearing import Heard, device_name, hear, passed_over
from ingest.gateways.outgoing import Origin
from tests.ingest.gateways.station import position, watch

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ORIGIN = Origin(prefix="121/v1", gateway="g1", connection="c-1", protocol="watch")


def heard(frame: bytes, profile: Profile | None = None, device: str = "8800000015") -> Heard:
    """Hear *frame* on a new connection; the band *device* has *profile*, others the default."""

    def profile_for(protocol: str, device_id: str) -> Profile:
        return profile if profile and device_id == device else profile_of(protocol)

    session = WATCH.open(profile_of("watch"))
    return hear(WATCH, frame, session, profile_for=profile_for, origin=ORIGIN, number=1, at=NOW)


def test_a_band_is_read_by_its_own_profile() -> None:
    """The frame that tells whose it is, is read as that model means it, and so are the next."""
    local = replace(profile_of("watch"), model="local-time", utc_offset_min=480)

    ours, others = heard(position("160000"), local), heard(position("160000"), local, "77")

    assert NOW.timestamp() == json.loads(ours.messages[0].payload)["t"]
    assert (NOW + timedelta(hours=8)).timestamp() == json.loads(others.messages[0].payload)["t"]
    assert local == ours.session.profile


def test_a_model_on_trial_is_marked() -> None:
    """The ingest role lets only its SOS ring."""
    report = json.loads(heard(position(), profile_of("watch", "brand-new")).messages[0].payload)

    assert "observed" in report["flags"]


def test_what_cannot_be_read_is_kept_and_is_a_sign_of_life() -> None:
    """The bytes go to the technicians; of a band that is known the ingest role hears that it is."""
    known = heard(watch("LK")).session
    frame = b"[3G*nonsense]"

    said = hear(
        WATCH,
        frame,
        known,
        profile_for=lambda protocol, _: profile_of(protocol),
        origin=ORIGIN,
        number=7,
        at=NOW,
    )

    topics = [message.topic for message in said.messages]
    assert ["121/v1/raw/g1/watch/8800000015", "121/v1/up/8800000015/report"] == topics
    raw = json.loads(said.messages[0].payload)
    assert (frame, 7) == (base64.b64decode(raw["raw"]), raw["n"])


def test_bytes_of_nobody_go_under_unknown() -> None:
    """Without a device id there is no report, only bytes."""
    said = heard(b"[3G*nonsense]")

    assert ["121/v1/raw/g1/watch/unknown"] == [message.topic for message in said.messages]


class Broken:
    """A decoder with a fault."""

    name = "broken"
    most_buffer = 100
    idle_s = 60.0

    def recognises(self, start: bytes) -> bool:
        """Say yes."""
        return bool(start)

    def split(self, buffer: bytes) -> Split:
        """Take all."""
        return Split(frames=(buffer,))

    def open(self, profile: Profile) -> Session:
        """Return a plain session."""
        return Session(profile=profile)

    def decode(self, frame: bytes, session: Session, received_at: datetime) -> Frame:
        """Break."""
        raise KeyError(frame, session, received_at)

    def encode(self, order: Order, session: Session) -> tuple[bytes, Session] | None:
        """Say nothing."""
        del order, session
        return None


def test_a_decoders_fault_costs_only_the_frame() -> None:
    """The frame is kept with the error's name, the session stands, the fault is told."""
    session = Session(profile=profile_of("watch"), device_id="8800000015")

    said = hear(
        Broken(),
        b"bytes",
        session,
        profile_for=lambda protocol, _: profile_of(protocol),
        origin=ORIGIN,
        number=1,
        at=NOW,
    )

    assert isinstance(said.fault, KeyError)
    assert session == said.session
    assert "decoder failed: KeyError" == json.loads(said.messages[0].payload)["reason"]
    assert 2 == len(said.messages)


def test_names_fit_topics() -> None:
    """An id that could leave its level of a topic is no name."""
    assert "ab_1" == device_name("AB_1")
    assert [None] * 5 == [device_name(name) for name in ("", "a/b", "+", "#", "x" * 33)]


@given(parts=st.lists(st.sampled_from([b"noise", b"\r\n", watch("LK"), position()]), max_size=6))
def test_bytes_between_frames_are_found(parts: list[bytes]) -> None:
    """What is shown as passed over is exactly what no frame took."""
    buffer = b"".join(parts)
    noise = b"".join(part for part in parts if not part.startswith(b"["))

    assert noise == passed_over(buffer, WATCH.split(buffer))

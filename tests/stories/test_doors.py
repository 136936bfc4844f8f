"""The doors of the service: the broker, signed callbacks, codes that prove a number."""

from pydantic import SecretStr
from sqlalchemy import select

from aihuijia.ingest_role import ingest_role
from core.incidents import IncidentState
from simulators.phone_network.record import Happened
from store import schema
from store.database import reading
from tests.ingest.wire import Wire
from tests.scenes import report, rows
from tests.servers import Mosquitto, until
from tests.stories import stage as stages
from tests.stories.scene import Story


def test_an_sos_through_the_broker(story: Story, broker: Mosquitto) -> None:
    """An SOS that a band publishes to the broker has both guardians texted and called."""
    name = f"story-{story.engine.dialect.name}"
    story.is_set(topic_prefix=f"121/{name}", mqtt_client_id=name)
    ingest = ingest_role(story.settings, story.engine, story.clock, broker_url=broker.url)
    ingest.start()
    until(ingest.connected.is_set, "ingest listens")
    with Wire(broker) as band:
        said = report("broker-1", at=story.clock.now(), alarms=["sos"], why="alarm")
        band.say(f"121/{name}/up/band-1/report", said)
        until(lambda: story.incidents() == 1, "the SOS is an incident")
    ingest.stop()
    Wire(broker, client_id=name).close()  # the broker is shared: it must not keep anything for us
    story.incident_id = 1
    story.settles()

    assert ["0 sms ask: chen shen", "0 voice ask: chen shen"] == story.sent()
    story.wraps_up()


def test_the_old_token_is_good_while_it_is_rotated(story: Story) -> None:
    """During a rotation callbacks that are signed with the token before are still believed."""
    story.is_set(
        twilio_auth_token=SecretStr("the new auth token of the story"),
        twilio_auth_token_previous=SecretStr(stages.AUTH_TOKEN),
    )
    story.town.sos()
    story.incident_id = 1
    url = f"{story.stage.public_url}/hooks/twilio/sms"
    form = {"MessageSid": "SM" + "1" * 32, "From": story.chen.number, "Body": "1"}

    assert 200 == story.posts_signed(url, form)
    assert story.chen.id in story.incident.going()
    assert 403 == story.posts_signed(url, {**form, "Body": "3"}, token="a third token")
    story.is_set(twilio_auth_token=SecretStr(stages.AUTH_TOKEN))
    story.passes(10)
    story.sent()


def test_a_text_with_a_wrong_signature_is_not_taken(story: Story) -> None:
    """A forged reply closes nothing, however well it is worded."""
    story.wanders_off()
    story.sent()
    url = f"{story.stage.public_url}/hooks/twilio/sms"
    form = {"MessageSid": "SM" + "2" * 32, "From": story.chen.number, "Body": "3"}

    assert 403 == story.posts_signed(url, form, token="somebody else's token")
    assert IncidentState.GUARDIANS is story.state
    story.wraps_up()


def test_a_code_proves_a_number(story: Story) -> None:
    """The code that goes to a guardian's number and comes back by SMS proves that it is read."""
    point = schema.contact_point
    with reading(story.engine) as connection:
        point_id = connection.scalar(
            select(point.c.id).where(point.c.person_id == story.chen.id, point.c.channel == "sms")
        )
    started = story.stage.pages.post(f"/api/contact-points/{point_id}/code", headers=story.staff)
    story.settles()
    (line,) = story.sent()
    (text,) = story.texts_to(story.chen)
    code = "".join(c for c in text.partition("爱回家】")[2] if c.isdigit())[:6]
    story.texts(story.chen, code)

    assert 200 == started.status_code, started.text
    assert "0 sms notice verification: chen" == line
    (verified,) = rows(story.engine, point, "verified_at", id=point_id)
    assert verified is not None


def test_a_reply_is_answered_before_it_is_understood(story: Story) -> None:
    """The provider is thanked at once for whatever is signed, and may post it again unharmed."""
    story.wanders_off()
    story.sent()
    url = f"{story.stage.public_url}/hooks/twilio/sms"
    form = {"MessageSid": "SM" + "3" * 32, "From": story.chen.number, "Body": "1"}
    answers = [story.posts_signed(url, form) for _ in range(3)]
    story.settles()

    assert [200, 200, 200] == answers
    assert ["0 sms confirm going: chen", "0 sms inform going: shen"] == story.sent()
    assert not story.record(Happened.TEXT_SENT)

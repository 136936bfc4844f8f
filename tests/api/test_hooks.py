"""The provider's callbacks: who is believed, what is kept, what is said back."""

import threading
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from api.app import create_app
from api.services import Services
from core.clock import ManualClock
from core.incidents import IncidentState
from core.people import Language
from core.settings import Settings
from store import incidents, schema
from store.database import reading
from tests.api.conftest import Serve, listening
from tests.api.hook_bench import (
    GUARDIAN,
    NEW,
    OLD,
    PUBLIC,
    STRANGER,
    Provider,
    call_to,
    inbox_of,
)
from tests.api.world import SECRET, World
from tests.scenes import AlertsRole

STATUS = "/hooks/twilio/status?token=12-1"
RECEIPT = {"MessageSid": "SM1", "MessageStatus": "sent", "To": GUARDIAN, "ErrorCode": ""}
UNREADABLE = "【121爱回家】能去请回1，不能去回2，已找到回3。"


@pytest.fixture
def settings() -> Settings:
    """Return settings in the middle of a change of the provider's secret."""
    return Settings(
        secret_key=SecretStr(SECRET),
        public_url=PUBLIC,
        twilio_auth_token=SecretStr(NEW),
        twilio_auth_token_previous=SecretStr(OLD),
    )


@pytest.fixture
def provider(client: httpx.Client) -> Provider:
    """Give the provider."""
    return Provider(client)


@pytest.fixture
def alerts(world: World, clock: ManualClock) -> AlertsRole:
    """Give the alerts role of the small world."""
    return AlertsRole(world.engine, clock)


def state_of(world: World, incident_id: int) -> IncidentState:
    """Return how the incident stands."""
    with reading(world.engine) as connection:
        return incidents.load(connection, incident_id).state


def reads(world: World, person_id: int, language: Language) -> None:
    """Let a person read *language*."""
    table = schema.person
    with world.engine.begin() as connection:
        connection.execute(
            table.update().where(table.c.id == person_id).values(language=language.value)
        )


# -- who is believed -----------------------------------------------------------------------------


@pytest.mark.parametrize("token", [NEW, OLD])
def test_either_secret_is_believed_while_it_changes(client: httpx.Client, token: str) -> None:
    """Callbacks signed with the new secret or the one before are taken."""
    assert 204 == Provider(client, token=token).post(STATUS, RECEIPT).status_code


@pytest.mark.parametrize("token", ["another", ""])
def test_nobody_else_is_believed(client: httpx.Client, world: World, token: str) -> None:
    """Any other secret is refused, the empty one above all, and nothing is kept."""
    answer = Provider(client, token=token).post(STATUS, RECEIPT)

    assert 403 == answer.status_code
    assert [] == inbox_of(world, "receipt")


def test_without_a_secret_nobody_is_believed(
    serve: Serve, world: World, settings: Settings
) -> None:
    """A service that has no secret believes nobody: with an empty one anybody could sign."""
    bare = settings.model_copy(
        update={"twilio_auth_token": SecretStr(""), "twilio_auth_token_previous": SecretStr("")}
    )
    with serve(world, changed=bare).client() as client:
        assert 403 == Provider(client, token="").post(STATUS, RECEIPT).status_code


def test_no_signature_is_no_entry(client: httpx.Client) -> None:
    """A callback without a signature is refused on every hook."""
    answers = [
        client.post(path, data=RECEIPT).status_code
        for path in (STATUS, "/hooks/twilio/sms", "/hooks/twilio/key?token=1-1")
    ]

    assert [403] * 3 == answers


def test_a_field_that_was_changed_on_the_way_is_noticed(client: httpx.Client) -> None:
    """The signature covers every field and the address."""
    signed = Provider(client).post(STATUS, RECEIPT)
    signature = signed.request.headers["X-Twilio-Signature"]
    changed = client.post(
        STATUS,
        data={**RECEIPT, "MessageStatus": "failed"},
        headers={"X-Twilio-Signature": signature},
    )
    moved = client.post(
        "/hooks/twilio/status?token=13-1", data=RECEIPT, headers={"X-Twilio-Signature": signature}
    )

    assert (204, 403, 403) == (signed.status_code, changed.status_code, moved.status_code)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("http://121.example.org", "http://121.example.org:80"),
        ("http://121.example.org:80", "http://121.example.org"),
        ("https://121.example.org", "https://121.example.org:443"),
        ("https://121.example.org:8443", "https://121.example.org:8443"),
    ],
)
def test_the_port_may_stand_in_the_address_or_not(
    serve: Serve, world: World, settings: Settings, ours: str, theirs: str
) -> None:
    """The provider signs the public address, with its port or without."""
    changed = settings.model_copy(update={"public_url": ours})
    with serve(world, changed=changed).client() as client:
        answer = Provider(client, public_url=theirs).post(STATUS, RECEIPT)

    assert 204 == answer.status_code


def test_a_body_in_json_is_held_by_its_hash(client: httpx.Client, world: World) -> None:
    """JSON is believed when the signed address has the hash of exactly this body."""
    provider = Provider(client)
    right = provider.post_json(STATUS, RECEIPT)
    wrong = provider.post_json(STATUS, {**RECEIPT, "MessageStatus": "failed"}, hashed=RECEIPT)
    no_object = provider.post_json(STATUS, [1])

    assert (204, 403, 400) == (right.status_code, wrong.status_code, no_object.status_code)
    assert ["sent"] == [body["status"] for body in inbox_of(world, "receipt")]


def test_json_without_a_hash_is_not_believed(client: httpx.Client) -> None:
    """A signature that covers only the address lets no body in."""
    signed = Provider(client).post(STATUS, {})
    answer = client.post(
        STATUS,
        json=RECEIPT,
        headers={"X-Twilio-Signature": signed.request.headers["X-Twilio-Signature"]},
    )

    assert 403 == answer.status_code


def test_bodies_are_bounded(client: httpx.Client, provider: Provider) -> None:
    """Too long, too many fields or no text at all: refused, and nothing breaks."""
    long = provider.post(STATUS, {**RECEIPT, "Body": "x" * 70_000})
    many = provider.post(STATUS, {f"Field{number}": "x" for number in range(300)})
    odd = client.post(STATUS, content=b"\xff\xfe=1")

    assert (413, 400, 400) == (long.status_code, many.status_code, odd.status_code)


# -- receipts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "more", "expected"),
    [
        ("accepted", {}, {"status": "queued"}),
        ("delivered", {}, {"status": "delivered"}),
        ("read", {}, {"status": "delivered"}),
        (
            "undelivered",
            {"ErrorCode": "30003"},
            {"status": "undelivered", "error": "30003", "trouble": "away"},
        ),
        (
            "failed",
            {"ErrorCode": "30006"},
            {"status": "failed", "error": "30006", "trouble": "dead_number"},
        ),
        ("failed", {}, {"status": "failed", "trouble": "provider"}),
    ],
)
def test_a_receipt_is_kept_in_our_words(
    provider: Provider, world: World, said: str, more: dict[str, str], expected: dict[str, str]
) -> None:
    """What the inbox gets names message and try, our status and, for a failure, what it needs."""
    assert 204 == provider.says("12-3", said, **more)
    assert [{"notification": 12, "number": 3, "provider_id": "SM9", **expected}] == inbox_of(
        world, "receipt"
    )


@pytest.mark.parametrize(
    ("said", "more", "expected"),
    [
        ("completed", {}, {"status": "completed"}),
        ("completed", {"AnsweredBy": "human"}, {"status": "completed"}),
        (
            "completed",
            {"AnsweredBy": "machine_start"},
            {"status": "no-answer", "trouble": "not_answered"},
        ),
        ("busy", {}, {"status": "busy", "trouble": "not_answered"}),
        ("no-answer", {}, {"status": "no-answer", "trouble": "not_answered"}),
    ],
)
def test_a_call_s_end_is_kept_in_our_words(
    provider: Provider, world: World, said: str, more: dict[str, str], expected: dict[str, str]
) -> None:
    """A call that a voice mailbox took has reached nobody."""
    fields = {"CallSid": "CA1", "CallStatus": said, "CallDuration": "12", **more}
    provider.post("/hooks/twilio/status?token=12-3", fields)

    assert [{"notification": 12, "number": 3, "provider_id": "CA1", **expected}] == inbox_of(
        world, "receipt"
    )


def test_the_same_receipt_counts_once(provider: Provider, world: World) -> None:
    """Doubled and out of order: each status of each message is kept once, all are thanked for."""
    said = [
        provider.says("12-1", status) for status in ("delivered", "sent", "delivered", "queued")
    ]

    assert [204] * 4 == said
    assert ["delivered", "sent", "queued"] == [
        body["status"] for body in inbox_of(world, "receipt")
    ]


@pytest.mark.parametrize("token", ["", "x", "12", "-1-1", "1" * 60, "12-1; drop"])
def test_a_token_that_is_none_is_refused(provider: Provider, world: World, token: str) -> None:
    """A receipt for nothing of ours is refused and not kept."""
    answer = provider.post(f"/hooks/twilio/status?token={token.replace(' ', '%20')}", RECEIPT)

    assert answer.status_code in (400, 422)
    assert [] == inbox_of(world, "receipt")


def test_late_receipts_out_of_order_change_nothing(
    provider: Provider, world: World, alerts: AlertsRole
) -> None:
    """A phone that has the message keeps it, whatever older news comes after."""
    world.lose_elder()
    alerts.tick()
    token = alerts.sms.sent[0].message.token
    for status in ("delivered", "sent", "failed", "queued"):
        provider.says(token, status)
    alerts.tick()
    table = schema.notification
    with reading(world.engine) as connection:
        found = connection.execute(table.select().where(table.c.id == int(token.split("-")[0])))

        assert "delivered" == found.one().status


# -- texts ---------------------------------------------------------------------------------------


def test_an_answer_by_text_counts_at_once(provider: Provider, world: World) -> None:
    """“1” from somebody who was asked: they are going; the confirmation comes as its own SMS."""
    incident_id = world.lose_elder()

    assert [] == provider.texts("１")
    assert IncidentState.ACCEPTED is state_of(world, incident_id)


def test_a_text_that_means_nothing_is_answered_three_times_an_hour(
    provider: Provider, world: World, clock: ManualClock
) -> None:
    """Three answers to one number in an hour, then silence; every text is kept."""
    world.lose_elder()
    first = [provider.texts(f"什么 {number}") for number in range(5)]
    clock.advance(3601)
    later = provider.texts("怎么回事")

    assert [[UNREADABLE]] * 3 + [[]] * 2 + [[UNREADABLE]] == [*first, later]
    assert 6 == len(inbox_of(world, "reply"))


def test_our_answers_never_use_up_what_a_number_may_get(
    provider: Provider, world: World, clock: ManualClock
) -> None:
    """Of ten messages a day at most four are answers to nonsense: asks are still to come."""
    world.lose_elder()
    answered = 0
    for number in range(12):
        answered += len(provider.texts(f"什么 {number}"))
        clock.advance(1800)

    assert 4 == answered


def test_a_stranger_is_answered_too_and_counted(provider: Provider, world: World) -> None:
    """Who is not registered hears so, three times an hour, whatever they write."""
    said = [provider.texts("1", sender=STRANGER) for _ in range(4)]

    assert [1, 1, 1, 0] == [len(texts) for texts in said]
    assert "未登记" in said[0][0]
    assert 4 == len(inbox_of(world, "reply"))


def test_an_incident_that_is_not_theirs_is_named(provider: Provider, world: World) -> None:
    """A number of an incident they were not asked about changes nothing, and they hear so."""
    incident_id = world.lose_elder()
    (text,) = provider.texts(f"1 {incident_id + 7}")

    assert "没有找到这个编号" in text
    assert IncidentState.GUARDIANS is state_of(world, incident_id)


def test_somebody_whom_nobody_asked_hears_so(provider: Provider) -> None:
    """An answer while nothing is open is kept, and its sender need not wonder."""
    (text,) = provider.texts("1")

    assert "没有需要你帮忙的事" in text


def test_an_answer_is_in_the_reader_s_language(provider: Provider, world: World) -> None:
    """Who reads English gets English."""
    world.lose_elder()
    reads(world, world.guardian_id, Language.ENGLISH)

    assert ["【121爱回家】Please reply 1 if you can go, 2 if you cannot, 3 if found."] == (
        provider.texts("what?")
    )


@pytest.mark.parametrize("word", ["STOP", "END", "CANCEL", "QUIT", "UNSUBSCRIBE", "YES", "START"])
def test_words_of_the_provider_are_left_to_it(provider: Provider, world: World, word: str) -> None:
    """A word that the provider itself answers is no answer to us, and we do not answer it."""
    incident_id = world.lose_elder()

    assert [] == provider.texts(word, OptOutType="STOP")
    assert IncidentState.GUARDIANS is state_of(world, incident_id)
    assert [word] == [body["text"] for body in inbox_of(world, "reply")]


@pytest.mark.parametrize("word", ["STOP", " stop ", "Unsubscribe", "START"])
def test_an_unmarked_word_of_the_provider_is_not_answered(
    provider: Provider, world: World, word: str
) -> None:
    """Twilio's ordinary opt-out marks nothing: who said STOP could not even get our answer."""
    world.lose_elder()

    assert [] == provider.texts(word)


def test_a_text_that_comes_twice_is_answered_once(provider: Provider, world: World) -> None:
    """The same message delivered again is thanked for and nothing else."""
    world.lose_elder()
    said = [provider.texts("什么", sid="SM7") for _ in range(2)]

    assert [[UNREADABLE], []] == said
    assert 1 == len(inbox_of(world, "reply"))


def test_a_handling_that_takes_long_delays_no_answer(
    world: World, settings: Settings, clock: ManualClock
) -> None:
    """The provider is answered in time; what the text means is done all the same."""
    incident_id = world.lose_elder()
    release = threading.Event()

    def waits() -> None:
        release.wait(30)

    app = create_app(
        Services(
            engine=world.engine,
            clock=clock,
            settings=settings,
            inbox_arrived=waits,
        )
    )
    with listening(app) as url, httpx.Client(base_url=url, timeout=20) as client:
        said = Provider(client).texts("1")
        release.set()

    assert [] == said
    assert IncidentState.ACCEPTED is state_of(world, incident_id)


# -- keys ----------------------------------------------------------------------------------------


@pytest.fixture
def token(world: World, alerts: AlertsRole) -> str:
    """Return the token of a call that asks the first guardian."""
    world.lose_elder()
    return call_to(world, alerts, world.guardian_id).message.token


def spoken(script: object) -> str:
    """Return all that a script says."""
    return "".join(script.itertext())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("key", "words", "answered"), [("1", "你在路上", "going"), ("2", "已请下一位", "cannot")]
)
def test_a_key_is_an_answer(
    provider: Provider, world: World, token: str, key: str, words: str, answered: str
) -> None:
    """1 goes, 2 cannot; the call says that it was heard, and ends."""
    script = provider.hears_key(token, key)

    assert ["Say", "Hangup"] == [verb.tag for verb in script]
    assert words in spoken(script)
    assert [answered] == answers_of(world)


def answers_of(world: World) -> list[str]:
    """Return everything that was answered."""
    with reading(world.engine) as connection:
        return list(
            connection.scalars(schema.answer.select().with_only_columns(schema.answer.c.answer))
        )


def test_nine_says_it_again_and_listens_again(provider: Provider, world: World, token: str) -> None:
    """9 reads the whole menu again; the key after it counts; after three times it ends."""
    target, heard = "", []
    for _ in range(3):
        script = provider.hears_key(token, "9", target=target)
        (gather,) = script.findall("Gather")
        heard.append("张阿芬" in spoken(gather))
        parts = urlsplit(gather.get("action", ""))
        target = f"{parts.path}?{parts.query}"
    last = provider.hears_key(token, "9", target=target)

    assert [True] * 3 == heard
    assert f"/hooks/twilio/key?token={token}&again=3" == target
    assert ["Hangup"] == [verb.tag for verb in last]
    assert [] == answers_of(world)
    assert 4 == len(inbox_of(world, "keypress"))

    provider.hears_key(token, "1", target=target)

    assert ["going"] == answers_of(world)


@pytest.mark.parametrize("key", ["3", "0", "*", "#", ""])
def test_another_key_is_no_answer(provider: Provider, world: World, token: str, key: str) -> None:
    """A key that is not offered, or none, answers nothing; the menu is read again."""
    script = provider.hears_key(token, key)

    assert ["Say", "Gather"] == [verb.tag for verb in script]
    assert "按键无法识别" in spoken(script)
    assert [] == answers_of(world)


@pytest.mark.parametrize("answered_by", ["machine_start", "machine_end_beep", "fax"])
def test_a_voice_mailbox_answers_nothing(
    provider: Provider, world: World, token: str, answered_by: str
) -> None:
    """What a mailbox's tones make the provider hear is kept, and is no answer."""
    script = provider.hears_key(token, "1", AnsweredBy=answered_by)

    assert ["Hangup"] == [verb.tag for verb in script]
    assert [] == answers_of(world)
    assert [{"token": token, "key": "", "answered_by": answered_by}] == inbox_of(world, "keypress")


def test_the_same_key_twice_counts_once(provider: Provider, world: World, token: str) -> None:
    """A key press that is delivered again says the same and changes nothing."""
    said = [spoken(provider.hears_key(token, "1")) for _ in range(2)]

    assert said[0] == said[1]
    assert ["going"] == answers_of(world)


def test_a_call_speaks_the_language_of_who_is_called(
    provider: Provider, world: World, token: str
) -> None:
    """What is said after the key is in that person's language."""
    reads(world, world.guardian_id, Language.ENGLISH)
    (say, _) = provider.hears_key(token, "1")

    assert ("en-GB", "Thank you. You are registered as going. Details follow by SMS.") == (
        say.get("language"),
        say.text,
    )


def test_nobody_is_thanked_for_going_where_it_is_over(provider: Provider, token: str) -> None:
    """Who presses 1 after the elder was found hears that it is over."""
    provider.texts("3", sender=GUARDIAN)

    assert "已结束" in spoken(provider.hears_key(token, "1"))


def test_a_key_of_no_call_of_ours_is_kept(provider: Provider, world: World) -> None:
    """A token we do not know answers nothing; the person hears that it did not work."""
    script = provider.hears_key("999-1", "1", To=GUARDIAN)

    assert ["Say", "Hangup"] == [verb.tag for verb in script]
    assert "按键无法识别。" == spoken(script)
    assert 1 == len(inbox_of(world, "keypress"))

"""What each word of a Watch band means, and what the band waits to hear."""

import pytest

from ingest.codecs.profiles import Profile, profile_of
from ingest.codecs.readings import Confirmation, Flag, Health, Kind
from ingest.codecs.watch import WATCH
from tests.ingest.watch_frames import NOW, POSITION, decode, frame, place, read

# -- kinds and answers -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind", "answer"),
    [
        ("LK", Kind.HEARTBEAT, "LK"),
        ("LK,1", Kind.HEARTBEAT, "LK"),
        ("LK,50,100,100", Kind.HEARTBEAT, "LK"),
        ("UD," + POSITION, Kind.POSITION, None),
        ("UD_LTE," + POSITION, Kind.POSITION, None),
        ("UD_WCDMA," + POSITION, Kind.POSITION, None),
        ("UD_TDSCDMA," + POSITION, Kind.POSITION, None),
        ("UD2," + POSITION, Kind.POSITION, None),
        ("AL," + POSITION, Kind.ALARM, "AL"),
        ("AL", Kind.ALARM, "AL"),
        ("AL_LTE," + POSITION, Kind.ALARM, "AL"),
        ("AL_WCDMA," + POSITION, Kind.ALARM, "AL"),
        ("ALCUSTOMER1," + POSITION, Kind.ALARM, "AL"),
        ("ALX," + POSITION, Kind.ALARM, "AL"),  # unheard of, but it tells where
        ("ALX,7", Kind.UNKNOWN, None),
        ("WAD,CH," + POSITION, Kind.POSITION, None),
        ("WG," + POSITION, Kind.POSITION, None),
        ("WT," + POSITION, Kind.POSITION, None),
        ("WT", Kind.INFO, None),
        ("PP,091046," + POSITION, Kind.POSITION, None),  # two watches shook hands
        ("UDX," + POSITION, Kind.POSITION, None),
        ("UDX,7", Kind.UNKNOWN, None),
        ("WG,CH", Kind.INFO, None),
        ("INIT,1,2", Kind.INFO, "INIT,1"),
        ("INIT,1", Kind.INFO, "INIT,1"),
        ("CONFIG,TY:g36,UL:600,SY:0", Kind.INFO, "CONFIG,1"),
        ("CONFIG,1", Kind.INFO, None),  # an answer itself
        ("TKQ", Kind.INFO, "TKQ"),
        ("TKQ2", Kind.INFO, "TKQ2"),
        ("TK,#!AMR\x80", Kind.MEDIA, "TK,1"),
        ("TK,1", Kind.MEDIA, None),
        ("JXTK,0,a,1,3,#!AMR\x80", Kind.MEDIA, "JXTKR,1"),
        ("img,5,\xff\xd8", Kind.MEDIA, None),
        ("ICCID,89860000000000000000", Kind.INFO, None),
        ("RYIMEI", Kind.INFO, None),
        ("APPCONTACTTEL,", Kind.INFO, None),
        ("WIFIINFOUP,686f6d65,70617373,x", Kind.INFO, "WIFIINFOUP,1"),
        ("TS,ver:1", Kind.INFO, None),
        ("heart,71", Kind.HEALTH, None),
        ("PULSE,71", Kind.HEALTH, None),
        ("bphrt,120,79,73,,,,", Kind.HEALTH, None),
        ("VERNO,S10U-1.0", Kind.COMMAND_REPLY, None),
        ("PP", Kind.COMMAND_REPLY, None),
        ("hrtstart,600", Kind.COMMAND_REPLY, None),
        ("LZ,0,8", Kind.COMMAND_REPLY, None),
        ("rcapture", Kind.COMMAND_REPLY, None),
        ("POWEROFF", Kind.COMMAND_REPLY, None),
        ("profile", Kind.COMMAND_REPLY, None),
        ("FALLDOWN", Kind.COMMAND_REPLY, None),
        ("bodytemp2", Kind.COMMAND_REPLY, None),
        ("WHITELIST1,13800000001", Kind.COMMAND_REPLY, None),
        ("WIFISEARCH,1,home,00:00:5e:00:53:6d", Kind.COMMAND_REPLY, None),
        ("PHB2,13800000001,5F20", Kind.COMMAND_REPLY, None),
        ("FFZDPAYH5", Kind.UNKNOWN, None),
        ("FFZDPAYH5,1," + POSITION, Kind.UNKNOWN, None),
        ("\x01\x02,3", Kind.UNKNOWN, None),
    ],
    ids=lambda value: str(value)[:24],
)
def test_each_word_has_its_kind_and_its_answer(
    content: str, kind: Kind, answer: str | None
) -> None:
    """One reading a frame; an answer where the watch waits for one."""
    said = decode(frame(content))

    assert [(kind, "8800000015")] == [(r.kind, r.device_id) for r in said.readings]
    assert (None if answer is None else f"[3G*8800000015*{len(answer):04X}*{answer}]".encode()) == (
        said.reply
    )
    assert said.reason is None


def test_an_answer_is_signed_like_the_frame() -> None:
    """Same letters, same id, same index; four upper-case hex digits of length."""
    said = frame("INIT,1,2", letters="ZJ", device="688000000000015", index="00ae")

    assert b"[ZJ*688000000000015*00ae*0006*INIT,1]" == decode(said).reply


def test_a_profile_may_name_other_answers() -> None:
    """A model that wants its own keyword back, or no answer at all, gets that."""
    profile = Profile(
        protocol="watch",
        reply_names={"ALCUSTOMER1": "ALCUSTOMER1", "heart": "heart", "CONFIG": ""},
    )

    assert [b"[3G*8800000015*000B*ALCUSTOMER1]", b"[3G*8800000015*0005*heart]", None] == [
        decode(frame(content), profile).reply
        for content in ("ALCUSTOMER1," + POSITION, "heart,71", "CONFIG,TY:x")
    ]


@pytest.mark.parametrize(
    ("word", "is_backlog"),
    [
        ("UD", False),
        ("UD_LTE", False),
        ("UD_4G", False),
        ("UD2", True),
        ("UD3", True),
        ("UD_CDMA2", True),
        ("UD_LTE2", True),
        ("UD_LTE_2", True),
        ("UD2_LTE", True),
        ("AL", False),
        ("WG", False),
    ],
)
def test_a_number_behind_the_word_means_stored_before_sending(word: str, is_backlog: bool) -> None:
    """Live reports and those of a time without coverage have different words."""
    reading = read(f"{word},{POSITION}")

    assert (word, is_backlog) == (reading.type, reading.is_backlog)


def test_a_heartbeat_tells_steps_and_battery() -> None:
    """With three values; with fewer nobody says which they are."""
    full, short, empty = read("LK,50,100,99"), read("LK,0,100"), read("LK,50,,")

    assert (50, 99) == (full.steps, full.battery_pct)
    assert (None, None) == (short.steps, short.battery_pct)
    assert (50, None) == (empty.steps, empty.battery_pct)
    assert read("LK,1,2,255").battery_pct is None


# -- alarms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "model", "alarms"),
    [
        (f"AL,{place(status='00010000')}", None, {"sos"}),
        (f"AL,{place(status='00200010')}", None, {"fall"}),
        (f"AL,{place()},0,0,10", None, {"sos"}),  # a lost SOS is worse than a false one
        (f"AL,{place()},0,0,10", "tk905-4g", {"vibration"}),
        (f"AL,{place(status='')}", None, {"sos"}),
        (f"AL,{place(status='0001')}", None, {"sos"}),
        (f"AL,{place(status='00010000')}", "tk905-4g", {"sos"}),
        ("AL,,,", None, {"sos"}),
        ("AL", None, {"sos"}),
    ],
)
def test_an_alarm_is_never_without_a_name(
    content: str, model: str | None, alarms: set[str]
) -> None:
    """What an alarm means that names none is the model's own; else somebody needs help."""
    assert alarms == read(content, profile_of("watch", model)).alarms


def test_an_alarm_rings_without_time_and_place() -> None:
    """A clock never set and coordinates 0,0 cost nothing but themselves."""
    lost = place(day="010120", lat="0.0", lon="0.0", valid="V", status="00010000")
    reading = read("AL," + lost)

    assert (frozenset({"sos"}), None, None) == (reading.alarms, reading.fix_time, reading.position)
    assert {Flag.BAD_CLOCK, Flag.NULL_ISLAND} == reading.flags


# -- wellness --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "health"),
    [
        ("heart,71", Health(bpm=71)),
        ("HEART,71", Health(bpm=71)),
        ("heart,0", Health()),
        ("heart", Health()),
        ("PULSE,68", Health(bpm=68)),
        ("bphrt,120,79,73,,,,", Health(sys=120, dia=79, bpm=73)),
        ("bphrt,120,79,73,170,1,80,60", Health(sys=120, dia=79, bpm=73)),
        ("bphrt,0,0,0,,,,", Health()),
        ("bphrt,,,73", Health(bpm=73)),
        ("BLOOD,125,80", Health(sys=125, dia=80)),
        ("BLOOD,125,80,72", Health(sys=125, dia=80, bpm=72)),
        ("oxygen,0,98", Health(spo2_pct=98)),
        ("oxygen,98", Health(spo2_pct=98)),
        ("oxygen,0,0", Health()),
        ("oxygen,0,", Health()),
        ("oxygen", Health()),
        ("TEMP,36.5", Health(temp_c=36.5)),
        ("TEMP,0", Health()),
        ("TEMP,1.0", Health()),
        ("btemp2,0,36.7", Health(temp_c=36.7, site="forehead")),
        ("btemp2,1,36.32", Health(temp_c=36.32, site="wrist")),
        ("btemp2,1,0", Health(site="wrist")),
        ("btemp2,,36.4", Health(temp_c=36.4)),
        ("btemp2,36.4", Health(temp_c=36.4)),
        ("btemp2,1", Health()),
    ],
)
def test_wellness_figures(content: str, health: Health) -> None:
    """Each word has its figures; a failed measurement is None."""
    reading = read(content)

    assert health == reading.health
    assert frozenset() == reading.flags


@pytest.mark.parametrize("content", ["heart,999", "heart,-1", "TEMP,hot", "oxygen,0,101"])
def test_a_figure_that_cannot_be_is_left_out(content: str) -> None:
    """It is flagged and costs nothing else."""
    reading = read(content)

    assert Health() == reading.health
    assert {Flag.BAD_FIELD} == reading.flags


# -- echoes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "do"),
    [
        ("CR", "locate"),
        ("UPLOAD", "interval"),
        ("UPLOAD,600", "interval"),
        ("FIND", "find"),
        ("SOS", "contacts"),
        ("SOS2,13800000001", "contacts"),
        ("REMOVE,1", "removal_alarm"),
        ("RESET", "reboot"),
        ("SOSSMS,0", None),
        ("CENTER", None),
        ("REMOVESMS", None),
        ("UD," + POSITION, None),
    ],
)
def test_an_echo_confirms_its_order(content: str, do: str | None) -> None:
    """The bare keyword says that the order came, not that it was done."""
    assert (() if do is None else (Confirmation(do=do),)) == decode(frame(content)).confirmations


# -- what is not kept ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kept"),
    [
        ("TK,#!AMR\x80secret", "TK"),
        ("img,5,\xffsecret", "img"),
        ("JXTK,1,2,3,4,secret", "JXTK"),
        ("PHB,13800000001,secret", "PHB"),
        ("SOS1,13800000001,secret", "SOS1"),
        ("ICCID,secret", "ICCID"),
        ("WIFIINFOUP,686f6d65,secret,x", "WIFIINFOUP"),
        ("WHITELIST2,13800000001,secret", "WHITELIST2"),
        ("TS,ver:1;center:13800000001;secret", "TS"),
        ("INIT,13800000001,secret", "INIT"),
    ],
)
def test_private_content_is_dropped(content: str, kept: str) -> None:
    """Voice, pictures, numbers: acknowledged where due, flagged, and not kept."""
    reading = read(content)

    assert frame(kept, length=len(content)) == reading.raw
    assert {Flag.PRIVATE_CONTENT} == reading.flags
    assert "secret" not in str(reading.to_json())


def test_other_frames_are_kept_as_they_came() -> None:
    """Byte for byte, up to 2 KiB."""
    short, long = frame("FFZDPAYH5,\xe9"), frame("FFZDPAYH5," + "x" * 5000)

    assert short == decode(short).readings[0].raw
    assert long[:2048] == decode(long).readings[0].raw


# -- a connection ----------------------------------------------------------------------------------


def test_the_first_id_owns_the_connection() -> None:
    """Another one's frame is read and answered under its own id and does not take over."""
    session = WATCH.decode(frame("LK"), WATCH.open(Profile(protocol="watch")), NOW).session
    other = WATCH.decode(frame("LK", letters="ZJ", device="123456789012345"), session, NOW)

    assert "8800000015" == session.device_id
    assert session == other.session
    assert "123456789012345" == other.readings[0].device_id
    assert b"[ZJ*123456789012345*0002*LK]" == other.reply


def test_a_line_end_behind_a_frame_is_no_matter() -> None:
    """Some firmware sends one."""
    assert (
        read("LK,1,2,50").battery_pct
        == decode(frame("LK,1,2,50") + b"\r\n").readings[0].battery_pct
    )

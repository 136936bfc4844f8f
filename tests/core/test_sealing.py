"""What is sealed opens with its key, at its place, and nowhere else."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from core.errors import SettingError
from core.sealing import Sealer, Unreadable, mark_of, new_key, sealer_of
from core.settings import Settings

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
PLACE = "elder:17:identity_number"


@given(value=st.binary(max_size=500), place=st.text(max_size=50))
def test_what_is_sealed_opens(value: bytes, place: str) -> None:
    """Any bytes come back whole, and the sealed form does not show them."""
    sealer = Sealer([NEW])
    sealed = sealer.seal(value, about=place)

    assert value == sealer.open(sealed.token, about=place)
    assert len(value) < 8 or value not in sealed.token


@given(value=st.binary(max_size=200), at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_a_changed_value_opens_no_more(value: bytes, at: int, bit: int) -> None:
    """Whoever changes one bit of a row finds it refused, not read as something else."""
    sealer = Sealer([NEW])
    token = bytearray(sealer.seal(value, about=PLACE).token)
    token[at % (len(token) - 4)] ^= 1 << bit

    with pytest.raises(Unreadable):
        sealer.open(bytes(token), about=PLACE)


def test_it_opens_at_its_own_place_only() -> None:
    """One person's number copied into another person's row is not read as theirs."""
    sealer = Sealer([NEW])
    sealed = sealer.seal(b"1", about=PLACE)

    with pytest.raises(Unreadable, match="another place"):
        sealer.open(sealed.token, about="elder:1:identity_number")


def test_all_keys_open_and_the_first_seals() -> None:
    """After a new key was put first, old values open, and new ones carry the new key's mark."""
    old = Sealer([OLD]).seal(b"1", about=PLACE)
    both = Sealer([NEW, OLD])

    assert b"1" == both.open(old.token, about=PLACE)
    assert (mark_of(OLD), mark_of(NEW)) == (old.key_mark, both.seal(b"2", about=PLACE).key_mark)


def test_resealed_opens_without_the_old_key() -> None:
    """Once sealed anew, the old key can be thrown away, and the place still counts."""
    old = Sealer([OLD]).seal(b"1", about=PLACE)
    anew = Sealer([NEW, OLD]).reseal(old.token)

    assert (b"1", mark_of(NEW)) == (Sealer([NEW]).open(anew.token, about=PLACE), anew.key_mark)


def test_without_the_key_the_text_says_what_to_do() -> None:
    """A missing key is named as the setting that it belongs to."""
    sealed = Sealer([OLD]).seal(b"1", about=PLACE)

    with pytest.raises(Unreadable, match="AIHUIJIA_DATA_KEYS"):
        Sealer([NEW]).open(sealed.token, about=PLACE)


@given(one=st.binary(max_size=40), other=st.binary(max_size=40))
def test_digests_are_equal_for_equal_values_only(one: bytes, other: bytes) -> None:
    """Equal numbers are found without opening any, under each key apart."""
    sealer = Sealer([NEW, OLD])

    assert (one == other) == (sealer.digests(one, about="n") == sealer.digests(other, about="n"))
    assert sealer.digests(one, about="n")[1] == Sealer([OLD]).digests(one, about="n")[0]
    assert sealer.digests(one, about="n")[0] != sealer.digests(one, about="m")[0]


def test_no_key_is_shown() -> None:
    """What might be logged tells marks, not keys."""
    shown = repr(Sealer([NEW, OLD]))

    assert NEW not in shown
    assert mark_of(NEW) in shown


def test_keys_come_from_the_settings() -> None:
    """Keys with commas between are taken in their order, spaces do not matter."""
    settings = Settings(data_keys=SecretStr(f"{NEW}, {OLD},"))

    assert (mark_of(NEW), mark_of(OLD)) == sealer_of(settings).marks


def test_without_keys_the_text_says_how_to_make_one() -> None:
    """Whoever wants to seal without a key reads the command that makes one."""
    with pytest.raises(SettingError, match="aihuijia data-key"):
        sealer_of(Settings())


@pytest.mark.parametrize("bad", ["x", OTHER[:-4], OTHER.replace("=", ""), f"{NEW},secret", "é"])
def test_a_wrong_key_is_refused_at_the_start(bad: str) -> None:
    """A key that is none stops the start, and is not repeated in the text."""
    with pytest.raises(ValueError, match="aihuijia data-key") as raised:
        Settings(data_keys=SecretStr(bad))

    assert f"input_value={bad}" not in str(raised.value)


def test_a_new_key_is_a_key() -> None:
    """What the command prints can be used as it is."""
    assert mark_of(new_key()) != mark_of(new_key())
    assert b"1" == (sealer := Sealer([new_key()])).open(
        sealer.seal(b"1", about="x").token, about="x"
    )

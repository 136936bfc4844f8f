"""The setting that says under which codes texts were approved."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from core.settings import Settings

names = st.from_regex(r"[a-z_]{1,30}", fullmatch=True)
codes = st.from_regex(r"[A-Z]{3}_[0-9]{1,12}", fullmatch=True)


@given(st.dictionaries(names, codes, max_size=40))
def test_pairs_and_json_say_the_same(wanted: dict[str, str]) -> None:
    """Either form reads back as it was meant, with blanks and an empty place at the end."""
    pairs = ", ".join(f"{name} = {code}" for name, code in wanted.items()) + ","
    for given_as in (pairs, json.dumps(wanted)):
        assert wanted == Settings(aliyun_templates=given_as).aliyun_template_codes()


@pytest.mark.parametrize("text", ["ask", "ask=", "ask=SMS 1", "{", '{"ask": 1}', "ask=SMS_1;b=2"])
def test_what_cannot_be_read_stops_the_start(text: str) -> None:
    """A half-filled line is no setting."""
    with pytest.raises(ValidationError, match="aliyun_templates"):
        Settings(aliyun_templates=text)


@pytest.mark.parametrize("secret", ["short", "x" * 31, "x" * 31 + "/", "ü" * 32, "x" * 201])
def test_a_weak_secret_stops_the_start(secret: str) -> None:
    """It is part of an address and all the proof there is: long, and of plain letters."""
    with pytest.raises(ValidationError, match="aliyun_hook_secret"):
        Settings(aliyun_hook_secret=SecretStr(secret))


@pytest.mark.parametrize("name", ["【121爱回家】", "1", "121 爱回家"])
def test_a_signature_has_no_brackets(name: str) -> None:
    """Aliyun sets the brackets."""
    with pytest.raises(ValidationError, match="aliyun_sign_name"):
        Settings(aliyun_sign_name=name)

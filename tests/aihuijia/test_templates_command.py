"""What has to be registered, at the operator's terminal."""

import pytest
from typer.testing import CliRunner

from aihuijia.__main__ import app
from alerts.templates import all_templates
from core.settings import PREFIX, Settings


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no line be folded."""
    monkeypatch.setenv("COLUMNS", "300")


def typed(*words: str) -> str:
    """Type the command; return what is printed."""
    result = CliRunner().invoke(app, ["templates", *words])

    assert 0 == result.exit_code, result.output
    return result.output


def test_every_text_is_printed_as_it_is_registered() -> None:
    """Name, text with its variables, and what to do, in Chinese."""
    printed = typed()

    for one in all_templates():
        assert one.name in printed
        assert one.text in printed
    for words in ("签名", "模板管理", "文本转语音模板", "HTTP 批量推送", "必需", "验证码"):
        assert words in printed


def test_only_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has a code already is left out."""
    monkeypatch.setenv(f"{PREFIX}ALIYUN_TEMPLATES", "ask=SMS_1")
    first_words = [line.partition("（")[0] for line in typed("--missing").splitlines()]

    assert "ask" not in first_words
    assert "ask_rescue" in first_words


def test_the_setting_s_line_can_be_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names every text; with codes it is what the settings read."""
    monkeypatch.setenv(f"{PREFIX}ALIYUN_TEMPLATES", "ask=SMS_1")
    name, _, pairs = typed("--setting").strip().partition("=")
    filled = pairs.replace("=,", "=X_1,").removesuffix("=") + "=X_1"
    codes = Settings(aliyun_templates=filled).aliyun_template_codes()

    assert f"{PREFIX}ALIYUN_TEMPLATES" == name
    assert {one.name for one in all_templates()} == set(codes)
    assert "SMS_1" == codes["ask"]

"""Numbers of the mainland, as providers there write them: without a country. Pure."""

import re

_MOBILE = re.compile(r"\+86(1\d{10})")  # whether it is given out, the provider knows
_LANDLINE = re.compile(r"\+86(10\d{8}|[2-9]\d{8,10})")


def mobile(number: str) -> str | None:
    """Return an E.164 number as it is dialled there, None when it is no mobile of the mainland."""
    match = _MOBILE.fullmatch(number)
    return match.group(1) if match else None


def landline(number: str) -> str | None:
    """Return an E.164 number as it is dialled at home, None when it is no fixed line there."""
    match = _LANDLINE.fullmatch(number)
    return f"0{match.group(1)}" if match else None


def e164(number: str) -> str:
    """Return a number that was written there in E.164."""
    digits = re.sub(r"\D", "", number.removeprefix("+").removeprefix("00"))[:18]
    if re.fullmatch(r"1\d{10}", digits):
        return f"+86{digits}"
    if re.fullmatch(r"0[1-9]\d{8,10}", digits):
        return f"+86{digits[1:]}"
    return f"+{digits}"

"""Identity numbers of the mainland (GB 11643): 17 digits and a check character. Pure.

The number says when somebody was born and whether they are a woman, so it can be compared with
what else was written. It is kept sealed: core/sealing.py.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

_FORM = re.compile(r"[1-9]\d{16}[0-9X]")
#: GB 11643: weights 2^(18 - position) modulo 11, and the character for each rest
_WEIGHTS = tuple(2 ** (17 - place) % 11 for place in range(17))
_CHECKS = "10X98765432"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityNumber:
    """One that may exist, and what it says."""

    number: str
    born_on: date
    sex: str  #: "f" or "m"

    def __repr__(self) -> str:
        """Show nothing: it might be logged."""
        return "IdentityNumber(…)"


def normalised(text: str) -> str:
    """Return the number without spaces, in ASCII digits, with a large X."""
    return re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text)).upper()


def read(text: str) -> IdentityNumber:
    """Return what the number says; ValueError when no such number can exist."""
    number = normalised(text)
    if not _FORM.fullmatch(number) or not number.isascii():
        raise ValueError("it is not 17 digits and a digit or X")
    if check_character(number[:17]) != number[17]:
        raise ValueError("its last character does not fit the others")
    try:
        born_on = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise ValueError("its digits 7 to 14 are no date") from None
    return IdentityNumber(number=number, born_on=born_on, sex="m" if int(number[16]) % 2 else "f")


def check_character(digits: str) -> str:
    """Return the last character of the number that begins with these 17 digits."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, digits, strict=True))
    return _CHECKS[total % 11]

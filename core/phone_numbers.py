"""Phone numbers as people write them become one form: E.164. Pure.

The text of a ValueError is a sentence of the catalogue: `core.elder_rules` shows it to people.
"""

import re
import unicodedata
from collections.abc import Callable

#: marks a text for the catalogue
N_: Callable[[str], str] = str

_E164 = re.compile(r"\+[1-9]\d{5,14}")
_MAINLAND_MOBILE = re.compile(r"1[3-9]\d{9}")
_MAINLAND_LANDLINE = re.compile(r"0(?:10|2\d|[3-9]\d\d)\d{7,8}")
#: what people put between digits
_SEPARATORS = re.compile(r"[\s().·/-]+")
_LONGEST = 40

NOT_A_NUMBER = N_(
    "Write the phone number in digits: a mobile as 13812345678, a landline with its area as"
    " 0573-87012345, a number abroad as +85291234567."
)
WRONG_LENGTH = N_("A mobile number of the mainland has 11 digits and begins with 13 to 19.")


def normalised(text: str) -> str:
    """Return the number in E.164; ValueError, with what to write, when it is none.

    Mobiles and landlines of the mainland need no country: 138… becomes +86138….
    """
    if len(text) > _LONGEST:
        raise ValueError(NOT_A_NUMBER)
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", text).replace("—", "-"))
    if not re.fullmatch(r"\+?[0-9]+", plain):
        raise ValueError(NOT_A_NUMBER)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not plain.startswith("+"):
        plain = _with_country(plain)
    if not _E164.fullmatch(plain):
        raise ValueError(NOT_A_NUMBER)
    is_mainland_mobile = plain.startswith("+861") and not plain.startswith("+8610")
    if is_mainland_mobile and not _MAINLAND_MOBILE.fullmatch(plain.removeprefix("+86")):
        raise ValueError(WRONG_LENGTH)
    return plain


def is_mobile(number: str) -> bool:
    """Say whether an E.164 number can be a mobile; of numbers abroad nobody knows."""
    return not number.startswith("+86") or bool(_MAINLAND_MOBILE.fullmatch(number[3:]))


def _with_country(digits: str) -> str:
    if _MAINLAND_LANDLINE.fullmatch(digits):
        return f"+86{digits[1:]}"
    if digits.startswith("86") and len(digits) > 11:
        return f"+{digits}"
    if digits.startswith("1"):
        if not _MAINLAND_MOBILE.fullmatch(digits):
            raise ValueError(WRONG_LENGTH)
        return f"+86{digits}"
    raise ValueError(NOT_A_NUMBER)

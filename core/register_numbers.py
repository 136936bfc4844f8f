"""Numbers that name somebody or something, as spreadsheets and people leave them. Pure."""

import re
import unicodedata

from core import identity_numbers, phone_numbers
from core.band_life import check_imei
from core.errors import BadInput
from core.register_problems import Problem
from core.register_text import ROUNDED_FROM, Reading, Unfit, plain

_DEVICE = re.compile(r"[a-z0-9_-]{1,32}")
_MODEL = re.compile(r"[a-z0-9._-]{1,40}")
_OURS = "aihuijia"
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")
#: mobile numbers in a text without what people put into one
_NUMBERS = re.compile(r"(?<!\d)(?:\+?86|0086)?1[3-9]\d{9}(?!\d)|(?<!\d)0\d{9,11}(?!\d)")
#: typed before a number so that it stays text
_MARKS = "'’‘`＇"


def phone(cell: Reading) -> str:
    """Return the telephone in E.164."""
    _check_not_rounded(cell)
    if len(_NUMBERS.findall(_digits(cell.text))) > 1:
        raise Unfit(Problem.TWO_PHONES)
    try:
        return phone_numbers.normalised(_without_mark(cell.text))
    except ValueError:
        digits = re.sub(r"[^0-9A-Za-z]", "", plain(cell.text)).removeprefix("0086")
        if len(digits) > 11:
            digits = digits.removeprefix("86")
        if re.fullmatch(r"1[3-9]\d{6,12}", digits) and len(digits) != 11:
            raise Unfit(Problem.PHONE_LENGTH, found=len(digits)) from None
        raise Unfit(Problem.NOT_A_PHONE) from None


def identity(cell: Reading) -> str:
    """Return the identity number, whose own check it passes."""
    if isinstance(cell.raw, int | float) or _SCIENTIFIC.fullmatch(plain(cell.text)):
        raise Unfit(Problem.IDENTITY_ROUNDED)
    number = identity_numbers.normalised(_without_mark(cell.text))
    if len(number) != 18 or not re.fullmatch(r"[1-9]\d{16}[0-9X]", number):
        raise Unfit(Problem.IDENTITY_LENGTH, found=len(number))
    if not number.isascii() or identity_numbers.check_character(number[:17]) != number[17]:
        raise Unfit(Problem.IDENTITY_DIGIT)
    try:
        born_on = identity_numbers.read(number).born_on
    except ValueError:
        raise Unfit(Problem.IDENTITY_DATE) from None
    if born_on > cell.today:
        raise Unfit(Problem.IDENTITY_DATE)
    return number


def device(cell: Reading) -> str:
    """Return the device id in small letters."""
    _check_not_rounded(cell)
    found = plain(_without_mark(cell.text)).lower()
    if not _DEVICE.fullmatch(found) or found.startswith(_OURS):
        raise Unfit(Problem.BAD_DEVICE)
    return found


def model(cell: Reading) -> str:
    """Return the model in small letters."""
    found = plain(cell.text).lower()
    if not _MODEL.fullmatch(found):
        raise Unfit(Problem.BAD_MODEL)
    return found


def imei(cell: Reading) -> str:
    """Return the IMEI, whose own check it passes."""
    _check_not_rounded(cell)
    try:
        return check_imei(plain(_without_mark(cell.text)))
    except BadInput:
        raise Unfit(Problem.BAD_IMEI) from None


def _check_not_rounded(cell: Reading) -> None:
    is_rounded = isinstance(cell.raw, float) and (
        not cell.raw.is_integer() or abs(cell.raw) >= ROUNDED_FROM
    )
    text = plain(cell.text)
    if is_rounded or (_SCIENTIFIC.fullmatch(text) and not _DEVICE.fullmatch(text)):
        raise Unfit(Problem.PHONE_ROUNDED)


def _without_mark(text: str) -> str:
    return text.lstrip(_MARKS)


def _digits(text: str) -> str:
    """Return the text with its digits together as far as one number reaches."""
    return re.sub(r"(?<=\d)[-—](?=\d)", "", unicodedata.normalize("NFKC", text))

"""Is this really a workbook, and is it safe to open? Asked before any library opens it.

Only the directory of the archive is read: what it says of sizes is what is ever unpacked, because
Python's `zipfile` stops there.
"""

import io
import zipfile
from enum import StrEnum

#: the XML of the largest lists that are taken has some 15 MiB
MOST_UNPACKED_BYTES = 40 * 2**20
MOST_ENTRIES = 1_000
#: how many times smaller an archive may be than what is in it; long lists of the same word reach 60
MOST_RATIO = 250
_SMALL_BYTES = 2 * 2**20

_ZIP = b"PK\x03\x04"
_EMPTY_ZIP = b"PK\x05\x06"
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_CONTENT_TYPES = "[Content_Types].xml"
_FLAG_ENCRYPTED = 0x1


class FileFault(StrEnum):
    """Why a file is not read."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    OLD_EXCEL = "old_excel"
    ENCRYPTED = "encrypted"
    MACROS = "macros"
    OPEN_DOCUMENT = "open_document"
    BINARY_EXCEL = "binary_excel"
    NOT_A_LIST = "not_a_list"
    BROKEN = "broken"
    BOMB = "bomb"
    ENTITIES = "entities"
    BAD_PATHS = "bad_paths"


class Unsafe(Exception):
    """A file that must not be opened, or is none of ours."""

    def __init__(self, fault: FileFault) -> None:
        """Keep the name of what is wrong."""
        super().__init__(fault.value)
        self.fault = fault


def check_workbook(data: bytes) -> bool:
    """Say whether *data* is a workbook that may be opened; False: no archive at all.

    Unsafe for one that may not.
    """
    if data.startswith(_COMPOUND):
        is_encrypted = _ENCRYPTED_PACKAGE in data
        raise Unsafe(FileFault.ENCRYPTED if is_encrypted else FileFault.OLD_EXCEL)
    if not data.startswith((_ZIP, _EMPTY_ZIP)):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            _check_sizes(entries, len(data))
            _check_kind(archive, entries)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, OSError) as error:
        raise Unsafe(FileFault.BROKEN) from error
    return True


def _check_sizes(entries: list[zipfile.ZipInfo], packed: int) -> None:
    if any(entry.flag_bits & _FLAG_ENCRYPTED for entry in entries):
        raise Unsafe(FileFault.ENCRYPTED)
    unpacked = sum(entry.file_size for entry in entries)
    if (
        len(entries) > MOST_ENTRIES
        or unpacked > MOST_UNPACKED_BYTES
        or (unpacked > _SMALL_BYTES and unpacked > MOST_RATIO * packed)
    ):
        raise Unsafe(FileFault.BOMB)


def _check_kind(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    names = [entry.filename for entry in entries]
    lower = {name.lower() for name in names}
    if any(_leads_out(name) for name in names):
        raise Unsafe(FileFault.BAD_PATHS)
    if _CONTENT_TYPES not in names:
        is_open = "mimetype" in names and b"opendocument" in _start_of(archive, "mimetype")
        raise Unsafe(FileFault.OPEN_DOCUMENT if is_open else FileFault.NOT_A_LIST)
    kinds = _start_of(archive, _CONTENT_TYPES)
    if any(name.endswith("vbaproject.bin") for name in lower) or b"macroEnabled" in kinds:
        raise Unsafe(FileFault.MACROS)
    if "xl/workbook.bin" in lower:
        raise Unsafe(FileFault.BINARY_EXCEL)
    if not any(name.startswith("xl/") for name in lower):
        raise Unsafe(FileFault.NOT_A_LIST)


def _start_of(archive: zipfile.ZipFile, name: str) -> bytes:
    with archive.open(name) as part:
        return part.read(2**18)


def _leads_out(name: str) -> bool:
    plain = name.replace("\\", "/")
    return plain.startswith("/") or ":" in plain or ".." in plain.split("/")

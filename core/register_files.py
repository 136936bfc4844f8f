"""A file that somebody sent becomes tables, if it is what it says it is and harms nobody.

What a file is, its content tells, never its name. Nothing is written to a disk, no link is
followed, no formula and no macro runs.
"""

from collections.abc import Callable
from enum import StrEnum

from core.csv_reading import NotText, read_csv
from core.errors import BadFile
from core.languages import translations
from core.people import Language
from core.register_layout import Table
from core.register_sheets import ListName
from core.workbook_safety import MOST_UNPACKED_BYTES, FileFault, Unsafe, check_workbook

#: an upload of 400 elders with all that belongs to them has 200 kB
MOST_BYTES = 10 * 2**20

#: marks a text for the catalogue
N_: Callable[[str], str] = str

_SENTENCES: dict[FileFault, str] = {
    FileFault.EMPTY: N_("The file is empty: choose it again."),
    FileFault.TOO_LARGE: N_(
        "The file is larger than %(mib)s MiB: divide it into several, or remove pictures from it."
    ),
    FileFault.OLD_EXCEL: N_("This is an Excel file of 2003 (.xls): save it as .xlsx."),
    FileFault.ENCRYPTED: N_("The file has a password: remove it and save the file again."),
    FileFault.MACROS: N_("The file holds macros (.xlsm): save it as .xlsx without them."),
    FileFault.OPEN_DOCUMENT: N_("This is an OpenDocument file (.ods): save it as .xlsx."),
    FileFault.BINARY_EXCEL: N_("This is a binary workbook (.xlsb): save it as .xlsx."),
    FileFault.NOT_A_LIST: N_("This is neither an Excel file (.xlsx) nor a CSV file."),
    FileFault.BROKEN: N_("The file is damaged: open it in the spreadsheet program and save it."),
    FileFault.BOMB: N_(
        "The file unpacks to more than %(unpacked)s MiB: copy the lines into the template."
    ),
    FileFault.ENTITIES: N_("The file defines XML entities, as no spreadsheet program does."),
    FileFault.BAD_PATHS: N_("The file holds names that lead out of it, as none should."),
}


class UnusableFile(BadFile):
    """A file that cannot be read as lists, and why."""

    def __init__(self, fault: FileFault) -> None:
        """Keep the name of what is wrong."""
        super().__init__(_sentence(fault, Language.ENGLISH))
        self.fault = fault

    def said(self, language: Language) -> str:
        """Return what is wrong and how to mend it."""
        return _sentence(self.fault, language)


class FileKind(StrEnum):
    """What a file is."""

    XLSX = "xlsx"
    CSV = "csv"


def read_file(data: bytes, name: ListName | None = None) -> list[Table]:
    """Return the sheets of a workbook, or the one list of a CSV file.

    *name* says which list a CSV file is; without it the headings tell. UnusableFile otherwise.
    """
    if not data:
        raise UnusableFile(FileFault.EMPTY)
    if len(data) > MOST_BYTES:
        raise UnusableFile(FileFault.TOO_LARGE)
    try:
        if not check_workbook(data):
            return [read_csv(data, name)]
        # The library for workbooks takes long to load, and the door opens without it.
        from core.workbook_reading import read_workbook

        return read_workbook(data)
    except Unsafe as unsafe:
        raise UnusableFile(unsafe.fault) from unsafe
    except NotText as error:
        raise UnusableFile(FileFault.NOT_A_LIST) from error


def _sentence(fault: FileFault, language: Language) -> str:
    return translations(language).gettext(_SENTENCES[fault]) % {
        "mib": MOST_BYTES // 2**20,
        "unpacked": MOST_UNPACKED_BYTES // 2**20,
    }

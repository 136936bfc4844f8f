"""What can be wrong or unwise in a list of people and bands: sheet, row, column, and a sentence.

A remark names the place and the kind; it never holds a telephone or identity number, so that it may
be shown, kept and sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

#: more are counted and not listed
MOST_LISTED = 1_000


class Problem(StrEnum):
    """Why a file cannot be taken over."""

    # the file and its sheets
    NO_LIST = "no_list"
    LIST_TWICE = "list_twice"
    NO_HEADINGS = "no_headings"
    MERGED_HEADING = "merged_heading"
    MERGED_CELLS = "merged_cells"
    HEADING_AGAIN = "heading_again"
    HEADING_TWICE = "heading_twice"
    COLUMN_MISSING = "column_missing"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_COLUMNS = "too_many_columns"
    # one cell
    MISSING = "missing"
    FORMULA = "formula"
    ERROR_CELL = "error_cell"
    TOO_LONG = "too_long"
    UNPRINTABLE = "unprintable"
    BECAME_A_DATE = "became_a_date"
    NOT_A_NUMBER = "not_a_number"
    NOT_WHOLE = "not_whole"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_YEAR = "not_a_year"
    YEAR_TO_COME = "year_to_come"
    YEAR_TOO_OLD = "year_too_old"
    TOO_YOUNG = "too_young"
    NOT_A_DATE = "not_a_date"
    DATE_TO_COME = "date_to_come"
    NOT_YES_NO = "not_yes_no"
    NOT_A_CHOICE = "not_a_choice"
    NOT_A_PHONE = "not_a_phone"
    TWO_PHONES = "two_phones"
    PHONE_LENGTH = "phone_length"
    PHONE_ROUNDED = "phone_rounded"
    IDENTITY_LENGTH = "identity_length"
    IDENTITY_ROUNDED = "identity_rounded"
    IDENTITY_DIGIT = "identity_digit"
    IDENTITY_DATE = "identity_date"
    BAD_DEVICE = "bad_device"
    BAD_MODEL = "bad_model"
    BAD_IMEI = "bad_imei"
    BAD_HOURS = "bad_hours"
    NOT_ON_GLOBE = "not_on_globe"
    SWAPPED = "swapped"
    FAR_AWAY = "far_away"
    RADIUS_IN_KM = "radius_in_km"
    RADIUS_ABSURD = "radius_absurd"
    BAD_POSITION = "bad_position"
    # lines that belong together
    IDENTITY_TWICE = "identity_twice"
    ELDER_TWICE = "elder_twice"
    NUMBER_UNKNOWN = "number_unknown"
    NUMBER_OF_ANOTHER = "number_of_another"
    ELDER_ARCHIVED = "elder_archived"
    IDENTITY_TAKEN = "identity_taken"
    NO_KEYS = "no_keys"
    ELDER_REGISTERED_TWICE = "elder_registered_twice"
    ORGANISATION_UNKNOWN = "organisation_unknown"
    ELDER_UNKNOWN = "elder_unknown"
    ELDER_AMBIGUOUS = "elder_ambiguous"
    BAND_TWICE = "band_twice"
    CARD_TWICE = "card_twice"
    TWO_BANDS = "two_bands"
    BAND_TAKEN = "band_taken"
    WEARS_ANOTHER = "wears_another"
    BAND_NOT_USABLE = "band_not_usable"
    PHONE_TWO_NAMES = "phone_two_names"
    PHONE_OF_ANOTHER = "phone_of_another"
    GUARDIAN_TWICE = "guardian_twice"
    SAME_GUARDIAN = "same_guardian"
    POSITION_TAKEN = "position_taken"
    POSITIONS_COUNT = "positions_count"
    THREE_GUARDIANS = "three_guardians"
    OWN_PHONE = "own_phone"
    CHANGE_WAITS = "change_waits"
    ORGANISATION_MISSING = "organisation_missing"
    ZONE_TWICE = "zone_twice"
    ZONE_IS_DRAWN = "zone_is_drawn"
    CONTACT_TWICE = "contact_twice"
    REFUSED = "refused"


class Doubt(StrEnum):
    """What is taken over, and may not be meant."""

    UNKNOWN_SHEET = "unknown_sheet"
    SHEET_NAME = "sheet_name"
    HIDDEN_SHEET = "hidden_sheet"
    HIDDEN_ROWS = "hidden_rows"
    UNKNOWN_COLUMN = "unknown_column"
    COLUMN_WITHOUT_HEADING = "column_without_heading"
    WAS_A_DATE = "was_a_date"
    RENAMED = "renamed"
    SAME_NAME = "same_name"
    IDENTITY_YEAR = "identity_year"
    IDENTITY_SEX = "identity_sex"
    SMALL_ZONE = "small_zone"
    BEYOND_AREA = "beyond_area"
    ODD = "odd"
    ONE_GUARDIAN = "one_guardian"
    LAND_LINE = "land_line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing to mend or to look at, and where it stands."""

    kind: Problem | Doubt
    #: the title of the sheet as the file has it; empty for the file as a whole
    sheet: str = ""
    #: as the spreadsheet counts them, 1 is the first; None: the whole sheet
    row: int | None = None
    #: the heading as the file has it; empty: the whole line
    column: str = ""
    #: the letters of the column, like AB; empty where there is none
    letters: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def is_problem(self) -> bool:
        """Say whether it stops the file from being taken over."""
        return isinstance(self.kind, Problem)

    @property
    def place(self) -> str:
        """Return where it stands, as spreadsheets write it: `老人!D5`."""
        cell = f"{self.letters}{self.row or ''}"
        return f"{self.sheet}!{cell}" if cell else self.sheet


def first_listed(remarks: Iterable[Remark]) -> list[Remark]:
    """Return the remarks that are listed, in the order of the file."""
    remarks = list(remarks)
    sheets = {sheet: n for n, sheet in enumerate(dict.fromkeys(one.sheet for one in remarks))}

    def place(one: Remark) -> tuple[int, int, int, str]:
        return sheets[one.sheet], one.row or 0, len(one.letters), one.letters

    return sorted(remarks, key=place)[:MOST_LISTED]

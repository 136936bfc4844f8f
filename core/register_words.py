"""What is wrong with a cell, a line or a sheet, in words: what it is, and how to mend it. Pure."""

from collections.abc import Callable

from core.elder_rules import Problem as ElderProblem
from core.languages import translations
from core.people import Language
from core.register_problems import Doubt, Problem, Remark

#: marks a text for the catalogue where it cannot be translated yet
N_: Callable[[str], str] = str

_SENTENCES: dict[Problem | Doubt, str] = {
    Problem.NO_LIST: N_(
        "No sheet is one of ours: name the sheets %(titles)s, or begin with the template."
    ),
    Problem.LIST_TWICE: N_("The list was in the sheet %(other)s already: put them together."),
    Problem.NO_HEADINGS: N_(
        "No headings were found in the first row: it must name the columns, as the template does."
    ),
    Problem.MERGED_HEADING: N_(
        "Cells of the heading are merged: split them, and delete title lines above, so that the"
        " first row names each column."
    ),
    Problem.MERGED_CELLS: N_(
        "These cells are merged, and only the first holds anything: split them, and fill in each"
        " row."
    ),
    Problem.HEADING_AGAIN: N_("This line repeats the headings: delete it."),
    Problem.HEADING_TWICE: N_(
        "This heading means the same as that of column %(other)s: keep one of the two."
    ),
    Problem.COLUMN_MISSING: N_("The column “%(heading)s” is missing: add it."),
    Problem.TOO_MANY_ROWS: N_("A sheet holds at most %(most)s rows: divide it into several files."),
    Problem.TOO_MANY_COLUMNS: N_("A sheet has at most %(most)s columns: delete the others."),
    Problem.MISSING: N_("This cell is empty and must not be: fill it in."),
    Problem.FORMULA: N_(
        "This formula has no value yet: open and save the file in the spreadsheet program, or"
        " paste the value itself."
    ),
    Problem.ERROR_CELL: N_(
        "The spreadsheet shows an error here (like #N/A): mend the formula or write the value."
    ),
    Problem.TOO_LONG: N_("At most %(most)s characters fit here, not %(found)s: shorten it."),
    Problem.UNPRINTABLE: N_("It holds characters that cannot be shown: type it anew."),
    Problem.BECAME_A_DATE: N_(
        "The spreadsheet has made a date of this: format the cell as text and type it again."
    ),
    Problem.NOT_A_NUMBER: N_("A number belongs here, with digits and a point only, like %(like)s."),
    Problem.NOT_WHOLE: N_("A whole number belongs here, without a fraction."),
    Problem.OUT_OF_RANGE: N_("Write a number from %(least)s to %(most)s."),
    Problem.NOT_A_YEAR: N_("Write the year with four digits, like 1944, or the whole date."),
    Problem.YEAR_TO_COME: N_("This year is still to come: correct the year of birth."),
    Problem.YEAR_TOO_OLD: N_("Nobody born before %(least)s is alive: correct the year of birth."),
    Problem.TOO_YOUNG: N_(
        "Younger than %(age)s: this service is for the elderly, correct the year of birth."
    ),
    Problem.NOT_A_DATE: N_("Write a date like 2026-11-24."),
    Problem.DATE_TO_COME: N_("This day is still to come: correct the date."),
    Problem.NOT_YES_NO: N_("Write 是 (yes) or 否 (no)."),
    Problem.NOT_A_CHOICE: N_("Write one of: %(choices)s."),
    Problem.NOT_A_PHONE: N_(
        "This is no telephone number: write its digits, like 13900000001 or 0573-87000000."
    ),
    Problem.TWO_PHONES: N_(
        "Several telephone numbers stand in this cell: keep the one that reaches the person best."
    ),
    Problem.PHONE_LENGTH: N_(
        "A mobile number has 11 digits, this one %(found)s: look for a missing or a doubled digit."
    ),
    Problem.PHONE_ROUNDED: N_(
        "The spreadsheet has rounded this number (1.39E+10): format the column as text and type it"
        " again."
    ),
    Problem.IDENTITY_LENGTH: N_("An identity number has 18 characters, this one %(found)s."),
    Problem.IDENTITY_ROUNDED: N_(
        "Spreadsheets keep only 15 digits of a number: format the column as text and type the"
        " identity number again."
    ),
    Problem.IDENTITY_DIGIT: N_(
        "The last character does not fit the others: a digit is wrong, compare it with the card."
    ),
    Problem.IDENTITY_DATE: N_(
        "Digits 7 to 14 are no date of birth: compare the number with the card."
    ),
    Problem.BAD_DEVICE: N_(
        "A device id is 1 to 32 of a-z, 0-9, _ and -, and does not begin with “aihuijia”."
    ),
    Problem.BAD_MODEL: N_("A model is 1 to 40 of a-z, 0-9, ., _ and -, like tk905-4g."),
    Problem.BAD_IMEI: N_(
        "An IMEI has 15 digits, and the last one fits the others: compare it with the label."
    ),
    Problem.BAD_HOURS: N_(
        "These hours cannot be read: write them like Mon-Fri 08:00-17:00 or 周一至周五 08:00-17:00."
    ),
    Problem.NOT_ON_GLOBE: N_(
        "This is not on the globe: a longitude is -180 to 180, a latitude -90 to 90 degrees."
    ),
    Problem.SWAPPED: N_(
        "Longitude and latitude are swapped: in Haining the longitude is about 120.7 and the"
        " latitude about 30.5."
    ),
    Problem.FAR_AWAY: N_(
        "This place is %(km)s km from Haining, outside the service area: look for a wrong digit."
    ),
    Problem.RADIUS_IN_KM: N_("The radius looks like kilometres: write metres, like 300."),
    Problem.RADIUS_ABSURD: N_(
        "A radius of %(found)s m makes no sense here: write %(least)s to %(most)s metres."
    ),
    Problem.BAD_POSITION: N_("Write 1 or 2: which of the two guardians somebody is."),
    Problem.IDENTITY_TWICE: N_(
        "The same identity number stands in row %(other)s: it belongs to one person only."
    ),
    Problem.ELDER_TWICE: N_("The same elder stands in row %(other)s: delete one of the two lines."),
    Problem.NUMBER_UNKNOWN: N_(
        "There is no elder of this number among those that you look after: leave the cell empty"
        " for somebody new."
    ),
    Problem.NUMBER_OF_ANOTHER: N_(
        "This number belongs to somebody with another name and another year of birth: correct the"
        " number, or leave it empty for somebody new."
    ),
    Problem.ELDER_REGISTERED_TWICE: N_(
        "Several elders of this name, year and organisation are registered: write the number of"
        " the one you mean."
    ),
    Problem.ELDER_ARCHIVED: N_(
        "This elder is archived: restore them first, or take the line out of the list."
    ),
    Problem.IDENTITY_TAKEN: N_(
        "Somebody else is registered with this identity number: compare it with the card."
    ),
    Problem.NO_KEYS: N_(
        "This service has no key to seal this with (AIHUIJIA_DATA_KEYS): leave the column empty, or"
        " ask an administrator."
    ),
    Problem.ORGANISATION_UNKNOWN: N_(
        "There is no organisation of this name that you look after: write one of the names in the"
        " template's list."
    ),
    Problem.ELDER_UNKNOWN: N_(
        "No elder of this name or number is in the file or among those that you look after."
    ),
    Problem.ELDER_AMBIGUOUS: N_(
        "Several elders are called so: write “name year of birth”, or the number."
    ),
    Problem.BAND_TWICE: N_("The same band stands in row %(other)s: each band is listed once."),
    Problem.CARD_TWICE: N_("The same number stands in row %(other)s: it belongs to one band."),
    Problem.TWO_BANDS: N_("The elder gets a band in row %(other)s already: nobody wears two."),
    Problem.BAND_TAKEN: N_(
        "Another elder wears this band: take it off them first, or correct the device id."
    ),
    Problem.WEARS_ANOTHER: N_(
        "The elder wears another band (%(band)s): take it off them first, or correct the line."
    ),
    Problem.BAND_NOT_USABLE: N_(
        "This band cannot be given out, because it is %(state)s: take it back into use first."
    ),
    Problem.PHONE_TWO_NAMES: N_(
        "The same telephone has another name in row %(other)s: it belongs to one person only."
    ),
    Problem.PHONE_OF_ANOTHER: N_(
        "This telephone is registered for somebody of another name: correct one of the two."
    ),
    Problem.GUARDIAN_TWICE: N_(
        "Both guardians of the elder have the same telephone (row %(other)s): two people are"
        " needed, or nobody comes when one cannot."
    ),
    Problem.SAME_GUARDIAN: N_(
        "Row %(other)s says already that this person looks after this elder: delete one of the two."
    ),
    Problem.POSITION_TAKEN: N_(
        "The elder has this guardian in row %(other)s already: one is 1, the other 2."
    ),
    Problem.POSITIONS_COUNT: N_(
        "Write one position for each elder of the line, in the same order, like 2; 1."
    ),
    Problem.THREE_GUARDIANS: N_(
        "The elder has two guardians already: say with 1 or 2 whose place this one takes."
    ),
    Problem.OWN_PHONE: N_(
        "This is the elder's own telephone: a guardian needs a number of their own."
    ),
    Problem.CHANGE_WAITS: N_(
        "Another guardian for this place waits to be approved: that is decided first."
    ),
    Problem.ORGANISATION_MISSING: N_(
        "A guardian without an elder needs an organisation: fill in one of the two."
    ),
    Problem.ZONE_TWICE: N_("The elder has a zone of this name in row %(other)s already."),
    Problem.ZONE_IS_DRAWN: N_(
        "This zone was drawn on the map as a polygon: edit it there, or choose another name."
    ),
    Problem.CONTACT_TWICE: N_("The same telephone stands for this elder in row %(other)s already."),
    Problem.REFUSED: N_("The register refuses this line: %(why)s"),
    Doubt.UNKNOWN_SHEET: N_("This sheet is none of our lists and was left out."),
    Doubt.SHEET_NAME: N_(
        "This sheet looks like the list %(title)s and was left out: call it so, or put the two"
        " together."
    ),
    Doubt.HIDDEN_SHEET: N_("This sheet is hidden, and is read nevertheless."),
    Doubt.HIDDEN_ROWS: N_(
        "%(count)s hidden rows are read as well, this is the first: delete what is not meant."
    ),
    Doubt.COLUMN_WITHOUT_HEADING: N_(
        "What stands in this column has no heading above it and was left out."
    ),
    Doubt.WAS_A_DATE: N_(
        "The spreadsheet has made a date of this: if none was meant, format the cell as text and"
        " type it again."
    ),
    Doubt.RENAMED: N_(
        "This number belongs to an elder of another name or year of birth, which this changes: is"
        " it the same person?"
    ),
    Doubt.SAME_NAME: N_(
        "The other guardian of the elder has the same name (row %(other)s): are they two people?"
    ),
    Doubt.UNKNOWN_COLUMN: N_("This column is none of ours and was left out."),
    Doubt.IDENTITY_YEAR: N_(
        "The identity number says another year of birth (%(year)s): which one is right?"
    ),
    Doubt.IDENTITY_SEX: N_("The identity number says the other sex: which one is right?"),
    Doubt.SMALL_ZONE: N_(
        "Less than 100 m: indoors a position drifts that far, so expect false alarms."
    ),
    Doubt.BEYOND_AREA: N_("This zone reaches over the edge of Haining."),
    Doubt.ODD: N_("Is this meant? %(why)s"),
    Doubt.ONE_GUARDIAN: N_("The elder has one guardian only: a second one is needed."),
    Doubt.LAND_LINE: N_("A land line gets no SMS: this person can only be called."),
}


def sentence(remark: Remark, language: Language) -> str:
    """Return what is wrong and how to mend it."""
    values = {
        name: value.said(language) if isinstance(value, ElderProblem) else value
        for name, value in remark.values.items()
    }
    return translations(language).gettext(_SENTENCES[remark.kind]) % values

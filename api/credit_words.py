"""English source texts for the words of the ledger; the catalogue holds the Chinese."""

from collections.abc import Callable

from core.credits import CreditKind

N_: Callable[[str], str] = str  # marks a text for translation later

KINDS: dict[CreditKind, str] = {
    CreditKind.ACCEPTED: N_("Went when asked"),
    CreditKind.ARRIVED: N_("Arrived on the spot"),
    CreditKind.FOUND: N_("Found the elder"),
    CreditKind.DRILL: N_("Answered a drill"),
    CreditKind.MONTHLY_CHECK: N_("Monthly check of the number"),
    CreditKind.VISIT: N_("Visit at the door"),
    CreditKind.CORRECTION: N_("Correction"),
}

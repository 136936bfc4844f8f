"""Messages that belong to no incident: what they are about."""

from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about; decides its words."""

    PROVIDER_OUT = "provider_out"  #: a provider serves nobody now
    CONFIGURATION = "configuration"  #: a provider refuses what we send: something to mend
    CONTACT_DISABLED = "contact_disabled"  #: a number is dead
    STEP_FAILED = "step_failed"  #: an incident's step failed again and again
    AUDIT_FAILED = "audit_failed"  #: a promise is broken
    CANARY_FAILED = "canary_failed"  #: the closed loop did not close
    ROTA_GAP = "rota_gap"  #: hours without anybody of the rescue team
    WEEKLY_LIST = "weekly_list"  #: who is not ready to be asked
    BAND_MASS_SILENCE = "band_mass_silence"  #: many bands silent at once
    RELAY_FAILED = "relay_failed"  #: another system could not be told
    VERIFICATION = "verification"  #: a code that should come back from a number
    SIGN_IN_CODE = "sign_in_code"  #: a code with which a volunteer signs in on a phone
    CONTACT_TEST = "contact_test"  #: somebody wanted to see whether a number works
    GUARDIAN_CHANGED = "guardian_changed"  #: to the family: who guards them now
    GUARDIAN_BOUND = "guardian_bound"  #: to whoever became guardian
    GUARDIAN_RELEASED = "guardian_released"  #: to whoever is guardian no more
    GUARDIAN_STAND_IN = "guardian_stand_in"  #: to the family: who stands in while one is away
    FAMILY_UNTOLD = "family_untold"  #: guardians changed, and no family heard of it

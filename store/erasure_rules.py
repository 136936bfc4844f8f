"""What an erasure does with the rows that refer to somebody, table by table.

A test refuses a table that refers to an elder, an incident or a person and is not named here.
"""

from collections.abc import Mapping
from enum import StrEnum


class OnErasure(StrEnum):
    """What becomes of a table's rows about an erased person."""

    DELETED = "deleted"
    EMPTIED = "emptied"  #: what is personal in them goes
    IDS_STAY = "ids_stay"  #: they hold an id and what happened, nothing more


#: what becomes of the rows that refer to an elder, or to an incident of theirs
OF_ELDER: Mapping[str, OnErasure] = {
    "answer": OnErasure.IDS_STAY,
    "band": OnErasure.EMPTIED,
    "band_task": OnErasure.DELETED,
    "check_in": OnErasure.IDS_STAY,
    "belief": OnErasure.DELETED,
    "belief_window": OnErasure.DELETED,
    "decision": OnErasure.DELETED,
    "drill": OnErasure.IDS_STAY,
    "elder_consent": OnErasure.DELETED,
    "elder_photo": OnErasure.DELETED,
    "elder_secret": OnErasure.DELETED,
    "family_contact": OnErasure.DELETED,
    "family_link": OnErasure.DELETED,
    "guardian_change": OnErasure.EMPTIED,
    "guardianship": OnErasure.DELETED,
    "incident": OnErasure.EMPTIED,
    "latest": OnErasure.EMPTIED,
    "link_guess": OnErasure.DELETED,
    "look": OnErasure.IDS_STAY,
    "notice": OnErasure.DELETED,
    "notification": OnErasure.IDS_STAY,
    "ping": OnErasure.DELETED,
    "registry_change": OnErasure.EMPTIED,
    "relay": OnErasure.DELETED,
    "surroundings": OnErasure.EMPTIED,
    "timeline": OnErasure.EMPTIED,
    "zone": OnErasure.DELETED,
    "zone_proposal": OnErasure.DELETED,
    "zone_study": OnErasure.DELETED,
}

#: what becomes of the rows that refer to a volunteer or other registered person
OF_PERSON: Mapping[str, OnErasure] = {
    "absence": OnErasure.DELETED,
    "answer": OnErasure.IDS_STAY,
    "check_in": OnErasure.IDS_STAY,
    "contact_point": OnErasure.DELETED,
    "credit_entry": OnErasure.EMPTIED,
    "credit_ranking": OnErasure.DELETED,
    "guardian_change": OnErasure.EMPTIED,
    "guardianship": OnErasure.DELETED,
    "link_guess": OnErasure.DELETED,
    "notice": OnErasure.DELETED,
    "notification": OnErasure.IDS_STAY,
    "push_subscription": OnErasure.DELETED,
    "quiet_hours": OnErasure.DELETED,
    "rota_shift": OnErasure.DELETED,
    "timeline": OnErasure.EMPTIED,
    "trusted_device": OnErasure.DELETED,
}

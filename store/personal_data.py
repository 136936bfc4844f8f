"""What is personal in the tables, column by column. A test refuses a column that is not named here.

What is listed under `PERSONAL` must be found by an export and gone after an erasure; what is listed
under `PLAIN` says nothing of anybody once the names behind its ids are gone.
"""

from collections.abc import Mapping
from enum import StrEnum


class What(StrEnum):
    """What a personal column holds."""

    NAME = "name"
    CONTACT = "contact"  #: a number, an address of a phone or browser, or a digest of one
    PLACE = "place"  #: where somebody is, was, or lives
    ABOUT = "about"  #: age, looks, habits, health, when somebody sleeps
    SEALED = "sealed"  #: identity number, medical notes, photo: core/sealing.py
    TEXT = "text"  #: words or values that may hold any of these
    STAFF = "staff"  #: who did it: an account's name, or the id of a person
    SECRET = "secret"  #: a digest that opens something  # noqa: S105


#: table -> column -> what it holds
PERSONAL: Mapping[str, Mapping[str, What]] = {
    "account": {"name": What.STAFF, "shown_name": What.NAME, "password_hash": What.SECRET}
    | {"created_by": What.STAFF},
    "account_session": {"digest": What.SECRET},
    "api_token": {"digest": What.SECRET, "created_by": What.STAFF, "name": What.TEXT},
    "trusted_device": {"digest": What.SECRET},
    "elder": {
        "name": What.NAME,
        "birth_year": What.ABOUT,
        "sex": What.ABOUT,
        "appearance": What.ABOUT,
        "hint": What.ABOUT,
        "height_cm": What.ABOUT,
        "habits": What.ABOUT,
        "hometown": What.PLACE,
        "past_places": What.PLACE,
        "dialect": What.ABOUT,
        "risks": What.ABOUT,
        "home_address": What.PLACE,
        "health_risk": What.ABOUT,
        "removal_matters": What.ABOUT,
        "silence_alarm_s": What.ABOUT,
    },
    "elder_secret": {"sealed": What.SEALED, "digest": What.SEALED},
    "elder_photo": {"sealed": What.SEALED, "added_by": What.STAFF},
    "elder_consent": {
        "given_by": What.ABOUT,
        "giver_name": What.NAME,
        "relation": What.ABOUT,
        "note": What.TEXT,
        "recorded_by": What.STAFF,
        "withdrawn_by": What.STAFF,
    },
    "family_contact": {
        "name": What.NAME,
        "relation": What.ABOUT,
        "phone": What.CONTACT,
        "note": What.TEXT,
        "language": What.ABOUT,
    },
    "family_link": {"made_by": What.STAFF, "revoked_by": What.STAFF},
    "person": {"name": What.NAME, "language": What.ABOUT},
    "contact_point": {"value": What.CONTACT},
    "verification": {
        "address": What.CONTACT,
        "salt": What.SECRET,
        "digest": What.SECRET,
        "started_by": What.STAFF,
    },
    "push_subscription": {
        "endpoint": What.CONTACT,
        "p256dh": What.SECRET,
        "auth": What.SECRET,
    },
    "quiet_hours": {"hours": What.ABOUT, "edited_by": What.STAFF},
    "rota_shift": {"hours": What.ABOUT, "made_by": What.STAFF, "ended_by": What.STAFF},
    "absence": {
        "from_at": What.ABOUT,
        "until_at": What.ABOUT,
        "made_by": What.STAFF,
        "ended_by": What.STAFF,
    },
    "guardian_change": {
        "reason": What.TEXT,
        "answer": What.TEXT,
        "requested_by": What.STAFF,
        "decided_by": What.STAFF,
    },
    "band": {"note": What.TEXT, "sim_number": What.CONTACT},
    "zone": {
        "name": What.PLACE,
        "shape": What.PLACE,
        "radius_m": What.PLACE,
        "hours": What.ABOUT,
        "edited_by": What.STAFF,
        "retired_by": What.STAFF,
    },
    "zone_proposal": {
        "shape": What.PLACE,
        "proof": What.PLACE,
        "reason": What.TEXT,
        "decided_by": What.STAFF,
    },
    "zone_set": {"zones": What.PLACE},
    "ping": {
        "lon": What.PLACE,
        "lat": What.PLACE,
        "network": What.PLACE,
        "raw": What.PLACE,
        "speed_kmh": What.ABOUT,
        "steps": What.ABOUT,
        "worn": What.ABOUT,
        "alarms": What.ABOUT,
    },
    "latest": {
        "lon": What.PLACE,
        "lat": What.PLACE,
        "doubted_lon": What.PLACE,
        "doubted_lat": What.PLACE,
        "screening": What.PLACE,
        "side": What.PLACE,
        "worn": What.ABOUT,
    },
    "belief": {"state": What.PLACE},
    "belief_window": {"fixes": What.PLACE},
    "surroundings": {"learned": What.PLACE},
    "decision": {
        "zone_name": What.PLACE,
        "evidence": What.PLACE,
        "belief_before": What.PLACE,
        "home": What.PLACE,
    },
    "reject": {"topic": What.TEXT, "detail": What.TEXT, "payload": What.PLACE},
    "command": {"args": What.TEXT, "ordered_by": What.STAFF, "error": What.TEXT},
    "band_task": {"detail": What.TEXT, "handled_by": What.STAFF},
    "incident": {"suspicions": What.ABOUT},
    "timeline": {"detail": What.TEXT},
    "drill": {"started_by": What.STAFF},
    "credit_rule": {"made_by": What.STAFF},
    "credit_entry": {"reason": What.TEXT, "written_by": What.STAFF},
    "attempt": {"address": What.CONTACT, "provider_id": What.CONTACT},
    "phone_use": {"address": What.CONTACT},
    "notice": {
        "said": What.TEXT,
        "address": What.CONTACT,
        "provider_id": What.CONTACT,
        "language": What.ABOUT,
    },
    "inbox": {"body": What.TEXT, "outcome": What.TEXT},
    "relay": {"facts": What.TEXT, "body": What.PLACE},
    "look": {"viewer": What.STAFF},
    "registry_change": {"by": What.STAFF, "changes": What.TEXT},
    "policy_version": {"edited_by": What.STAFF},
    "rescue_area": {"edited_by": What.STAFF},
    "subscriber": {"address": What.TEXT, "added_by": What.STAFF},
    "erasure": {
        "requested_by": What.STAFF,
        "withdrawn_by": What.STAFF,
        "confirmed_by": What.STAFF,
    },
}

#: table -> the columns that are nothing personal
PLAIN: Mapping[str, str] = {
    "account": "id must_change created_at disabled_at wrong_tries locked_until version",
    "account_grant": "id account_id role organisation_id",
    "account_session": "id account_id created_at expires_at ended_at",
    "answer": "id incident_id round person_id role answer channel at",
    "api_token": "id account_id created_at expires_at revoked_at",
    "absence": "id away_id stand_in_id made_at ended_at",
    "attempt": "id notification_id number provider requested_at finished_at result reason"
    " receipt receipt_at",
    "band": "device_id elder_id expected_interval_s registered_at model retired_at version shelf"
    " organisation_id last_elder_id serial imei",
    "band_access": "device_id generation wanted key_mark applied applied_generation applied_at"
    " next_try_at problem",
    "band_health": "device_id reports usable_share bad_clock_share updated_at",
    "band_task": "id trouble subject elder_id organisation_id level since opened_at ended_at"
    " handled_at",
    "belief": "elder_id version updated_at",
    "belief_window": "elder_id",
    "canary_round": "id started_at published_at arrived_at stored_at triggered_at handed_over_at"
    " receipt_at answered_at is_nightly ended_at incident_id result problem failures",
    "command": "id device_id do state created_at expires_at sent_at times_sent answered_at"
    " not_before",
    "contact_point": "id person_id channel disabled_reason last_ok_at verified_at",
    "check_in": "id person_id elder_id purpose window_no incident_id at",
    "credit_entry": "id person_id organisation_id kind minutes at source incident_id rule_id"
    " corrects written_at",
    "credit_ranking": "person_id since",
    "credit_rule": "id organisation_id kind minutes most_per_day_min valid_from made_at",
    "cursor": "reader position",
    "decision": "id elder_id at decided_at kind rule zone_id report_id silence_confirms own_zones"
    " common_zones ping_ids model",
    "drill": "incident_id gave_way_to",
    "elder": "id organisation_id is_virtual archived_at archived_why version erased_at",
    "elder_consent": "id elder_id given_on scopes until recorded_at withdrawn_at",
    "elder_photo": "elder_id key_mark width_px height_px added_at",
    "elder_secret": "elder_id kind key_mark",
    "erasure": "id subject subject_id organisation_id requested_at withdrawn_at confirmed_at"
    " counts",
    "family_contact": "id elder_id position is_told version removed_at",
    "family_link": "id elder_id contact_id made_at expires_at revoked_at",
    "guardian_change": "id elder_id position kind person_id replaces_id batch state requested_at"
    " expires_at decided_at family_told",
    "guardianship": "elder_id position person_id",
    "inbox": "id source event_key kind received_at processed_at tries next_try_at",
    "incident": "id elder_id trigger trigger_ping_id severity state policy opened_at stage_at step"
    " round next_action_at fence rescue_round reminded seemed_back_at closed_at outcome is_drill"
    " drill_ends_at drill_with_rescue paused_until",
    "latest": "device_id elder_id first_heard_at heard_at reports ping_id position_at accuracy_m"
    " source doubted_at battery_pct charging state_at worn_at online version",
    "link_guess": "id incident_id person_id at",
    "look": "id at elder_id purpose incident_id roles organisations",
    "notice": "id key kind subject person_id elder_id channel status attempts possible_sends"
    " created_at next_try_at lease_until expires_at provider reason requested_at finished_at"
    " receipt receipt_at",
    "notification": "id key incident_id round step person_id role channel purpose topic priority"
    " status created_at next_try_at lease_until expires_at attempts reason receipt_due_at",
    "organisation": "id kind name_zh name_en version",
    "person": "id role organisation_id on_duty version erased_at archived_at",
    "phone_use": "id channel used_at",
    "ping": "id device_id elder_id report_id measured_at received_at at accuracy_m source"
    " is_current battery_pct charging satellites why is_backlog doubts",
    "policy_version": "id scope scope_id severity number ladder edited_at retired_at",
    "provider_state": "provider failures resting_until reason last_ok_at changed_at",
    "push_subscription": "id person_id created_at renewed_at",
    "quiet_hours": "id person_id edited_at retired_at",
    "registry_change": "id at subject subject_id version elder_id",
    "registry_version": "id version",
    "reject": "id received_at reason size_bytes",
    "relay": "id subscriber_id incident_id event at status attempts next_try_at lease_until"
    " answer_code reason receipt receipt_at finished_at",
    "rescue_area": "organisation_id team_id edited_at",
    "retention_run": "id kind started_at ended_at until_at deleted",
    "retention_turn": "id since_at holder held_until done_at",
    "rota_shift": "id person_id days made_at ended_at",
    "subscriber": "id kind name organisation_id events with_position generation rotated_at"
    " paused_at removed_at added_at",
    "surroundings": "elder_id version updated_at",
    "timeline": "cursor incident_id number at kind state person_id",
    "trusted_device": "id person_id created_at expires_at revoked_at",
    "verification": "id contact_point_id started_at expires_at tries ended_at",
    "worker_beat": "worker role beat_at detail",
    "zone": "id elder_id kind valid_from valid_until days urgency replaces origin edited_at"
    " retired_at",
    "zone_proposal": "id elder_id kind zone_id part_of_day from_min until_min state made_at"
    " decided_at made_zone_id",
    "zone_set": "digest",
    "zone_study": "elder_id studied_at",
}

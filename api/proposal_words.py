"""Proposed zones in words that a person can decide by."""

from api.labels import PARTS_OF_DAY, PROPOSALS
from api.moments import Gettext
from core.false_alarms import FalseAlarmPolicy, ProposalKind, Suggestion
from core.zones import Circle
from geofence.planes import reach_m


def title(suggestion: Suggestion, _: Gettext) -> str:
    """Return what the proposal would do."""
    text = _(PROPOSALS[suggestion.kind])
    if suggestion.part_of_day is None:
        return text
    return f"{text} · {_(PARTS_OF_DAY[suggestion.part_of_day])}"


def suggested_name(suggestion: Suggestion, _: Gettext) -> str:
    """Return a name for the new zone; empty where the zone has one."""
    if suggestion.part_of_day is None:
        return ""
    return _("Usual place · %(part)s") % {"part": _(PARTS_OF_DAY[suggestion.part_of_day])}


def reasons(suggestion: Suggestion, policy: FalseAlarmPolicy, _: Gettext) -> list[str]:
    """Return the numbers behind a proposal, one sentence each."""
    proof = suggestion.proof
    at_edge = suggestion.kind is ProposalKind.BETTER_HOME
    days = {"days": proof.days_seen, "known": proof.days_known}
    said = [
        _("At the edge of the zone on %(days)d of %(known)d days with positions.") % days
        if at_edge
        else _("There on %(days)d of %(known)d days with positions.") % days,
        _("Of %(all)d false alarms of the last %(days)d days it would have spared %(spared)d.")
        % {"all": proof.false_alarms, "spared": proof.spared, "days": policy.looks_back_days},
        _("Alarms about leaving in these days: %(before)d as it is, %(after)d with it.")
        % {"before": proof.alarms_before, "after": proof.alarms_after},
        _("It would have hidden none in which the elder was found.")
        if proof.others_hidden == 0
        else _(
            "It would have hidden none in which the elder was found, and %(others)d that nobody"
            " said anything about."
        )
        % {"others": proof.others_hidden},
        _size(suggestion, _),
    ]
    if suggestion.from_min is not None and suggestion.until_min is not None:
        said.append(
            _("Usually there between %(begin)s and %(end)s; the zone would count at any hour.")
            % {"begin": _clock(suggestion.from_min), "end": _clock(suggestion.until_min)}
        )
    return said


def _size(suggestion: Suggestion, _: Gettext) -> str:
    if isinstance(suggestion.shape, Circle):
        return _("A circle of %(radius)d m.") % {"radius": round(suggestion.shape.radius_m)}
    corners = len(suggestion.shape.exterior.coords) - 1
    values = {"corners": corners, "across": round(2 * reach_m(suggestion.shape))}
    if suggestion.kind is ProposalKind.MISSING_PLACE:
        return _("The place and the way there: %(corners)d corners, %(across)d m across.") % values
    return _("A shape of %(corners)d corners, %(across)d m across.") % values


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"

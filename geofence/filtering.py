"""The step from one fix to the next: a two-state Bayes filter on the odds of being outside.

On top of the odds stand rules about *how many* good fixes agree, because a receiver that is wrong
is often very sure of it. A coarse fix may raise a suspicion; leaving and returning are believed on
good fixes only.

Everything here is plain arithmetic on rows (`geofence.rows`), so that it can be read here and
compiled elsewhere (`geofence.compiled`): it stays in this one file, calls nothing beyond `math`,
and takes its figures from `Figures`. Either way gives the same to the last digit.
"""

import math
from typing import NamedTuple

from geofence.rows import Row, Rows

# codes: places in the tuples of `geofence.rows` and below
_INSIDE, _OUTSIDE = 1, 2
_GPS, _COARSE, _UNKNOWN = 0, 2, 3
_SILENT, _HOME, _STRANGE = 0, 1, 2
_SUSPECTED, _DROPPED, _LEFT, _RETURNED = 1, 2, 3, 4
_BY_GOOD_FIX, _BY_ODDS, _IN_A_ROW, _IN_ALL, _GOOD_INSIDE, _HOME_RADIO = 1, 2, 3, 4, 5, 6

_NEVER = -math.inf
#: mean earth radius times one degree (`core.places`)
_M_PER_DEG = 6_371_008.8 * math.pi / 180


class Figures(NamedTuple):
    """The fields of `Model` that judge a fix, under the same names; classes in `CLASSES` order.

    They stand here because the compiled form knows them by their place in this list.
    """

    outlier_shares: tuple[float, float, float, float]
    dependences_s: tuple[float, float, float, float]
    sigma_per_accuracy: float
    sigma_floor_m: float
    leaving_rate: float
    return_rate: float
    log_odds_floor: float
    log_odds_ceiling: float
    same_point_weight: float
    jump_weight: float
    jump_m: float
    jump_m_s: float
    support: float
    strong_support: float
    left_at: float
    inside_at: float
    suspect_at: float
    independent_s: float
    fixes_in_a_row: float
    fixes_in_all: float
    support_lasts_s: float
    silence_lasts_s: float
    half_news: float
    opposite_m: float
    night_until_h: float
    coarse_agrees: float
    contradicted_s: float
    moved_m: float
    restless_s: float
    home_radio: float
    strange_radio: float
    strange_scans: int
    resting: float
    well_outside_m: float
    radio_dependence_s: float


def run(
    states: Rows, fixes: Rows, counts: Row, marks: Row, figures: Figures, marked: Rows, found: Rows
) -> None:
    """Take the tracks of many elders through the filter; they do not touch each other.

    *fixes* holds *counts[i]* fixes of elder *i*, in the order of judging, one elder after the
    other. *states* are moved on; *marked[i]* becomes the state after the first *marks[i]* fixes;
    *found* tells what each fix changed.
    """
    place = 0
    for i in range(len(counts)):
        state = states[i]
        for k in range(counts[i]):
            if k == marks[i]:
                marked[i] = states[i]
            step(state, fixes[place], figures, found[place])
            place += 1
        if marks[i] == counts[i]:
            marked[i] = states[i]


def step(state: Row, fix: Row, figures: Figures, found: Row) -> None:
    """Move *state* on by *fix*, which is newer than all before; *found* tells what changed."""
    if fix["ground"] != state["ground"] and state["last_t"] != _NEVER:
        _begin_anew(state)  # the zones were changed: evidence over the old ones proves nothing
    if math.isnan(fix["beyond_m"]):
        _stand_nowhere(state, fix)
        found["probability"] = math.nan
        return
    evidence = evidence_of(fix["beyond_m"], fix["accuracy_m"], fix["fix_class"], figures)
    is_good = fix["fix_class"] != _COARSE
    is_sharp = fix["fix_class"] == _GPS or fix["fix_class"] == _UNKNOWN
    well_outside = is_sharp and fix["beyond_m"] > figures.well_outside_m
    home_heard = fix["radio"] == _HOME and not well_outside
    is_outside = is_good and evidence > figures.support and not home_heard
    is_inside = is_good and evidence < -figures.support
    denies = is_inside or home_heard
    log_odds = _aged(state, fix["t"], figures)
    log_odds += _news(state, fix, evidence, is_good, figures) * evidence
    _count_strange_scans(state, fix, figures)
    if not well_outside:
        log_odds += _hint(state, fix, figures)
    log_odds = min(max(log_odds, figures.log_odds_floor), figures.log_odds_ceiling)
    state["log_odds"] = _kept(log_odds)
    if is_inside:
        if state["witness_t"][-1] != _NEVER and state["side"] != _OUTSIDE:
            state["contradicted_t"] = fix["t"]
        _dismiss_witnesses(state)
    else:
        _hear_witness(state, fix, evidence, is_outside, figures)
    _remember(state, fix, evidence, is_good, is_inside, figures)
    _decide(state, fix, evidence, is_outside, is_inside, denies, figures, found)


def evidence_of(beyond_m: float, accuracy_m: float, fix_class: int, figures: Figures) -> float:
    """Return the log-likelihood ratio outside : inside of one fix by its coordinates alone."""
    sigma_m = math.hypot(figures.sigma_per_accuracy * accuracy_m, figures.sigma_floor_m)
    probability = 0.5 * math.erfc(-beyond_m / (sigma_m * math.sqrt(2.0)))
    wrong = figures.outlier_shares[fix_class]
    outside = (1 - wrong) * probability + wrong / 2
    inside = (1 - wrong) * (1 - probability) + wrong / 2
    return _kept(math.log(outside / inside))


def _kept(log_odds: float) -> float:
    """Return odds to nine places: no rounding of a processor decides about a person."""
    return math.floor(log_odds * 1e9 + 0.5) / 1e9


def distance_m(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Return the metres between two places; NaN where one is missing."""
    east = (to_lon - lon) * _M_PER_DEG * math.cos(math.radians((lat + to_lat) / 2))
    return math.hypot(east, (to_lat - lat) * _M_PER_DEG)


# -- the odds --------------------------------------------------------------------------------------


def _aged(state: Row, t: float, figures: Figures) -> float:
    """Return the log-odds after the time that passed: people leave and come back unseen."""
    rates = figures.leaving_rate + figures.return_rate
    settled = figures.leaving_rate / rates
    if math.isnan(state["log_odds"]):
        return math.log(settled / (1 - settled))
    before = 1 / (1 + math.exp(-state["log_odds"]))
    after = before + (settled - before) * -math.expm1(-rates * (t - state["last_t"]))
    return math.log(after / (1 - after))


def _news(state: Row, fix: Row, evidence: float, is_good: bool, figures: Figures) -> float:
    """Return how much of the evidence is news, 0 to 1. A good fix is not stale by a coarse one."""
    if is_good:
        t, lon, lat = state["good_t"], state["good_lon"], state["good_lat"]
        beyond_m = state["good_beyond_m"]
    else:
        t, lon, lat = state["last_t"], state["last_lon"], state["last_lat"]
        beyond_m = state["last_beyond_m"]
    if t == _NEVER:
        return 1.0
    passed_s: float = fix["t"] - t
    news: float = min(1.0, passed_s / figures.dependences_s[fix["fix_class"]])
    if is_good and passed_s > 0:
        before, limit = state["good_evidence"], figures.support
        if (evidence > limit and before < -limit) or (evidence < -limit and before > limit):
            news = 1.0  # it says the opposite of the last good one: they share no error
    if fix["lon"] == lon and fix["lat"] == lat:
        news *= figures.same_point_weight
    if fix["beyond_m"] - beyond_m > figures.jump_m:
        moved_m = distance_m(lon, lat, fix["lon"], fix["lat"])
        if moved_m > max(figures.jump_m, figures.jump_m_s * passed_s):
            news *= figures.jump_weight
    return news


def _count_strange_scans(state: Row, fix: Row, figures: Figures) -> None:
    if fix["radio"] == _HOME:
        state["strange_scans"] = 0
    elif fix["radio"] == _STRANGE and state["strange_scans"] < figures.strange_scans:
        state["strange_scans"] += 1


def _hint(state: Row, fix: Row, figures: Figures) -> float:
    """Return the evidence beside the coordinates."""
    hint = 0.0
    if fix["radio"] == _HOME:
        hint += figures.home_radio
    elif fix["radio"] == _STRANGE and state["strange_scans"] >= figures.strange_scans:
        hint += figures.strange_radio
    if fix["is_resting"]:
        hint += figures.resting
    passed_s: float = fix["t"] - state["last_t"]
    return hint * min(1.0, passed_s / figures.radio_dependence_s)


# -- the witnesses ---------------------------------------------------------------------------------


def _dismiss_witnesses(state: Row) -> None:
    for k in range(len(state["witness_t"])):
        state["witness_t"][k] = _NEVER
        state["witness_lon"][k] = math.nan
        state["witness_lat"][k] = math.nan
        state["witness_news"][k] = 0.0
    state["in_a_row"] = 0.0


def _hear_witness(
    state: Row, fix: Row, evidence: float, is_outside: bool, figures: Figures
) -> None:
    """Count a good fix outside, when it is independent of the last one that was counted."""
    times = state["witness_t"]
    since_s = fix["t"] - times[-1]
    if times[-1] != _NEVER and since_s > figures.silence_lasts_s:
        _dismiss_witnesses(state)
    if not is_outside:
        if evidence < figures.coarse_agrees:
            state["in_a_row"] = 0.0  # vague: the next one outside does not follow directly
        return
    if times[-1] != _NEVER and since_s < figures.independent_s:
        return
    worth = _worth(state, fix, figures)
    for k in range(len(times) - 1):
        times[k] = times[k + 1]
        state["witness_lon"][k] = state["witness_lon"][k + 1]
        state["witness_lat"][k] = state["witness_lat"][k + 1]
        state["witness_news"][k] = state["witness_news"][k + 1]
    times[-1] = fix["t"]
    state["witness_lon"][-1] = fix["lon"]
    state["witness_lat"][-1] = fix["lat"]
    state["witness_news"][-1] = worth
    state["in_a_row"] += worth


def _worth(state: Row, fix: Row, figures: Figures) -> float:
    """Return what a new witness is worth: half where it may share the error of the one before."""
    if state["witness_t"][-1] == _NEVER:
        return 1.0
    lon, lat = state["witness_lon"][-1], state["witness_lat"][-1]
    if fix["lon"] == lon and fix["lat"] == lat:
        return figures.half_news  # a cached answer
    is_night = (fix["t"] / 3600 + fix["lon"] / 15) % 24 < figures.night_until_h  # by the sun
    moved_m = distance_m(lon, lat, fix["lon"], fix["lat"])
    if is_night and fix["by_wifi"] and moved_m < fix["accuracy_m"]:
        return figures.half_news  # access points are as wrong as a minute ago
    if state["good_evidence"] > figures.support:
        lon, lat = state["good_lon"], state["good_lat"]
    if distance_m(lon, lat, fix["lon"], fix["lat"]) > figures.opposite_m:
        scale = math.cos(math.radians(state["home_lat"]))
        east, north = (fix["lon"] - state["home_lon"]) * scale, fix["lat"] - state["home_lat"]
        was_east, was_north = (lon - state["home_lon"]) * scale, lat - state["home_lat"]
        if east * was_east + north * was_north < 0:
            return figures.half_news  # across home from there: a second spike, or a ride
    return 1.0


def _are_enough(state: Row, t: float, figures: Figures) -> int:
    """Return the rule by which the witnesses are enough; 0 when they are not."""
    needed = figures.fixes_in_a_row
    if t - state["contradicted_t"] <= figures.contradicted_s:
        needed += 1
    if state["in_a_row"] >= needed:
        return _IN_A_ROW
    recent = 0.0
    for k in range(len(state["witness_t"])):
        if t - state["witness_t"][k] <= figures.support_lasts_s:
            recent += state["witness_news"][k]
    return _IN_ALL if recent >= figures.fixes_in_all else 0


# -- what is remembered ----------------------------------------------------------------------------


def _remember(
    state: Row, fix: Row, evidence: float, is_good: bool, is_inside: bool, figures: Figures
) -> None:
    if is_good:
        moved_m = distance_m(state["good_lon"], state["good_lat"], fix["lon"], fix["lat"])
        if moved_m > max(figures.moved_m, fix["accuracy_m"] + state["good_accuracy_m"]):
            state["restless_until_t"] = fix["t"] + figures.restless_s
        state["good_t"] = fix["t"]
        state["good_lon"] = fix["lon"]
        state["good_lat"] = fix["lat"]
        state["good_beyond_m"] = fix["beyond_m"]
        state["good_accuracy_m"] = fix["accuracy_m"]
        state["good_evidence"] = evidence
    if is_inside:
        state["home_lon"] = fix["lon"]
        state["home_lat"] = fix["lat"]
    state["last_t"] = fix["t"]
    state["last_lon"] = fix["lon"]
    state["last_lat"] = fix["lat"]
    state["last_beyond_m"] = fix["beyond_m"]
    state["ground"] = fix["ground"]


def _begin_anew(state: Row) -> None:
    """Forget the evidence. What was decided stands until new fixes say otherwise."""
    _dismiss_witnesses(state)
    state["log_odds"] = math.nan
    state["contradicted_t"] = _NEVER
    state["last_t"] = _NEVER
    state["good_t"] = _NEVER
    state["last_lon"] = math.nan
    state["last_lat"] = math.nan
    state["last_beyond_m"] = math.nan
    state["good_lon"] = math.nan
    state["good_lat"] = math.nan
    state["good_beyond_m"] = math.nan
    state["good_accuracy_m"] = math.nan
    state["good_evidence"] = math.nan
    state["home_lon"] = math.nan
    state["home_lat"] = math.nan
    state["strange_scans"] = 0


def _stand_nowhere(state: Row, fix: Row) -> None:
    """Without safe zones there is nowhere to have left."""
    _begin_anew(state)
    state["side"] = 0
    state["suspicious"] = False
    state["well_founded"] = False
    state["last_t"] = fix["t"]
    state["last_lon"] = fix["lon"]
    state["last_lat"] = fix["lat"]
    state["ground"] = fix["ground"]


# -- what follows ----------------------------------------------------------------------------------


def _decide(
    state: Row,
    fix: Row,
    evidence: float,
    is_outside: bool,
    is_inside: bool,
    denies: bool,
    figures: Figures,
    found: Row,
) -> None:
    """Bring the decisions up to date: suspect, left, returned, calm again."""
    probability = 1 / (1 + math.exp(-state["log_odds"]))
    found["probability"] = probability
    was_outside = state["side"] == _OUTSIDE
    if denies and probability <= figures.inside_at:
        if is_inside and was_outside:
            found["kind"], found["rule"] = _RETURNED, _GOOD_INSIDE
        elif state["suspicious"]:
            found["kind"] = _DROPPED
            found["rule"] = _GOOD_INSIDE if is_inside else _HOME_RADIO
        if is_inside:
            state["side"] = _INSIDE
        state["suspicious"] = False
        state["well_founded"] = False
        return
    if was_outside:
        return
    if is_outside and probability >= figures.left_at:
        rule = _are_enough(state, fix["t"], figures)
        if rule != 0:
            state["side"] = _OUTSIDE
            state["suspicious"] = False
            state["well_founded"] = False
            found["kind"], found["rule"] = _LEFT, rule
            _name_witnesses(state, rule, found)
            return
    if not (state["suspicious"] or is_outside or probability >= figures.suspect_at):
        return
    well_founded = state["well_founded"] or (is_outside and evidence > figures.strong_support)
    if not state["suspicious"] or well_founded != state["well_founded"]:
        found["kind"] = _SUSPECTED
        found["rule"] = _BY_GOOD_FIX if is_outside else _BY_ODDS
        found["well_founded"] = well_founded
    state["suspicious"] = True
    state["well_founded"] = well_founded


def _name_witnesses(state: Row, rule: int, found: Row) -> None:
    """Write into *found* the times of the fixes that a departure stands on."""
    worth = 0.0
    for k in range(len(state["witness_t"]) - 1, -1, -1):
        enough = rule == _IN_A_ROW and worth >= state["in_a_row"]
        found["witness_t"][k] = _NEVER if enough else state["witness_t"][k]
        worth += state["witness_news"][k]

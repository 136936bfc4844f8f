"""Every number the judgement stands on, with where it comes from.

"Measured on resting phones" means: real recordings of phones and receivers with hand-noted truth;
docs/decision-quality.md describes them. A number without a measurement says that it is judgement.
"""

import math
from dataclasses import dataclass
from enum import StrEnum


class FixClass(StrEnum):
    """How much a fix is worth, by the accuracy it claims."""

    GPS = "gps"  #: as good as satellites in the open
    WIFI = "wifi"  #: as good as Wi-Fi positioning, or satellites near a window
    COARSE = "coarse"  #: a cell, or worse than Wi-Fi
    UNKNOWN = "unknown"  #: the band did not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What one class of fixes is trusted with."""

    #: share of fixes that are simply wrong, whatever they claim; it caps the evidence of one fix
    outlier_share: float
    #: fixes of this class closer together than this share their errors, seconds
    dependence_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The parameters of the judgement. Times in seconds, lengths in metres, odds as logarithms."""

    # How good a fix is.
    #: a fix claiming this or better is of class GPS; phones' satellite fixes at rest claim 16 m
    gps_within_m: float = 35.0
    #: … of class WIFI; 90 % of measured Wi-Fi fixes claim 62 m or better
    wifi_within_m: float = 150.0
    #: accuracy taken when a band does not say; 68 % of the fixes of cheap receivers, indoors near a
    #: window, were measured within 13 to 17 m
    unknown_accuracy_m: float = 20.0
    #: … and it was found with fewer satellites than that (judgement)
    few_satellites: int = 5
    few_satellites_accuracy_m: float = 60.0
    #: … and the position came from Wi-Fi; published medians are 43 to 92 m
    unknown_wifi_accuracy_m: float = 100.0
    #: … and it came from a cell; published medians are 500 to 600 m
    unknown_cell_accuracy_m: float = 1000.0
    #: standard deviation per metre of claimed accuracy: claims are about 65 % radii (measured)
    sigma_per_accuracy: float = 0.85
    #: error that no claim talks away: zone drawn by hand, receiver indoors. Keeps a claim of 2 m
    #: from being certainty
    sigma_floor_m: float = 8.0
    #: 20 to 30 s is short for errors that fixes share, and enough, because two witnesses must be
    #: 40 s apart anyway: with 45 and 60 s as many false alarms were measured (none, on receivers
    #: and phones at rest), and brief returns home were seen in twice the time
    gps: Trust = Trust(outlier_share=0.01, dependence_s=20.0)
    wifi: Trust = Trust(outlier_share=0.015, dependence_s=30.0)
    coarse: Trust = Trust(outlier_share=0.30, dependence_s=600.0)
    unknown: Trust = Trust(outlier_share=0.05, dependence_s=20.0)

    # How the belief ages and where it stops.
    #: rate of leaving, per second: once in eight hours (judgement)
    leaving_rate: float = 1 / (8 * 3600)
    #: rate of returning, per second: after two hours (judgement)
    return_rate: float = 1 / (2 * 3600)
    #: log-odds stay within these, so that no long calm and no long walk makes the belief deaf
    log_odds_floor: float = -4.0
    log_odds_ceiling: float = 3.5
    #: weight of a fix with the coordinates of the one before: a cached Wi-Fi answer, half news
    same_point_weight: float = 0.5
    #: weight of a fix that jumped outward by more than *jump_m* at more than *jump_m_s*
    jump_weight: float = 0.5
    jump_m: float = 150.0
    jump_m_s: float = 12.0

    # When something is decided.
    #: evidence of one fix from which it speaks for a side (two to one)
    support: float = 0.7
    #: evidence of one fix from which it is well outside (twelve to one)
    strong_support: float = 2.5
    #: probability of being outside from which leaving is believed; 0.90 to 0.97 measured alike
    left_at: float = 0.95
    #: … and up to which being inside is believed: one fix deep inside, or two near the edge
    inside_at: float = 0.30
    #: … and from which a suspicion stands
    suspect_at: float = 0.25
    #: supporting fixes nearer in time than this count as one, seconds
    independent_s: float = 40.0
    #: supporting fixes that follow each other directly, and how many are needed
    fixes_in_a_row: float = 2.0
    #: … needed when vague fixes lie between them: two wrong fixes and a cell between are no walk
    fixes_in_all: float = 3.0
    #: supporting fixes with vague ones between expire after this, seconds: three must fit in of a
    #: band that reports every five minutes and finds itself by satellites only every other time
    support_lasts_s: float = 1800.0
    #: supporting fixes with nothing at all between expire after this, seconds: bands that report
    #: once an hour must be heard too
    silence_lasts_s: float = 7200.0
    #: … as far as each is news: one that may share its error with the one before counts half …
    half_news: float = 0.5
    #: … because it lies the other way from home and farther off than that: nobody is in two places
    opposite_m: float = 180.0
    #: … or is a Wi-Fi position that did not move beyond its own accuracy, between midnight by the
    #: sun and this hour: hardly anybody walks then, access points are as wrong as ever, and from
    #: five on many elders are up
    night_until_h: float = 5.0
    #: evidence from which a coarse fix agrees with good ones outside: its whole disc is outside
    coarse_agrees: float = 1.45
    #: after a good fix inside spoke against one outside, one more is needed for so long, seconds
    contradicted_s: float = 3600.0
    #: who moved so far between two good fixes, beyond what both may err, is on the way
    moved_m: float = 50.0
    #: … and for so long is asked for fixes, seconds
    restless_s: float = 300.0

    # Evidence beside the coordinates (judgement: no public track has it).
    #: log-odds for an access point of the home in reach
    home_radio: float = -4.0
    #: … for none of them, from this scan in a row on
    strange_radio: float = 1.0
    strange_scans: int = 3
    #: … for a body at rest
    resting: float = -1.0
    #: a fix of GPS quality so far outside is not doubted because of them, metres
    well_outside_m: float = 150.0
    #: scans closer together than this say the same, seconds
    radio_dependence_s: float = 60.0

    #: probability of being in a danger zone from which a fix of GPS quality says so (judgement)
    danger_at: float = 0.80
    #: … and up to which good fixes say the elder is out of it again
    safe_at: float = 0.15
    #: danger zones farther than this from a fix are not measured, metres
    danger_within_m: float = 300.0

    #: a fix alone is outside when its whole 68 % disc is: one standard deviation
    disc_at: float = 0.84

    # What is remembered.
    #: a fix that comes late by up to this is put in its place in time, seconds
    window_s: float = 1800.0
    #: … as long as no more fixes than this came in the meantime
    window_fixes: int = 128
    #: a fix this far ahead of its own arrival is ordered by arrival, seconds
    future_s: float = 120.0

    def trust(self, fix_class: FixClass) -> Trust:
        """Return what *fix_class* is trusted with."""
        trust: Trust = getattr(self, fix_class)  # the field has the name of the class
        return trust

    def probability_beyond(self, beyond_m: float, accuracy_m: float) -> float:
        """Return the probability that the truth lies beyond an edge *beyond_m* behind the fix.

        The edge is taken as straight. For a zone narrower than the fix that flatters the inside,
        on purpose: judged by overlap, every coarse fix would speak for having left.
        """
        sigma_m = math.hypot(self.sigma_per_accuracy * accuracy_m, self.sigma_floor_m)
        return 0.5 * math.erfc(-beyond_m / (sigma_m * math.sqrt(2)))

    def evidence(self, probability: float, fix_class: FixClass) -> float:
        """Return the log-likelihood ratio outside : inside of one fix."""
        wrong = self.trust(fix_class).outlier_share
        outside = (1 - wrong) * probability + wrong / 2
        inside = (1 - wrong) * (1 - probability) + wrong / 2
        return math.log(outside / inside)


#: The model in use.
MODEL = Model()

"""A decision's judgement has a name, and the name changes whenever the judgement does."""

import hashlib
import json
import random
from dataclasses import replace

from core.pings import FixSource, Ping
from geofence.changes import Change
from geofence.model import MODEL
from geofence.versions import digest
from tests.geofence.test_order import ZONES
from tests.geofence.walks import Watch, ping

#: the judgement in use, and what it decides on the tracks below. When this fails: did only numbers
#: of the model change? Write both down anew. Is the first still right? Then the rules decide
#: otherwise than before under the same name: raise ENGINE, and write both down anew.
IN_USE = ("b1c81ed9abea9702", "8461b6f9529adc0d")


def outcome() -> str:
    """Return a short name of all decisions on some hundred walks that are always the same."""
    rng = random.Random(121)
    decided = [
        _said(change) for _ in range(150) for change in Watch(ZONES).see(*_walk(rng)).changes
    ]
    return hashlib.blake2b(json.dumps(decided).encode(), digest_size=8).hexdigest()


def _walk(rng: random.Random) -> list[Ping]:
    east_m, track = 0.0, []
    for minute in range(40):
        east_m = max(-50.0, min(900.0, east_m + rng.choice([-120, -30, 0, 0, 40, 140])))
        source = rng.choice([FixSource.GNSS, FixSource.GNSS, FixSource.WIFI, FixSource.CELL])
        accuracy_m = {FixSource.GNSS: 9.0, FixSource.WIFI: 45.0, FixSource.CELL: 700.0}[source]
        track.append(
            ping(
                minute,
                east_m + rng.choice([0.0, 0.0, 5.0, 60.0, 800.0]),
                accuracy_m=rng.choice([accuracy_m, accuracy_m, None]),
                source=source,
                report_id=str(minute),
            )
        )
    late = rng.sample(range(40), 4)
    return [one for n, one in enumerate(track) if n not in late] + [track[n] for n in late]


def _said(change: Change) -> list[object]:
    """Return what was decided; numbers without the last digits, which differ between machines."""
    evidence = change.evidence
    return [
        change.kind.value,
        change.at.isoformat(),
        change.report_id,
        change.zone_id,
        change.silence_confirms,
        evidence.rule.value,
        round(evidence.probability_outside, 6),
        round(evidence.beyond_m, 1),
        evidence.fixes,
    ]


def test_the_judgement_in_use_is_written_down() -> None:
    """The same name never stands for another outcome; the comment above says what to do."""
    assert (digest(), outcome()) == IN_USE


def test_every_number_of_the_model_counts() -> None:
    """A model that differs in one number, however deep, has another name."""
    other = replace(MODEL, gps=replace(MODEL.gps, outlier_share=MODEL.gps.outlier_share + 1e-12))

    assert 3 == len({digest(), digest(other), digest(replace(MODEL, window_s=1801.0))})
    assert digest() == digest(replace(MODEL))

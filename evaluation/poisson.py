"""How far a small count can be trusted."""

import math

_CLOSE = 1e-10


def interval(count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a Poisson mean of which *count* events were seen.

    Garwood's (Biometrika 28, 1936): the lower end is the mean that gives *count* or more events
    with probability (1 - confidence) / 2, the upper end the one that gives *count* or fewer. They
    are half the quantiles of chi-square with 2·count and 2·count + 2 degrees of freedom; here they
    are found by halving, on the Poisson sum itself, so that no library of statistics is needed.
    """
    if count < 0:
        raise ValueError(f"a count is not negative: {count}")
    tail = (1 - confidence) / 2
    lower = 0.0 if count == 0 else _mean_where(count - 1, 1 - tail)
    return lower, _mean_where(count, tail)


def at_most(count: int, mean: float) -> float:
    """Return the probability of *count* or fewer events when *mean* are expected."""
    if count < 0:
        return 0.0
    if mean <= 0:
        return 1.0
    # from the largest term both ways, each from the one before, until they are too small to matter
    top = min(count, int(mean))
    largest = math.exp(top * math.log(mean) - mean - math.lgamma(top + 1))
    total, term, k = largest, largest, top
    while k > 0 and term > _CLOSE * _CLOSE * total:
        term *= k / mean
        k -= 1
        total += term
    term, k = largest, top
    while k < count and term > _CLOSE * _CLOSE * total:
        k += 1
        term *= mean / k
        total += term
    return min(1.0, total)


def _mean_where(count: int, probability: float) -> float:
    """Return the mean at which `at_most` of *count* is *probability*; it falls with the mean."""
    low, high = 0.0, count + 10 * math.sqrt(count + 1) + 10
    while high - low > _CLOSE * high:
        middle = (low + high) / 2
        if at_most(count, middle) > probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2

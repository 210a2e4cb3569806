"""Order statistics. No distribution is assumed, nothing is excluded."""

import math


def median(values):
    xs = sorted(values)
    n = len(xs)
    if not n:
        raise ValueError("median of nothing")
    return xs[n // 2] if n % 2 else (xs[n // 2 - 1] + xs[n // 2]) / 2


def quantile(values, q):
    """Linear between order statistics (type 7)."""
    xs = sorted(values)
    at = (len(xs) - 1) * q
    low = math.floor(at)
    high = min(low + 1, len(xs) - 1)
    return xs[low] + (xs[high] - xs[low]) * (at - low)


def interval_rank(n, confidence=0.95):
    """The narrowest symmetric pair of order statistics that covers the median with the confidence asked for.

    Returns (k, coverage): the interval is the k-th smallest to the k-th largest of n. The number of values below the
    median is Binomial(n, 1/2), so the coverage is exact for every continuous distribution. Below six values not even the
    whole range reaches 95 %; then k is 1 and the coverage says what it is.
    """
    if n < 1:
        raise ValueError("no values")
    tail, k, chosen, covered = 0, 0, 1, 1 - 2.0 ** (1 - n)
    total = 2 ** n
    while k < n / 2:
        tail += math.comb(n, k)  # P(at most k values below) = tail / total, each side
        k += 1
        coverage = 1 - 2 * tail / total
        if coverage < confidence:
            break
        chosen, covered = k, coverage
    return chosen, max(covered, 0.0)


def median_interval(values, confidence=0.95):
    """(low, high, coverage) of the median."""
    xs = sorted(values)
    k, coverage = interval_rank(len(xs), confidence)
    return xs[k - 1], xs[len(xs) - k], coverage


def paired_ratio(ours, theirs, confidence=0.95):
    """theirs / ours, taken round by round so that what disturbs a whole round cancels.

    Both are {round: value}. Returns {"ratio", "low", "high", "coverage", "n"} or None where no round has both.
    """
    rounds = sorted(set(ours) & set(theirs))
    if not rounds:
        return None
    logs = [math.log(theirs[r] / ours[r]) for r in rounds]
    low, high, coverage = median_interval(logs, confidence)
    return {"ratio": math.exp(median(logs)), "low": math.exp(low), "high": math.exp(high),
            "coverage": coverage, "n": len(rounds)}

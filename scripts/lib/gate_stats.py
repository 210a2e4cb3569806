# SPDX-License-Identifier: Apache-2.0
"""What the gate may conclude from paired log-ratios: sign tests, Holm's steps over the family, stages planned beforehand.

Nothing is assumed of the distribution but that pairs are independent of each other and the median is what is asked for. A one-sided
sign test at level a rejects "the median is at most the margin" exactly where the order statistic that is a lower bound of the median at
level a lies above the margin; so the intervals that are shown decide.

  slower   the lower bound lies above the margin
  pass     the upper bound lies below the margin
  open     neither; after the last stage: inconclusive

Both directions are families of their own, each wrong anywhere with probability alpha at most: a benchmark is truly either above its
margin or not. Stages share alpha equally (a union bound, so that it does not matter that the second contains the first one's pairs).
What was rejected in an earlier stage leaves the family, as in Holm's own steps.
"""

import functools
import math
from collections import namedtuple

SLOWER, PASS, OPEN = "slower", "pass", "open"

# low, high: bounds of the median log-ratio, each one-sided at its own level. n: pairs used.
Decision = namedtuple("Decision", "outcome n median low high low_level high_level")


@functools.lru_cache(maxsize=None)
def tail(n, k):
    """P(Binomial(n, 1/2) >= k), exactly rounded."""
    return sum(math.comb(n, i) for i in range(max(k, 0), n + 1)) / 2 ** n


def p_above(values, margin):
    """One-sided sign test of "the median is at most margin". A value on the margin speaks for it."""
    return tail(len(values), sum(v > margin for v in values))


def p_below(values, margin):
    return tail(len(values), sum(v < margin for v in values))


@functools.lru_cache(maxsize=None)
def bound_rank(n, level):
    """The largest k whose k-th smallest of n values is a lower bound of the median at this level; 0: none is."""
    k = 0
    while k < n and tail(n, n - k) <= level:  # P(at most k values lie below the median)
        k += 1
    return k


def lower_bound(values, level):
    k = bound_rank(len(values), level)
    return sorted(values)[k - 1] if k else -math.inf


def upper_bound(values, level):
    k = bound_rank(len(values), level)
    return sorted(values)[len(values) - k] if k else math.inf


def holm(ps, alpha, family):
    """{key: (rejected, the level it was held against)}. family: the number of hypotheses, at least len(ps): those that are not in ps are
    not rejected here."""
    out, left, stopped = {}, family, False
    for key in sorted(ps, key=lambda k: (ps[k], str(k))):
        level = alpha / left
        stopped = stopped or ps[key] > level
        out[key] = (not stopped, level)
        left -= not stopped
    return out


def decide(pairs, margins, stages, alpha):
    """pairs: {name: log-ratios in the order they were taken}; margins: {name: log of 1 + margin}; stages: pairs in all after each.

    Returns ({name: Decision}, {name: pairs wanted in all}). While the second isn't empty, the first is as far as the data go."""
    decided, level, slower, passed = {}, alpha / len(stages), 0, 0
    for n in stages:
        left = [name for name in pairs if name not in decided or decided[name].outcome == OPEN]
        wanted = {name: n for name in left if len(pairs[name]) < n}
        if wanted:
            return decided, wanted
        some = {name: pairs[name][:n] for name in left}
        up = holm({k: p_above(v, margins[k]) for k, v in some.items()}, level, len(pairs) - slower)
        down = holm({k: p_below(v, margins[k]) for k, v in some.items()}, level, len(pairs) - passed)
        for name, values in some.items():
            outcome = SLOWER if up[name][0] else PASS if down[name][0] else OPEN
            slower, passed = slower + (outcome == SLOWER), passed + (outcome == PASS)
            decided[name] = _decision(outcome, values, up[name][1], down[name][1])
    return decided, {}


def _decision(outcome, values, low_level, high_level):
    xs = sorted(values)
    middle = (xs[(len(xs) - 1) // 2] + xs[len(xs) // 2]) / 2
    return Decision(outcome, len(xs), middle, lower_bound(xs, low_level), upper_bound(xs, high_level), low_level, high_level)


def differs(pairs, margins, stages, alpha):
    """The control: {name: Decision} whose median lies outside of the margin on either side, shown by either stage's pairs. The data end
    where the benchmark itself was decided; a stage that is not there is not looked at."""
    found, level = {}, alpha / len(stages)
    for n in stages:
        some = {name: values[:n] for name, values in pairs.items() if len(values) >= n}
        ps = {(name, 1): p_above(v, margins[name]) for name, v in some.items()}
        ps.update({(name, -1): p_below(v, -margins[name]) for name, v in some.items()})
        for (name, _), (rejected, at) in holm(ps, level, 2 * len(pairs)).items():
            if rejected:
                found.setdefault(name, _decision(SLOWER, some[name], at, at))
    return found


def can_decide(n, family, alpha):
    """Could n pairs that all agree reject the first of so many hypotheses?"""
    return 2.0 ** -n <= alpha / family


def clopper_pearson(k, n, confidence=0.95):
    """Exact interval of a probability of which k of n were seen."""
    side = (1 - confidence) / 2
    low = 0.0 if k == 0 else _solve(lambda p: 1 - _cdf(k - 1, n, p), side)
    high = 1.0 if k == n else _solve(lambda p: -_cdf(k, n, p), -side)
    return low, high


def _cdf(k, n, p):
    if p <= 0 or p >= 1:
        return 1.0 if p <= 0 or k >= n else 0.0
    logs = (math.lgamma(n + 1) - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * math.log(p) + (n - i) * math.log1p(-p) for i in range(k + 1))
    return min(1.0, math.fsum(map(math.exp, logs)))


def _solve(rising, target):
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < target else (low, middle)
    return (low + high) / 2

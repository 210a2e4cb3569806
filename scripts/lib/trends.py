"""How figures went from run to run: series of one machine class, and where in them the level changed.

A point is a run's median; runs are what is exchangeable, samples of one run are not (a machine has good and bad days: stored results
feed trends, never pass or fail). Method: binary segmentation by ranks.
  1. For every split that leaves FEWEST runs on both sides, how rare its rank sum is among the orders of these values (its own p): all
     orders up to 8 runs, else DRAWN of them from a fixed seed. By its own p, since a z score is rarer near the ends than in the middle:
     a step that only the newest runs show would drown.
  2. p of the whole: the share of orders whose least p is as small. So the search over splits is paid for, whatever the distribution.
  3. Where p ≤ LEVEL the series is split where two levels fit best, by the distances of the log medians from them. If the levels are
     MARGIN apart, that is a change point, and both sides are searched again.
What it can't do: tell a change from a slow drift, or say anything of fewer than `fewest_runs()`; and a share LEVEL of the series that
did not change shows one all the same, which whoever prints it has to say.
"""

import bisect
import collections
import functools
import itertools
import math
import random
from collections import namedtuple

import stats

LEVEL = 0.01
MARGIN = 1.03  # as the regression gate's
FEWEST = 3  # runs on either side: a single bad day is no change
DRAWN = 4999

Point = namedtuple("Point", "run value low high n")
Series = namedtuple("Series", "machine name against metric points")  # against: None for a figure, else (runtime, kind) of a ratio's rival
Change = namedtuple("Change", "at before after p")  # at: the first point of the new level; before and after: medians


def ranks(values):
    """Equal values share the mean of their ranks."""
    order = sorted(range(len(values)), key=lambda i: values[i])
    out, at = [0.0] * len(values), 0
    while at < len(order):
        end = at
        while end < len(order) and values[order[end]] == values[order[at]]:
            end += 1
        for i in order[at:end]:
            out[i] = (at + 1 + end) / 2
        at = end
    return out


def _sums(some):
    """[twice the distance of the first k ranks' sum from its mean], for each k that leaves FEWEST on both sides; whole numbers."""
    n, total, out = len(some), 0, []
    for k in range(1, n - FEWEST + 1):
        total += some[k - 1]
        if k >= FEWEST:
            out.append(int(abs(2 * total - k * (n + 1))))
    return out


class _Orders:
    """What orders of these ranks look like: each split's sums, and the least p of an order."""

    def __init__(self, some):
        if len(some) <= 8:
            self.whole, orders = True, map(_sums, itertools.permutations(some))
        else:
            self.whole, orders = False, self._drawn(list(some))
        sums = list(orders)
        self.n = len(sums)
        self.splits = []  # for each split: its sums, and the share of orders with such a one or more
        for column in zip(*sums):
            count = collections.Counter(column)
            values, share, left = sorted(count), {}, self.n
            for value in values:
                share[value] = left / self.n
                left -= count[value]
            self.splits.append((values, share))
        self.least = sorted(min(share[s] for s, (_, share) in zip(row, self.splits)) for row in sums)

    @staticmethod
    def _drawn(order):
        draw = random.Random(len(order))
        for _ in range(DRAWN):
            draw.shuffle(order)
            yield _sums(order)

    def own(self, split, value):
        """The p of one split's sum."""
        values, share = self.splits[split]
        at = bisect.bisect_left(values, value)
        return share[values[at]] if at < len(values) else 0.0


@functools.lru_cache(maxsize=None)
def _orders(sorted_ranks):
    return _Orders(sorted_ranks)


def p_value(some):
    """How rare the rarest split of these values is among their orders."""
    mine = ranks(some)
    orders = _orders(tuple(sorted(mine)))
    rarer = bisect.bisect_right(orders.least, min(orders.own(i, s) for i, s in enumerate(_sums(mine))))
    return rarer / orders.n if orders.whole else (rarer + 1) / (orders.n + 1)


def place(some):
    """Where two levels fit best: the split with the least sum of distances from both sides' medians."""
    def off(side):
        level = stats.median(side)
        return sum(abs(x - level) for x in side)

    return min(range(FEWEST, len(some) - FEWEST + 1), key=lambda k: off(some[:k]) + off(some[k:]))


@functools.lru_cache(maxsize=None)
def fewest_runs():
    """Below this no order of the runs is rare enough."""
    n = 2 * FEWEST
    while p_value(list(range(n))) > LEVEL:
        n += 1
    return n


def changes(values):
    """The change points of a series of positive values, in order."""
    logs = [math.log(v) for v in values]
    found = []

    def search(start, end):
        if end - start < fewest_runs():
            return
        p = p_value(logs[start:end])
        if p > LEVEL:
            return
        at = start + place(logs[start:end])
        before, after = stats.median(logs[start:at]), stats.median(logs[at:end])
        if abs(after - before) < math.log(MARGIN):
            return
        found.append((at, p))
        search(start, at)
        search(at, end)

    search(0, len(logs))
    found.sort()
    edges = [0] + [at for at, _ in found] + [len(values)]
    return [Change(at, stats.median(values[edges[i]:at]), stats.median(values[at:edges[i + 2]]), p) for i, (at, p) in enumerate(found)]


def read(index, pattern):
    """All series of an index whose name the pattern finds, figures before ratios. Runs with uncommitted changes are for their author."""
    runs = {r["id"]: r for r in index.rows("SELECT * FROM runs WHERE NOT dirty ORDER BY date, name")}
    order = {number: i for i, number in enumerate(runs)}
    some = {}
    for row in index.rows("SELECT * FROM figures WHERE median IS NOT NULL"):
        if row["run"] in runs and pattern.search(row["name"]):
            key = runs[row["run"]]["class"], row["name"], None, row["metric"]
            some.setdefault(key, []).append(Point(row["run"], row["median"], row["low"], row["high"], row["n"]))
    for row in index.rows("SELECT * FROM ratios"):
        if row["run"] in runs and pattern.search(row["name"]):
            key = runs[row["run"]]["class"], row["name"], (row["runtime"], row["kind"]), "ratio"
            some.setdefault(key, []).append(Point(row["run"], row["ratio"], row["low"], row["high"], row["n"]))
    return runs, [Series(*key, sorted(points, key=lambda p: order[p.run]))
                  for key, points in sorted(some.items(), key=lambda item: (item[0][0], item[0][2] is not None, item[0][1], item[0][2] or ()))]


def better(series, change):
    """A figure is better when smaller, a ratio when larger."""
    return (change.after < change.before) == (series.metric != "ratio")

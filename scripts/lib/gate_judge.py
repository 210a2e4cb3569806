# SPDX-License-Identifier: Apache-2.0
"""Samples in, verdict out; and which pairs are wanted next. Reads nothing but the samples and the plan, so a file of an old run is judged
the same way.

A regression is one that two runs show: what the first finds slower, and nothing else, is measured again. The control, base against a twin
of itself, has to be within the margin in each run.

A sample: {"name", "tier", "run": 1|2, "pair", "side": "base"|"head"|"twin", "value", …}. An item: what is compared; its tiers are families
of their own.
"""

import math
from collections import namedtuple

import gate_stats

PAIRED, RATIO = "paired", "ratio"
REGRESSION, PASSED, INCONCLUSIVE = "regression", "pass", "inconclusive"

# margin, offset: of the log-ratio head/base: offset is added to it before it is held against the margin.
Item = namedtuple("Item", "name tier margin offset")

# decisions: one a run. note: what a reader has to know.
Result = namedtuple("Result", "item outcome decisions note")

# wanted: {item: pairs in all} of this run. unfit: {item: Decision of the control}.
Verdict = namedtuple("Verdict", "results run wanted unfit")


def log_ratios(samples, item, run, over, under):
    """In the order of the pairs; a pair that lacks a side is none."""
    values = {}
    for s in samples:
        if s["name"] == item.name and s["tier"] == item.tier and s["run"] == run:
            values.setdefault(s["pair"], {})[s["side"]] = s["value"]
    return [math.log(v[over] / v[under]) + item.offset for _, v in sorted(values.items()) if over in v and under in v]


def judge(samples, items, stages, alpha):
    """A Verdict of all tiers. While wanted isn't empty there is more to measure."""
    results, wanted, run, unfit = [], {}, 1, {}
    for tier in sorted({item.tier for item in items}):
        family = [item for item in items if item.tier == tier]
        mine = [s for s in samples if s["tier"] == tier]
        first, more = _run(mine, family, 1, stages, alpha)
        unfit.update(_control(mine, family, 1, stages, alpha))
        wanted.update(more)
        results.append((family, first))
    if wanted:
        return Verdict([], 1, wanted, unfit)
    out = []
    for family, first in results:
        mine = [s for s in samples if s["tier"] == family[0].tier]
        failing = [item for item in family if first[item].outcome == gate_stats.SLOWER]
        again, more = _run(mine, failing, 2, stages, alpha) if failing else ({}, {})
        unfit.update(_control(mine, failing, 2, stages, alpha))
        if more:
            wanted, run = {**wanted, **more}, 2
        out += [_result(item, [d for d in (first[item], again.get(item)) if d]) for item in family]
    return Verdict([] if wanted else out, run, wanted, unfit)


def _run(samples, family, run, stages, alpha):
    pairs = {item: log_ratios(samples, item, run, "head", "base") for item in family}
    return gate_stats.decide(pairs, {item: item.margin for item in family}, stages, alpha)


def _control(samples, family, run, stages, alpha):
    pairs = {item: log_ratios(samples, item, run, "twin", "base") for item in family}
    return gate_stats.differs({k: v for k, v in pairs.items() if v}, {item: item.margin for item in family}, stages, alpha)


def _result(item, decisions):
    first, last = decisions[0].outcome, decisions[-1].outcome
    if first == gate_stats.SLOWER and last == gate_stats.SLOWER:
        return Result(item, REGRESSION, decisions, "both runs show it")
    if first == gate_stats.SLOWER:
        return Result(item, PASSED if last == gate_stats.PASS else INCONCLUSIVE, decisions, "slower in the first run, not in the second")
    return Result(item, PASSED if first == gate_stats.PASS else INCONCLUSIVE, decisions, "")

# SPDX-License-Identifier: Apache-2.0
"""Takes the pairs that the judge wants: round by round over all benchmarks, so that a benchmark's pairs are spread over the run; in each
round the benchmarks in shuffled order, and within one its sides, one right after the other, in shuffled order too."""

import random
import time

import gate_judge
import gate_run


class Job:
    """An item of the judge and how each side of it is measured: {side: (Program, the name asked for)}."""

    def __init__(self, item, sides, cpus):
        self.item, self.sides, self.cpus = item, sides, cpus


class Taker:
    def __init__(self, jobs, settings, seed, progress=None):
        self.jobs, self.settings, self.seed, self.progress = {job.item: job for job in jobs}, settings, seed, progress
        self.samples, self.have, self.cost = [], {}, {}
        self.started = time.monotonic()

    def whole(self):
        """Judge and take in turn until nothing is wanted, or the control has failed. Returns the verdict."""
        while True:
            verdict = gate_judge.judge(self.samples, list(self.jobs), self.settings.stages, self.settings.alpha)
            if not verdict.wanted or verdict.unfit:
                return verdict
            self.take(verdict.run, verdict.wanted)

    def take(self, run, wanted):
        """wanted: {item: pairs in all}"""
        first = min(self.have.get((item, run), 0) for item in wanted)
        for pair in range(first, max(wanted.values())):
            due = sorted(item for item in wanted if self.have.get((item, run), 0) <= pair < wanted[item])
            chance = random.Random("%s/%s/%s" % (self.seed, run, pair))
            chance.shuffle(due)
            for order, item in enumerate(due):
                self._show(run, pair, order, due, wanted)
                self._pair(self.jobs[item], run, pair, chance)
                self.have[item, run] = pair + 1

    def _pair(self, job, run, pair, chance):
        start = time.monotonic()
        sides = sorted(job.sides)
        chance.shuffle(sides)
        for order, side in enumerate(sides):
            program, asked = job.sides[side]
            at = time.monotonic() - self.started
            try:
                fields = program.sample(asked, self.settings.min_time, gate_run.cpus_for(job.cpus), chance)
            except gate_run.Broken as broken:
                raise gate_run.Broken("%s (run %d, pair %d)" % (broken, run, pair + 1)) from None
            self.samples.append(dict(fields, name=job.item.name, tier=job.item.tier, run=run, pair=pair, side=side, order=order,
                                     started_s=round(at, 3)))
        took = time.monotonic() - start
        self.cost[job.item] = took if job.item not in self.cost else 0.9 * self.cost[job.item] + 0.1 * took

    def _show(self, run, pair, order, due, wanted):
        if self.progress:
            left = sum(self.cost.get(item, 0.1) * max(0, wanted[item] - pair - (n < order)) for n, item in enumerate(due))
            self.progress.show("run %d, pair %d of %d  %d/%d  %s" % (run, pair + 1, max(wanted.values()), order + 1, len(due), due[order].name), left)

# SPDX-License-Identifier: Apache-2.0
"""The tier that counts: reading callgrind's profile, what is worse, counted twice, n/a; and that the seeded regression is not stale."""

import os
import unittest

import lib
import gate_exact
import gate_report
import gate_settings
import mutants_make
import usage

PROFILE = """\
version: 1
positions: line
events: Ir sysCount sysTime
summary: 900 12 3

fn=(1) main
12 40
+2 5 1
cfn=(2) malloc
calls=7 0
+1 300 2 1
cfn=(3) calloc
calls=2 0
* 30
cfn=(5) mallocate
calls=90 0
* 30

fn=(3)
cfn=(2)
calls=2 0
0 9

fn=(4) clock_gettime@@GLIBC_2.17
0 20 4 1
cfn=(1)
calls=1 0
0 20 3

totals: 900 12 3
"""
LIMITS = {"instructions": 0.01, "bytes": 0.01, "syscalls": 0.01, "allocations": 0.01}


class Profile(unittest.TestCase):
    def test_read(self):
        """calloc's own call of malloc is no second allocation; of 12 calls 4 read a clock, and the 3 of a callee are counted elsewhere."""
        self.assertEqual(gate_exact.read(PROFILE.splitlines()), {"instructions": 900, "syscalls": 8, "allocations": 9})

    def test_none(self):
        with self.assertRaisesRegex(gate_exact.Uncountable, "no totals"):
            gate_exact.read(["events: Ir", "totals: 5"])


class Compare(unittest.TestCase):
    def compare(self, what, one, other, again=None):
        found, = gate_exact._compare("x", ({what: one}, {what: other}), lambda: again or ({what: one}, {what: other}), LIMITS)
        return found["outcome"]

    def test_limits(self):
        for what, one, other, outcome in (("instructions", 100, 100.9, "pass"), ("instructions", 100, 101.1, "regression"), ("instructions", 100, 50, "pass"),
                                          ("bytes", 4785, 4840, "regression"), ("syscalls", 0, 0.009, "pass"), ("syscalls", 0, 0.02, "regression"),
                                          ("syscalls", 2, 2.009, "pass"), ("allocations", 0, 1, "regression")):
            self.assertEqual(self.compare(what, one, other), outcome, (what, one, other))

    def test_worse_twice_or_not_at_all(self):
        self.assertEqual(self.compare("bytes", 100, 110, ({"bytes": 110}, {"bytes": 110})), "inconclusive")
        self.assertEqual(self.compare("bytes", 100, 110, "why not"), "inconclusive")

    def test_not_countable(self):
        found, = gate_exact._compare("x", "valgrind is not installed", None, LIMITS)
        self.assertEqual((found["outcome"], found["note"]), ("n/a", "valgrind is not installed"))

    def test_countable_on_one_side(self):
        def count(side):
            if side == missing:
                raise gate_exact.Uncountable("it crashed")
            return {"bytes": 1}
        missing = "base"
        self.assertEqual(gate_exact._both(count, "base", "head"), "it crashed")
        missing = "head"
        with self.assertRaisesRegex(usage.Stop, "head is not: it crashed"):
            gate_exact._both(count, "base", "head")
        missing = None
        self.assertEqual(gate_exact._both(count, "base", "head"), ({"bytes": 1}, {"bytes": 1}))


class Verdict(unittest.TestCase):
    def verdict(self, outcome, strict=False):
        data = {"settings": gate_settings.load().values, "items": [], "samples": [], "omitted": [], "strict": strict,
                "exact": [{"name": "x", "what": "bytes", "base": 1.0, "head": 2.0, "limit": 0.01, "outcome": outcome, "note": ""}]}
        return gate_report.judged(data)["verdict"]

    def test_counts_in_the_verdict(self):
        self.assertEqual([self.verdict(o) for o in ("pass", "regression", "inconclusive", "n/a")], ["pass", "regression", "inconclusive", "pass"])
        self.assertEqual([self.verdict(o, strict=True) for o in ("pass", "inconclusive", "n/a")], ["pass", "regression", "regression"])


class Seeded(unittest.TestCase):
    def test_still_applies(self):
        """scripts/test --long builds it and has the gate find it."""
        one, = mutants_make.by_hand(lib.ROOT, os.path.join(lib.SCRIPTS, "tests"))
        with open(os.path.join(lib.ROOT, one.file), encoding="utf-8") as text:
            self.assertEqual(mutants_make.apply(text.read(), one.edits).count("w_full_fence();"), 1)


if __name__ == "__main__":
    unittest.main()

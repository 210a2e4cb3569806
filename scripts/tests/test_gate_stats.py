# SPDX-License-Identifier: Apache-2.0
"""The gate's statistics, against what can be counted by hand or from every outcome; and its error rates on simulated data whose truth is
known. Seeds are fixed: a failure is a failure."""

import itertools
import math
import random
import unittest

import lib  # noqa: F401
import gate_stats as gs

MARGIN = math.log(1.03)


class Exact(unittest.TestCase):
    def test_tail_by_counting(self):
        for n in range(1, 11):
            outcomes = [sum(p) for p in itertools.product((0, 1), repeat=n)]
            for k in range(n + 2):
                self.assertEqual(gs.tail(n, k), sum(o >= k for o in outcomes) / 2 ** n)

    def test_bound_is_the_sharpest_that_holds(self):
        """By counting every pattern of below and above: the k-th smallest exceeds the median in at most `level` of them, the next in more."""
        for n, level in itertools.product(range(1, 13), (0.3, 0.1, 0.02, 0.001)):
            k = gs.bound_rank(n, level)
            missed = [sum(1 for p in itertools.product((0, 1), repeat=n) if n - sum(p) < j) / 2 ** n for j in (k, k + 1)]
            self.assertLessEqual(missed[0], level)
            self.assertGreater(missed[1], level)

    def test_coverage_simulated(self):
        """A lower bound at 5 %, of samples of a lopsided distribution whose median is 0: it is above 0 as seldom as the binomial says."""
        chance, n, level, trials = random.Random(1), 25, 0.05, 2000
        above = sum(gs.lower_bound([math.exp(chance.gauss(0, 1)) - 1 for _ in range(n)], level) > 0 for _ in range(trials))
        k = gs.bound_rank(n, level)
        true = gs.tail(n, n - k + 1)
        self.assertLessEqual(true, level)
        self.assertLess(abs(above / trials - true), 4 * math.sqrt(true * (1 - true) / trials))

    def test_bounds_and_tests_agree(self):
        chance = random.Random(2)
        for _ in range(500):
            values = [chance.gauss(0.03, 0.02) for _ in range(chance.randrange(1, 60))]
            level = 10 ** chance.uniform(-5, -0.5)
            self.assertEqual(gs.p_above(values, MARGIN) <= level, gs.lower_bound(values, level) > MARGIN)
            self.assertEqual(gs.p_below(values, MARGIN) <= level, gs.upper_bound(values, level) < MARGIN)

    def test_on_the_margin_speaks_for_it(self):
        self.assertEqual(gs.p_above([MARGIN] * 10, MARGIN), 1.0)
        self.assertEqual(gs.p_below([MARGIN] * 10, MARGIN), 1.0)

    def test_can_decide(self):
        self.assertFalse(gs.can_decide(5, 1, 0.01))
        self.assertTrue(gs.can_decide(7, 1, 0.01))
        self.assertFalse(gs.can_decide(7, 10, 0.01))


class Holm(unittest.TestCase):
    def test_textbook(self):
        """0.01, 0.04, 0.03, 0.005 at 0.05: 0.005 <= 0.05/4, 0.01 <= 0.05/3, 0.03 > 0.05/2, and 0.04 stands behind it."""
        got = gs.holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005}, 0.05, 4)
        self.assertEqual({k: v[0] for k, v in got.items()}, {"a": True, "b": False, "c": False, "d": True})
        self.assertEqual([got[k][1] for k in "dac"], [0.05 / 4, 0.05 / 3, 0.05 / 2])

    def test_those_elsewhere_count(self):
        self.assertTrue(gs.holm({"a": 0.01}, 0.05, 5)["a"][0])
        self.assertFalse(gs.holm({"a": 0.011}, 0.05, 5)["a"][0])


class Decide(unittest.TestCase):
    def one(self, values, stages=(40, 80)):
        decided, wanted = gs.decide({"x": values}, {"x": MARGIN}, stages, 0.01)
        return (decided["x"].outcome if "x" in decided else None), wanted

    def test_asks_for_pairs(self):
        self.assertEqual(self.one([]), (None, {"x": 40}))
        self.assertEqual(self.one([0.0] * 39), (None, {"x": 40}))

    def test_clear_ones_end_early(self):
        self.assertEqual(self.one([0.1] * 40), (gs.SLOWER, {}))
        self.assertEqual(self.one([0.0] * 40), (gs.PASS, {}))

    def test_extension(self):
        half = [0.0, 0.1] * 20
        self.assertEqual(self.one(half), (gs.OPEN, {"x": 80}))
        self.assertEqual(self.one(half + half), (gs.OPEN, {}))
        self.assertEqual(self.one(half + [0.1] * 40), (gs.SLOWER, {}))

    def test_alpha_is_split(self):
        """30 of 40 above: p is 0.0011, which is below 0.005; 29: 0.0032, below it too; 28: 0.0083 lies between 0.005 and 0.01."""
        self.assertEqual(self.one([0.1] * 29 + [0.0] * 11)[0], gs.SLOWER)
        self.assertEqual(self.one([0.1] * 28 + [0.0] * 12)[0], gs.OPEN)
        self.assertEqual(self.one([0.1] * 28 + [0.0] * 12, stages=(40,))[0], gs.SLOWER)

    def test_later_pairs_do_not_move_an_early_decision(self):
        self.assertEqual(self.one([0.1] * 40 + [0.0] * 40)[0], gs.SLOWER)

    def test_family(self):
        """What one alone shows, one of fifty does not; that decided ones count stays true in the second stage."""
        pairs = {"p%d" % i: [0.0] * 40 for i in range(49)}
        pairs["x"] = [0.1] * 29 + [0.0] * 11
        decided, wanted = gs.decide(pairs, {k: MARGIN for k in pairs}, (40, 80), 0.01)
        self.assertEqual((decided["x"].outcome, wanted), (gs.OPEN, {"x": 80}))
        pairs["x"] = [0.0, 0.1] * 14 + [0.1] * 38 + [0.0] * 14  # 52 of 80: p is 0.0048, enough for one alone
        decided, wanted = gs.decide(pairs, {k: MARGIN for k in pairs}, (40, 80), 0.01)
        self.assertEqual((decided["x"].outcome, wanted), (gs.OPEN, {}))

    def simulated(self, trials, family, effect, spread, seed):
        chance, alarms, found = random.Random(seed), 0, 0
        for _ in range(trials):
            pairs = {k: [chance.gauss(effect, spread) for _ in range(80)] for k in range(family)}
            outcomes = [d.outcome for d in gs.decide(pairs, {k: MARGIN for k in pairs}, (40, 80), 0.01)[0].values()]
            alarms += gs.SLOWER in outcomes
            found += outcomes.count(gs.SLOWER)
        return alarms / trials, found / trials / family

    def test_family_wise_error(self):
        """The worst true null, a median that is the margin itself, ten at a time: alarms in at most 1 % of gates (300 here: at most 7)."""
        self.assertLessEqual(self.simulated(300, 10, MARGIN, 0.02, 3)[0], 7 / 300)

    def test_identical_code_never_alarms(self):
        self.assertEqual(self.simulated(100, 10, 0.0, 0.05, 4)[0], 0.0)

    def test_power(self):
        """10 % with 5 % of noise in a family of ten, nearly always; 5 % with 2 % of noise too."""
        self.assertGreater(self.simulated(30, 10, math.log(1.10), 0.05, 5)[1], 0.99)
        self.assertGreater(self.simulated(30, 10, math.log(1.05), 0.02, 6)[1], 0.9)


class Control(unittest.TestCase):
    def found(self, pairs):
        return set(gs.differs(pairs, {k: MARGIN for k in pairs}, (40, 80), 0.01))

    def test_both_directions(self):
        self.assertEqual(self.found({"same": [0.0] * 40, "up": [0.1] * 40, "down": [-0.1] * 40}), {"up", "down"})

    def test_not_before_a_stage_is_whole(self):
        self.assertEqual(self.found({"up": [0.1] * 39}), set())

    def test_noise_is_no_difference(self):
        chance = random.Random(7)
        for _ in range(30):
            self.assertEqual(self.found({k: [chance.gauss(0, 0.3) for _ in range(80)] for k in "abc"}), set())


class ClopperPearson(unittest.TestCase):
    def test_known(self):
        for k, n, low, high in ((0, 10, 0.0, 0.30850), (10, 10, 0.69150, 1.0), (1, 20, 0.00127, 0.24873), (0, 300, 0.0, 0.01222), (5, 10, 0.18709, 0.81291)):
            got = gs.clopper_pearson(k, n)
            self.assertAlmostEqual(got[0], low, places=5)
            self.assertAlmostEqual(got[1], high, places=5)


if __name__ == "__main__":
    unittest.main()

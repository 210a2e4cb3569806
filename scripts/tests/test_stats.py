"""Statistics with known answers. Method: values worked out by hand or by counting every outcome."""

import itertools
import unittest

import lib  # noqa: F401  (puts scripts/lib on the path)
import plan
import stats


class Median(unittest.TestCase):
    def test_odd_even_one(self):
        self.assertEqual(stats.median([3, 1, 2]), 2)
        self.assertEqual(stats.median([4, 1, 2, 3]), 2.5)
        self.assertEqual(stats.median([7]), 7)

    def test_of_nothing_is_an_error(self):
        with self.assertRaises(ValueError):
            stats.median([])

    def test_quantile(self):
        self.assertEqual(stats.quantile([0, 10], 0.1), 1)
        self.assertEqual(stats.quantile([5], 0.9), 5)
        self.assertEqual(stats.quantile(range(11), 0.9), 9)


class Interval(unittest.TestCase):
    def test_known_ranks(self):
        """Ranks and coverages of the exact interval, from the binomial table."""
        for n, k, coverage in ((6, 1, 0.96875), (8, 1, 0.9921875), (9, 2, 0.9609375), (10, 2, 0.978515625), (20, 6, 0.9586105),
                               (40, 14, 0.9615226)):
            self.assertEqual(stats.interval_rank(n)[0], k, n)
            self.assertAlmostEqual(stats.interval_rank(n)[1], coverage, places=6)

    def test_few_samples_give_the_range_and_say_what_it_covers(self):
        self.assertEqual(stats.interval_rank(1), (1, 0.0))
        self.assertEqual(stats.interval_rank(2), (1, 0.5))
        self.assertEqual(stats.interval_rank(5), (1, 0.9375))
        self.assertEqual(stats.median_interval([5, 1, 3]), (1, 5, 0.75))

    def test_coverage_by_counting(self):
        """Every pattern of below/above the median is equally likely: count those that the interval covers."""
        for n in range(1, 13):
            k, coverage = stats.interval_rank(n)
            covered = sum(1 for p in itertools.product((0, 1), repeat=n) if k <= sum(p) <= n - k)
            self.assertAlmostEqual(covered / 2 ** n, coverage)

    def test_narrowest(self):
        for n in range(6, 60):
            k, coverage = stats.interval_rank(n)
            self.assertGreaterEqual(coverage, 0.95)
            tighter = sum(stats.math.comb(n, i) for i in range(k + 1, n - k)) / 2 ** n
            self.assertLess(tighter, 0.95)


class Ratio(unittest.TestCase):
    def test_pairs_by_round(self):
        """A round in which everything is ten times slower doesn't move the ratio."""
        ours = {0: 1.0, 1: 10.0, 2: 1.0, 5: 99.0}
        theirs = {0: 4.0, 1: 40.0, 2: 4.0, 7: 1.0}
        found = stats.paired_ratio(ours, theirs)
        for key in ("ratio", "low", "high"):
            self.assertAlmostEqual(found[key], 4.0)
        self.assertEqual(found["n"], 3)

    def test_no_common_round(self):
        self.assertIsNone(stats.paired_ratio({0: 1.0}, {1: 1.0}))


class Plan(unittest.TestCase):
    def test_allotment_fits_and_is_fair(self):
        costs = {"cheap": (0.1, 1), "dear": (5.0, 1), "middling": (1.0, 1), "many cheap ones": (1.0, 10)}
        got = plan.allot(costs, 60, 2, 40)
        self.assertLessEqual(sum(got[g] * costs[g][0] for g in costs), 60)
        self.assertEqual(got["many cheap ones"], got["cheap"])
        self.assertGreaterEqual(got["cheap"], got["middling"])
        self.assertGreaterEqual(got["middling"], got["dear"])
        self.assertGreaterEqual(got["dear"], 2)

    def test_never_below_the_fewest(self):
        self.assertEqual(plan.allot({"x": (100.0, 1)}, 1, 3, 9), {"x": 3})

    def test_schedule_gives_each_group_its_rounds(self):
        names = ["a/weft/procs:1", "a/go/procs:1", "b/weft/procs:1"]
        rounds = plan.schedule(names, {("a", ()): 3, ("b", ()): 7}, seed=1)
        self.assertEqual(len(rounds), 7)
        flat = [n for r in rounds for n in r]
        self.assertEqual([flat.count(n) for n in names], [3, 3, 7])
        for some in rounds:  # a group's members share their rounds
            self.assertEqual("a/weft/procs:1" in some, "a/go/procs:1" in some)

    def test_same_seed_same_order(self):
        names = ["n%d" % i for i in range(20)]
        self.assertEqual(plan.shuffled(names, 5, 2), plan.shuffled(reversed(names), 5, 2))
        self.assertNotEqual(plan.shuffled(names, 5, 2), plan.shuffled(names, 5, 3))


if __name__ == "__main__":
    unittest.main()

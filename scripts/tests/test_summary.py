"""The summary on samples whose answers are known: who is compared with whom, verdicts, losses, and nothing left out in silence."""

import unittest

import lib  # noqa: F401
import show
import summary
import table


def samples(**figures):
    return [{"name": name.replace("__", "/").replace("_p", "/procs:"), "round": r, "order": 0, "source": "google_benchmark", "metric": "ns_per_op",
             "value": v, "status": "ok", "reason": None, "checksum_ok": True, "steal": 0.0, "others": 0.0, "counters": {}}
            for name, values in figures.items() for r, v in enumerate(values)]


def steady(value, n=8):
    return [value * (1 + 0.001 * i) for i in range(n)]


def compared(found, weft):
    return {(c["runtime"], c["kind"]): c for c in found["comparisons"] if c["weft"] == weft}


class Comparisons(unittest.TestCase):
    def setUp(self):
        self.found = summary.summarize(samples(
            pp__weft_p1=steady(30), pp__weft_p2=steady(40), pp__pthread__futex__same_core=steady(4000),
            pp__pthread__condvar__same_core=steady(5000), pp__pthread__futex__cross_core=steady(3000),
            pp__pthread__spin__cross_core=steady(20), pp__go_p1=steady(300), pp__go_p2=steady(200)), {})

    def test_best_blocking_uses_no_more_cores(self):
        one, two = compared(self.found, "pp/weft/procs:1"), compared(self.found, "pp/weft/procs:2")
        self.assertEqual(one["pthread", "blocking"]["rival"], "pp/pthread/futex/same_core")
        self.assertEqual(two["pthread", "blocking"]["rival"], "pp/pthread/futex/cross_core")
        self.assertAlmostEqual(one["pthread", "blocking"]["ratio"], 4000 / 30)

    def test_spinning_is_beside_and_may_win(self):
        one, two = compared(self.found, "pp/weft/procs:1"), compared(self.found, "pp/weft/procs:2")
        self.assertNotIn(("pthread", "spinning"), one)
        self.assertEqual(two["pthread", "spinning"]["verdict"], "loses")
        self.assertIn("pp/pthread/spin/cross_core", [c["rival"] for c in self.found["losses"]])

    def test_the_best_variant_of_a_peer_counts(self):
        some = samples(w__weft_p1=steady(10), w__tokio_p1=steady(30)) + [dict(s, name="w/tokio/current/procs:1") for s in samples(x=steady(20))]
        self.assertEqual(compared(summary.summarize(some, {}), "w/weft/procs:1")["tokio", "peer"]["rival"], "w/tokio/current/procs:1")

    def test_go_at_the_same_processors(self):
        self.assertEqual(compared(self.found, "pp/weft/procs:2")["go", "peer"]["rival"], "pp/go/procs:2")

    def test_a_second_processor_that_hurts_is_a_loss(self):
        self.assertIn(("pp/weft/procs:2", "pp/weft/procs:1"), [(c["weft"], c["rival"]) for c in self.found["losses"]])

    def test_losses_are_all_that_is_not_won(self):
        for c in self.found["comparisons"]:
            self.assertEqual(c in self.found["losses"], c["low"] <= 1)


class Cells(unittest.TestCase):
    def test_undecided_when_the_interval_has_one(self):
        found = summary.summarize(samples(w__weft_p1=[1, 2, 1, 2, 1, 2, 1, 2], w__go_p1=[2, 1, 2, 1, 2, 1, 2, 1]), {})
        self.assertEqual(found["comparisons"][0]["verdict"], "undecided")

    def test_failed_samples_have_reasons_and_no_figure(self):
        bad = samples(w__weft_p1=[0.0, 0.0])
        for s in bad:
            s.update(status="error", value=None, reason="checksum 1, expected 2")
        found = summary.summarize(bad, {"omitted": [{"name": "*/go", "reason": "no go"}]})
        self.assertIsNone(found["rows"][0]["median"])
        self.assertEqual([(o["kind"], o["name"]) for o in found["omitted"]], [("failed", "w/weft/procs:1"), ("omitted", "*/go")])
        self.assertIn("checksum 1, expected 2", table.text(found))

    def test_disturbed_samples_count_and_stay(self):
        some = samples(w__weft_p1=steady(5))
        some[3]["others"] = 0.5
        found = summary.summarize(some, {})
        self.assertEqual((found["rows"][0]["n"], found["rows"][0]["contaminated"]), (8, 1))

    def test_other_arguments_are_other_cells(self):
        some = samples(w__weft_p1=steady(5))
        some += [dict(s, name="w/go/procs:1/n:9") for s in samples(x=steady(9))]
        self.assertEqual(summary.summarize(some, {})["comparisons"], [])

    def test_a_percentile_is_of_all_samples_or_of_none(self):
        """Slow samples are too short for the 99.9th: the others' alone would stand below the 99th."""
        some = samples(w__weft_p1=steady(5))
        for i, s in enumerate(some):
            s["counters"] = {"hop_p50_ns": 5, "hop_p99_ns": 900, "batch_wall_ns": 1} if i == 3 else {"hop_p50_ns": 5, "hop_p99_ns": 50, "hop_p999_ns": 60}
        counters = summary.summarize(some, {})["rows"][0]["counters"]
        self.assertEqual(counters, {"hop_p50_ns": 5, "hop_p99_ns": 50, "batch_wall_ns": 1})

    def test_counters_never_zero(self):
        self.assertEqual(summary.counter_line({"summary": "n/a (no PMU: ENOENT)"}), "n/a (no PMU: ENOENT)")
        self.assertTrue(summary.counter_line({}).startswith("n/a"))


class Show(unittest.TestCase):
    def test_figures(self):
        for ns, text in ((5.061, "5.06 ns"), (30.44, "30.4 ns"), (313.2, "313 ns"), (3990, "3.99 µs"), (999.7, "1.00 µs"), (4.5e7, "45.0 ms"), (2.5e9, "2.50 s")):
            self.assertEqual(show.nanoseconds(ns), text)
        self.assertEqual(show.size(4703), "4,703 B")
        self.assertEqual([show.ratio(x) for x in (0.412, 9.949, 15.62, 1161.4)], ["0.41×", "9.95×", "15.6×", "1,161×"])


if __name__ == "__main__":
    unittest.main()

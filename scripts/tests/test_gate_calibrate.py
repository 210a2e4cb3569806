# SPDX-License-Identifier: Apache-2.0
"""calibrate: whole gates on a program with known figures; the rates of gates that are made up; what is refused."""

import gzip
import json
import os
import shutil
import tempfile
import unittest

import fake_benchmark
import lib
import gate_calibrate
import gate_settings
import runs


class Whole(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.root)
        self.tree = os.path.join(self.root, "tree")
        fake_benchmark.make(os.path.join(self.tree, "bench", "weft_bench"), {"switch/weft/procs:1": 100, "ring/weft/procs:1": 100})
        self.settings = fake_benchmark.settings(os.path.join(self.root, "gate.toml"))

    def calibrate(self, *arguments):
        return lib.script("gate", "calibrate", *arguments, "--settings", self.settings, "--out", self.root, "--seed", "1")

    def test_rates(self):
        done = self.calibrate(self.tree, "--aa", "6", "--inject", "2,20", "--each", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        name, = (n for n in os.listdir(self.root) if n.startswith("gate-"))
        with open(os.path.join(self.root, name, "calibration.json"), encoding="utf-8") as text:
            found = json.load(text)["summary"]
        self.assertEqual((found["false_alarms"]["hits"], found["false_alarms"]["of"]), (0, 6))
        self.assertAlmostEqual(found["false_alarms"]["high"], 1 - 0.025 ** (1 / 6), places=6)
        self.assertEqual({k: (v["hits"], v["of"]) for k, v in found["power"].items()}, {"2": (0, 2), "20": (2, 2)})
        self.assertTrue(0.03 < found["least_found"]["all"] <= 0.05, found["least_found"])  # 3 % of margin, 0.6 % of noise
        with gzip.open(os.path.join(self.root, name, "samples.jsonl.gz"), "rt") as lines:
            samples = [json.loads(line) for line in lines]
        self.assertEqual({(s["gate"], s["run"]) for s in samples if s["kind"] == 20}, {(max(s["gate"] for s in samples if s["kind"] == 20), r) for r in (1, 2)})
        with open(os.path.join(self.root, name, "README.md"), encoding="utf-8") as text:
            self.assertIn("| 20 % | 2 of 2, 100 %", text.read())
        self.assertEqual([os.path.basename(p) for p in runs.find([self.root])], ["tree"])  # what reads runs passes it by

    def test_refused(self):
        for arguments, status, why in ((("--aa", "0"), 2, "--aa, --each and --budget want"), (("--inject", "x"), 2, "--inject wants percents"),
                                       (("--inject", "-5"), 2, "--aa, --each"), ((self.tree, "--filter", "nosuch"), 77, "no benchmark matches 'nosuch'"),
                                       (("nosuch",), 2, "side: nosuch is neither")):
            done = self.calibrate(*arguments)
            self.assertEqual(done.returncode, status, done.stderr)
            self.assertRegex(done.stderr, "^gate: %s[^\n]*\n$" % why)
            self.assertEqual([n for n in os.listdir(self.root) if n.startswith(("gate-", ".partial"))], [])


class Rates(unittest.TestCase):
    def test_plan(self):
        self.assertEqual(gate_calibrate.plan(4, [5.0], 2), ["aa", 5.0, "aa", "aa", 5.0, "aa"])
        self.assertEqual(gate_calibrate.plan(30, [5.0, 10.0], 3).count(10.0), 3)

    def test_summary(self):
        def gate(kind, outcomes, first):
            return {"kind": kind, "logs": {"x": [0.0] * 40}, "differs": [], "results": [
                {"name": "x", "outcome": o, "first": f, "pairs": [40], "median": 0.0} for o, f in zip(outcomes, first)]}
        gates = [gate("aa", ["pass"], ["pass"]), gate("aa", ["regression"], ["slower"]), gate("aa", ["pass"], ["slower"]), gate(10.0, ["regression"], ["slower"])]
        found = gate_calibrate.summary(gates, gate_settings.load())
        self.assertEqual([(found[k]["hits"], found[k]["of"]) for k in ("false_alarms", "first_run_alone", "gates_with_a_false_alarm")], [(1, 3), (2, 3), (1, 3)])
        self.assertEqual(found["power"]["10"]["hits"], 1)
        self.assertEqual(found["least_found"]["all"], 0.035)  # without noise the first step above the margin


if __name__ == "__main__":
    unittest.main()

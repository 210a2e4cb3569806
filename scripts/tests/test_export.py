"""Each export against its format's own rules, read by a reader of that format's text that knows nothing of the exporter."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import fake_runs
import lib
import export
import runs

HERE = None
BAD = "select/weft/procs:1"
GOOD = {"pingpong/weft/procs:1": 30.0, "pingpong/pthread/futex/same_core": 4000.0, "pingpong/go/procs:1/mode:latency": 314.25,
        "footprint/weft/n:1000": 4711.0, "startup/weft": 1.25e-3}


def setUpModule():
    global HERE
    HERE = tempfile.mkdtemp(prefix="weft-test-")
    unittest.addModuleCleanup(shutil.rmtree, HERE, ignore_errors=True)


def run():
    """Three rounds of everything; one benchmark fails every time, another once."""
    some = [fake_runs.sample(n, r, v * (1 + 0.01 * r)) for r in range(3) for n, v in GOOD.items()]
    some += [fake_runs.failed(BAD, r) for r in range(3)] + [fake_runs.failed("startup/weft", 3)]
    folder = tempfile.mkdtemp(dir=HERE)
    return runs.Loaded(fake_runs.make(folder, 5, {}, samples=some))


class Every(unittest.TestCase):
    def test_nothing_that_failed(self):
        for name, write in export.FORMATS.items():
            text = write(run())
            self.assertNotIn("select", text.lower(), name)
            for bad in ("null", "NaN", "nan", "inf", "None"):
                self.assertNotIn(bad, text.replace("info", ""), name)

    def test_same_bytes(self):
        for name, write in export.FORMATS.items():
            self.assertEqual(write(run()), write(run()), name)


class Benchstat(unittest.TestCase):
    """The format's proposal: configuration lines, then lines of a name, iterations and pairs of value and unit."""

    def read(self, text):
        keys, lines = {}, []
        for line in text.splitlines():
            key = re.fullmatch(r"([a-z][^\sA-Z]*):[ \t]+(.*)", line)
            if key:
                keys[key.group(1)] = key.group(2)
            elif line.startswith("Benchmark"):
                words = line.split()
                self.assertRegex(words[0], r"^Benchmark[^a-z]\S*$")  # or `go test` and benchstat take it for something else
                self.assertGreaterEqual(len(words), 4)
                self.assertEqual(len(words) % 2, 0)
                self.assertGreater(int(words[1]), 0)
                lines.append((words[0], {unit: float(value) for value, unit in zip(words[2::2], words[3::2])}))
            else:
                self.assertRegex(line, r"^(#|Unit \S+ better=lower$)")
        return keys, lines

    def test_lines(self):
        keys, lines = self.read(export.benchstat(run()))
        self.assertEqual((keys["goos"], keys["goarch"]), ("linux", "amd64"))
        self.assertEqual(len(lines), 3 * len(GOOD))
        found = {}
        for name, values in lines:
            found.setdefault(name, []).append(values)
        self.assertEqual([v["ns/op"] for v in found["BenchmarkPingpong/runtime=weft-1"]], [30.0, 30.3, 30.6])
        self.assertIn("BenchmarkPingpong/runtime=pthread/variant=futex,same_core", found)
        self.assertIn("BenchmarkPingpong/runtime=go/mode=latency-1", found)
        self.assertEqual(found["BenchmarkFootprint/runtime=weft/n=1000"][0]["B/task"], 4711.0)

    @unittest.skipUnless(shutil.which("benchstat"), "benchstat is not installed")
    def test_the_tool(self):
        path = os.path.join(HERE, "some.txt")
        with open(path, "w", encoding="utf-8") as out:
            out.write(export.benchstat(run()))
        done = subprocess.run(["benchstat", "-format", "csv", path, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = {row[0]: row for row in csv.reader(io.StringIO(done.stdout)) if row}
        self.assertAlmostEqual(float(rows["Pingpong/runtime=weft-1"][1]), 30.3e-9)


class Bencher(unittest.TestCase):
    def test_metrics(self):
        found = json.loads(export.bencher(run()))
        self.assertEqual(set(found), set(GOOD))
        for measures in found.values():
            (measure, metric), = measures.items()
            self.assertRegex(measure, r"^[a-z0-9-]{1,64}$")  # a slug
            self.assertEqual(set(metric), {"value", "lower_value", "upper_value"})
            self.assertLessEqual(metric["lower_value"], metric["value"])
            self.assertLessEqual(metric["value"], metric["upper_value"])
        self.assertEqual(found["pingpong/weft/procs:1"]["latency"]["value"], 30.3)
        self.assertEqual(found["footprint/weft/n:1000"]["bytes-per-task"]["upper_value"], 4711.0 * 1.02)


class Google(unittest.TestCase):
    def test_as_an_action_reads_it(self):
        """It takes name, real_time, time_unit, cpu_time, iterations and threads of every entry, and knows no unit but of time."""
        found = json.loads(export.google(run()))
        self.assertFalse({"host_name", "executable"} & set(found["context"]))
        names = [e["name"] for e in found["benchmarks"]]
        self.assertEqual(sorted(names), sorted(set(GOOD) - {"footprint/weft/n:1000"}))
        for entry in found["benchmarks"]:
            self.assertEqual((entry["time_unit"], entry["threads"], entry["run_type"], entry["aggregate_name"]), ("ns", 1, "aggregate", "median"))
            self.assertGreater(entry["real_time"], 0)
            self.assertGreater(entry["cpu_time"], 0)
            self.assertEqual(entry["iterations"], 3)
            self.assertNotIn("error_occurred", entry)


class Csv(unittest.TestCase):
    def test_rows(self):
        text = export.csv(run())
        self.assertEqual(text.count("\r\n"), 1 + 3 * len(GOOD))
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        self.assertEqual(len(rows), 3 * len(GOOD))
        self.assertEqual({r["name"] for r in rows}, set(GOOD))
        one = next(r for r in rows if r["name"] == "pingpong/go/procs:1/mode:latency" and r["round"] == "1")
        self.assertEqual((one["runtime"], one["procs"], one["args"], float(one["value"])), ("go", "1", "mode:latency", 314.25 * 1.01))


class OpenMetrics(unittest.TestCase):
    """The specification's text format: families in one piece, TYPE, UNIT and HELP before the samples, units as suffixes, # EOF last."""
    SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\n"])*",?)*)\})? (\S+) (\d+)')
    LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')

    def read(self, text):
        self.assertTrue(text.endswith("\n# EOF\n"))
        families, current, seen = {}, None, set()
        for line in text[:-len("# EOF\n")].splitlines():
            if line.startswith("# "):
                what, name, rest = line[2:].split(" ", 2)
                if what == "TYPE":
                    self.assertNotIn(name, families)
                    current = families[name] = {"type": rest, "samples": {}}
                    at = name
                self.assertEqual(name, at)
                self.assertFalse(current["samples"], "metadata after samples")
                if what == "UNIT":
                    self.assertTrue(name.endswith("_" + rest))
                self.assertIn(what, ("TYPE", "UNIT", "HELP"))
                continue
            name, labels, value, when = self.SAMPLE.fullmatch(line).groups()
            self.assertEqual(name, at + ("_info" if current["type"] == "info" else ""))
            pairs = self.LABEL.findall(labels or "")
            self.assertEqual(len(pairs), len({k for k, _ in pairs}))
            key = name, tuple(sorted(pairs))
            self.assertNotIn(key, seen)
            seen.add(key)
            current["samples"][key[1]] = float(value), int(when)
        return families

    def test_families(self):
        families = self.read(export.openmetrics(run()))
        self.assertIn(("cpu", 'Fake \\"CPU\\"'), next(iter(families["weft_run"]["samples"])))
        seconds = {dict(k)["benchmark"]: v for k, v in families["weft_benchmark_median_seconds"]["samples"].items()}
        self.assertEqual(set(seconds), set(GOOD) - {"footprint/weft/n:1000"})
        self.assertAlmostEqual(seconds["pingpong/weft/procs:1"][0], 30.3e-9)
        self.assertEqual({when for _, when in seconds.values()}, {1767700800})  # 2026-01-06 12:00 UTC
        sizes = families["weft_benchmark_high_bytes"]["samples"]
        self.assertEqual([v for v, _ in sizes.values()], [4711.0 * 1.02])
        self.assertEqual(len(families["weft_benchmark_ratio"]["samples"]), 1)


class Command(unittest.TestCase):
    def test_a_folder_by_name(self):
        one = run()
        for name, write in export.FORMATS.items():
            done = lib.script("history", "--export", name, one.path)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            with io.StringIO(write(one), newline="") as text:
                self.assertEqual(done.stdout.splitlines(), text.read().splitlines())

    def test_the_newest_of_several(self):
        folder = tempfile.mkdtemp(dir=HERE)
        for day in (2, 9, 4):
            fake_runs.make(folder, day, GOOD)
        fake_runs.make(folder, 11, GOOD, dirty=True)
        done = lib.script("history", "--index", os.path.join(folder, "index"), "--export", "csv", folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2026-01-10", done.stdout)
        self.assertEqual(len({line.split(",")[0] for line in done.stdout.splitlines()[1:]}), 1)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: Apache-2.0
"""scripts/gate from its command line to its exit status: on programs with known figures, and, for what needs many samples, on reports whose
samples are made up. Each kind of bad input costs one line, status 2, and no verdict."""

import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree as xml

import fake_benchmark
import lib
import gate
import gate_run
import gate_settings
import gate_sides


class Fixture(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.root)
        self.out = os.path.join(self.root, "out")
        self.settings = fake_benchmark.settings(os.path.join(self.root, "gate.toml"))

    def program(self, name, figures, **more):
        return fake_benchmark.make(os.path.join(self.root, name), figures, **more)

    def gate(self, *arguments, settings=None):
        done = lib.script("gate", *arguments, "--out", self.out, "--seed", "1", "--settings", settings or self.settings)
        self.text, self.err = done.stdout, done.stderr
        return done.returncode

    def commands(self, base, head, *more, **options):
        return self.gate("--base-cmd", base, "--head-cmd", head, *more, **options)

    def report(self, name="report.json"):
        with open(os.path.join(self.out, name), encoding="utf-8") as text:
            return json.load(text) if name.endswith(".json") else text.read()

    def refused(self, status, pattern, *arguments, status_of=None):
        """One line, no verdict, nothing written."""
        self.assertEqual(self.gate(*arguments), status, self.err)
        lines = [line for line in self.err.splitlines() if not line.startswith("gate: 1 benchmarks") and " left" not in line]
        self.assertEqual(len(lines), 1, self.err)
        self.assertRegex(lines[0], "^gate: " + pattern)
        self.assertEqual(self.text, "")
        self.assertFalse(os.path.exists(os.path.join(self.out, "report.json")))


class Commands(Fixture):
    def test_pass_and_its_forms(self):
        base, head = self.program("a", {"BM_One/8": 100}), self.program("b", {"BM_One/8": 101})
        self.assertEqual(self.commands(base, head), 0, self.err)
        self.assertIn("pass", self.text)
        self.assertEqual(self.report("report.txt"), self.text)
        data = self.report()
        self.assertEqual(data["verdict"], "pass")
        self.assertEqual(sorted({s["side"] for s in data["samples"]}), ["base", "head", "twin"])
        for key in ("steal", "others", "psi", "run_delay", "contaminated", "value", "pair", "run", "pad"):
            self.assertIn(key, data["samples"][0])
        self.assertEqual(len(data["samples"]), 3 * 8)
        self.assertNotIn("secret", json.dumps(data))
        self.assertIn("### Gate: ✅ pass: 1 pass", self.report("report.md"))
        suite = xml.fromstring(self.report("junit.xml"))
        self.assertEqual((suite.get("tests"), suite.get("failures"), suite.find("testcase").get("name")), ("1", "0", "BM_One/8"))

    def test_regression_is_run_again(self):
        base, head = self.program("a", {"x": 100, "y": 100}), self.program("b", {"x": 100, "y": 120})
        self.assertEqual(self.commands(base, head), 1, self.err)
        data = self.report()
        self.assertEqual({r["name"]: r["outcome"] for r in data["results"]}, {"x": "pass", "y": "regression"})
        self.assertEqual({s["name"] for s in data["samples"] if s["run"] == 2}, {"y"})
        self.assertRegex(self.text, r"regression +y .* then .*both runs show it")
        self.assertIn("| ❌ regression | `y` |", self.report("report.md"))
        self.assertEqual(xml.fromstring(self.report("junit.xml")).get("failures"), "1")

    @unittest.skipIf(len(os.sched_getaffinity(0)) < 2, "one CPU")
    def test_threads_and_iterations_tell_benchmarks_apart(self):
        names = ["x/threads:%d/real_time" % n for n in (1, 2)] + ["y/iterations:5", "y/iterations:6/process_time/manual_time"]
        base, head = self.program("a", dict.fromkeys(names, 100)), self.program("b", dict(dict.fromkeys(names, 100), **{names[1]: 120}))
        self.assertEqual(self.commands(base, head), 1, self.err)
        self.assertEqual({r["name"]: r["outcome"] for r in self.report()["results"]}, {
            "x/threads:1": "pass", "x/threads:2": "regression", "y/iterations:5": "pass", "y/iterations:6": "pass"})

    def test_a_benchmark_of_two_threads_gets_two_processors(self):
        side = gate_sides.command("base", "true")
        self.assertEqual([gate.cores_of(name, side, 1) for name in ("x/threads:2", "x")], [2, 1])

    def test_faster_passes(self):
        self.assertEqual(self.commands(self.program("a", {"x": 120}), self.program("b", {"x": 100})), 0, self.err)
        self.assertIn("faster", self.text)

    def test_inconclusive(self):
        base, head = self.program("a", {"x": 100}), self.program("b", {"x": 100}, spread="n % 2 * 400 * ns")
        self.assertEqual(self.commands(base, head), 3, self.err)
        self.assertEqual(len([s for s in self.report()["samples"] if s["side"] == "head"]), 12)
        self.assertEqual(self.gate("--from", os.path.join(self.out, "report.json"), "--strict"), 1)
        self.assertEqual(xml.fromstring(self.report("junit.xml")).get("failures"), "1")

    def test_nothing_to_run(self):
        base = self.program("a", {"x": 100})
        self.assertEqual(self.commands(base, base, "--filter", "nosuch"), 77)
        self.assertRegex(self.err, "^gate: no benchmark matches 'nosuch'\n$")

    def test_only_common(self):
        base, head = self.program("a", {"x": 100}), self.program("b", {"x": 100, "z": 1})
        self.assertEqual(self.commands(base, head, "--only-common"), 0, self.err)
        self.assertIn("left out: z: only head has it", self.text)


class BadInput(Fixture):
    def test_benchmarks_that_fail(self):
        good = self.program("good", {"x": 100})
        for figure, why in (("error", "wrong checksum: 41, not 42"), ("crash", "ended by SIGABRT"), ("broken", "exit status 3: it broke"),
                            ("silent", "no result in its JSON; is it a Google Benchmark program?"), ("0", "reports a time of 0")):
            bad = self.program("bad", {"x": figure})
            self.refused(2, r"head: x: %s \(run 1, pair 1\)$" % why.replace("?", r"\?"), "--base-cmd", good, "--head-cmd", bad)

    def test_programs_that_are_none(self):
        good = self.program("good", {"x": 100})
        for command, why in (("/bin/true", "head: not a Google Benchmark program: it lists no benchmarks"), ("/bin/echo", "head: not a Google Benchmark"),
                             ("/bin/false", "head: can't list its benchmarks: exit status 1"), ("nosuch-program", "--head-cmd: nosuch-program: no such program"),
                             ("", "--head-cmd is empty"), ("'", "--head-cmd: No closing quotation")):
            self.refused(2, why, "--base-cmd", good, "--head-cmd", command)

    def test_one_side_only(self):
        base, head = self.program("a", {"x": 100, "y": 1}), self.program("b", {"x": 100, "z": 1})
        self.refused(2, r"y: only base has it \(and 1 more\); --only-common", "--base-cmd", base, "--head-cmd", head)

    def test_usage(self):
        base = self.program("a", {"x": 100})
        for arguments, why in (((), "wants BASE and HEAD"), (("HEAD",), "wants BASE and HEAD"), (("--base-cmd", base), "wants BASE and HEAD"),
                               (("--base-cmd", base, "--head-cmd", base, "HEAD"), "wants BASE"), (("--from", "x", "HEAD"), "--from stands alone"),
                               (("--base-cmd", base, "--head-cmd", base, "--filter", "("), "--filter: not a regular expression"),
                               (("--base-cmd", base, "--head-cmd", base, "--cpus", "0"), "--cpus wants"),
                               (("--base-cmd", base, "--head-cmd", base, "--wat"), "unrecognized arguments: --wat"),
                               (("--from", "/nonexistent"), "--from: /nonexistent: No such file"), (("--from", self.settings), ".*is not a report of the gate")):
            self.refused(2, why, *arguments)

    def test_settings(self):
        base = self.program("a", {"x": 100})
        for text, why in (("margin = 1 = 2", "bad.toml: "), ("marge = 1", "bad.toml: unknown key 'marge'"), ("margin = 'x'", "bad.toml: margin wants a float"),
                          ("margin = 0.1", "bad.toml: .* is missing")):
            path = os.path.join(self.root, "bad.toml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(text + "\n")
            self.assertEqual(self.commands(base, base, settings=path), 2)
            self.assertRegex(self.err, "^gate: %s[^\n]*\n$" % why)
        few = fake_benchmark.settings(os.path.join(self.root, "few.toml"), pairs="[3]", alpha="0.01")
        self.assertEqual(self.commands(base, base, settings=few), 2)
        self.assertRegex(self.err, "^gate: 3 pairs can't decide 1 benchmarks at alpha 0.01\n$")
        self.assertEqual(self.commands(base, base, settings="/nonexistent"), 2)

    def test_out_that_cannot_be_written(self):
        base = self.program("a", {"x": 100})
        done = lib.script("gate", "--base-cmd", base, "--head-cmd", base, "--settings", self.settings, "--out", "/dev/null/x")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stderr, "^gate: can't write the report there: [^\n]*\n$")

    def test_sides_that_are_none(self):
        self.refused(2, "base: nosuch is neither a build tree nor a revision", "nosuch", "HEAD")
        self.refused(2, "base: %s/ is not a build tree" % self.root, self.root + "/", "HEAD")
        tree = os.path.join(self.root, "tree")
        os.makedirs(tree)
        open(os.path.join(tree, "CMakeCache.txt"), "w", encoding="ascii").close()
        self.refused(2, "base: %s has no bench/weft_bench" % tree, tree, "HEAD")


class Revisions(Fixture):
    """In a small repository of its own, whose build makes shell scripts of figures."""

    def git(self, *words):
        return subprocess.run(["git", "-C", self.repo, "-c", "user.name=t", "-c", "user.email=t@t"] + list(words), check=True, timeout=20,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout.strip()

    def setUp(self):
        super().setUp()
        self.repo = os.path.join(self.root, "repo")
        shutil.copytree(lib.SCRIPTS, os.path.join(self.repo, "scripts"), ignore=shutil.ignore_patterns("__pycache__", "tests"))
        self.git("init", "-q")
        self.commit("good", 100)

    def commit(self, message, figure, cmake="foreach(t weft_bench weft_footprint weft_echo_load)\n add_custom_target(${t} COMMAND ${CMAKE_COMMAND} "
               "-E copy ${CMAKE_SOURCE_DIR}/program ${CMAKE_BINARY_DIR}/bench/${t})\nendforeach()\n"):
        self.program(os.path.join("repo", "program"), {"ring/weft/procs:1": figure})
        with open(os.path.join(self.repo, "CMakeLists.txt"), "w", encoding="ascii") as out:
            out.write("cmake_minimum_required(VERSION 3.25)\nproject(x LANGUAGES NONE)\n" + cmake)
        self.git("add", "-A")
        self.git("commit", "-qm", message)

    def in_repo(self, *arguments):
        done = subprocess.run([os.path.join(self.repo, "scripts", "gate"), *arguments, "--settings", self.settings], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    def test_revisions(self):
        self.commit("slow", 120)
        self.commit("broken", 100, "message(FATAL_ERROR \"no such thing\")\n")
        before = self.git("status", "--porcelain", "--ignored"), self.git("worktree", "list")
        status, text, err = self.in_repo("HEAD~2", "HEAD~1")
        self.assertEqual(status, 1, err)
        self.assertIn("base: revision " + self.git("rev-parse", "HEAD~2")[:12], text)
        self.assertRegex(text, "regression +ring/weft/procs:1 ")
        self.assertEqual(self.git("worktree", "list"), before[1])
        status, text, err = self.in_repo("HEAD~2", "HEAD")
        self.assertEqual((status, text), (2, ""))
        self.assertRegex(err.splitlines()[-1], "^gate: head: [0-9a-f]{12} does not build: configure failed: CMake Error")


class Made(Fixture):
    """Reports whose samples are drawn here, judged by --from."""
    real = None  # the report of a run, for all that isn't samples

    def make(self, head, twin=(1.0, 1.0), spread=0.01, runs=(1, 2), beside=1.0):
        """head, twin: factors in the first and the second run. beside: head's factor of another benchmark."""
        chance, samples = random.Random(1), []
        for run in runs:
            for pair in range(12):
                for name, side, factor in (("x", "base", 1.0), ("x", "head", head[run - 1]), ("x", "twin", twin[run - 1]),
                                           ("y", "base", 1.0), ("y", "head", beside), ("y", "twin", 1.0)):
                    samples.append({"name": name, "tier": "paired", "run": run, "pair": pair, "side": side, "contaminated": False,
                                    "value": 100 * factor * chance.lognormvariate(0, spread)})
        if not Made.real:
            base = self.program("a", {"x": 100, "y": 100})
            self.assertEqual(self.commands(base, base), 0, self.err)
            Made.real = self.report()
        data = dict(Made.real, samples=samples)
        path = os.path.join(self.root, "made.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(data, out)
        return path

    def test_both_runs(self):
        self.assertEqual(self.gate("--from", self.make((1.2, 1.2))), 1)
        self.assertEqual(self.gate("--from", self.make((1.2, 1.0))), 0)
        self.assertIn("slower in the first run, not in the second", self.text)
        self.assertEqual(self.gate("--from", self.make((1.2, 1.03))), 3)
        self.assertEqual(self.gate("--from", self.make((1.0, 1.2))), 0)

    def test_unfit_has_the_last_word(self):
        for twin in ((1.2, 1.0), (0.8, 1.0), (1.0, 1.2)):
            self.assertEqual(self.gate("--from", self.make((1.2, 1.2), twin)), 4, twin)
            self.assertIn("base differs from its own twin", self.text)
        self.assertEqual(xml.fromstring(self.report("junit.xml")).get("errors"), "1")
        self.assertEqual(self.gate("--from", self.make((1.0, 1.0), (1.2, 1.0), beside=1.2)), 4)  # whatever another one shows

    def test_samples_that_end_too_early(self):
        path = self.make((1.2, 1.2), runs=(1,))
        self.assertEqual(self.gate("--from", path), 2)
        self.assertRegex(self.err, "made.json is not a report of the gate .its samples end before a verdict.\n$")


class Ratio(Fixture):
    """Weft against threads in HEAD's own run: a build whose weft got as slow on both sides passes the pairs, and not the promise."""

    def tree(self, name, weft, rival):
        fake_benchmark.make(os.path.join(self.root, name, "bench", "weft_bench"), {"pingpong/weft/procs:1": weft, "pingpong/pthread/futex/same_core": rival})
        return os.path.join(self.root, name)

    def ratio(self, weft, rival):
        tree = self.tree("tree", weft, rival)
        status = self.gate(tree, tree, "--filter", "^pingpong/weft")
        return status, [r for r in self.report()["results"] if r["tier"] == "ratio"][0]

    def test_promise(self):
        status, found = self.ratio(100, 3000)
        self.assertEqual((status, found["outcome"]), (0, "pass"), self.err)
        self.assertLess(abs(found["runs"][0]["ratio"] - 30), 1)
        self.assertTrue(29 < found["runs"][0]["low"] <= found["runs"][0]["ratio"] <= found["runs"][0]["high"] < 31, found)
        status, found = self.ratio(100, 1000)
        self.assertEqual((status, found["outcome"]), (1, "regression"), self.err)
        self.assertEqual({s["tier"] for s in self.report()["samples"] if s["run"] == 2}, {"ratio"})
        self.assertRegex(self.text, "8\\+8 pairs, at least 20, .*; both runs show it")
        self.assertEqual(self.ratio(100, 2000)[0], 3)

    def test_no_such_rival(self):
        tree = os.path.join(self.root, "tree")
        fake_benchmark.make(os.path.join(tree, "bench", "weft_bench"), {"pingpong/weft/procs:1": 100})
        self.refused(2, "gate.toml: head has no pingpong/pthread/futex/same_core", tree, tree)


class Process(unittest.TestCase):
    def test_limit_and_pinning(self):
        """One that does not end is ended with its children, and said to be; where it runs is its own matter and no longer ours after it."""
        before = os.sched_getaffinity(0)
        ended = gate_run.run(["sh", "-c", "sleep 100 & wait"], 0.2, cpus={min(before)})
        self.assertTrue(ended.timed_out)
        ended = gate_run.run(["sh", "-c", "grep Cpus_allowed_list /proc/self/status; echo why >&2; exit 3"], 20, cpus={min(before)})
        self.assertEqual((ended.status, ended.timed_out, ended.out.split()[1], ended.err), (3, False, str(min(before)), "why\n"))
        self.assertEqual(os.sched_getaffinity(0), before)

    def test_waiting_for_a_processor_is_seen(self):
        """Two that compute on one processor: each waits for about as long as it runs."""
        cpu = {min(os.sched_getaffinity(0))}
        ended = gate_run.run(["sh", "-c", "(i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done) & i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; wait"], 60, cpus=cpu)
        self.assertGreater(ended.run_delay_ns, 1e6)


class Settings(unittest.TestCase):
    def test_the_file_itself(self):
        found = gate_settings.load()
        self.assertEqual((found.margin, found.alpha, found.stages), (0.03, 0.01, (40, 80)))
        self.assertIsNone(found.omitted("pingpong/weft/procs:1"))
        self.assertIn("second", found.omitted("skynet/weft/procs:1"))
        self.assertIsNone(found.omitted("skynet/weft/procs:1/leaves:10000"))
        self.assertEqual(found.limits_of("switch/weft/procs:1")["instructions"], 0.01)

    def test_overrides(self):
        values = dict(gate_settings.load().values, override=[{"match": "^ring/", "margin": 0.2, "why": "so"}, {"match": "ring", "margin": 0.5, "why": "so"}])
        found = gate_settings.Settings(values, "x")
        self.assertEqual((found.margin_of("ring/weft/procs:1"), found.margin_of("switch/weft/procs:1")), (0.2, 0.03))
        self.assertEqual((found.limits_of("ring/weft/procs:1")["bytes"], found.limits_of("switch/weft/procs:1")["bytes"]), (0.2, 0.01))


if __name__ == "__main__":
    unittest.main()

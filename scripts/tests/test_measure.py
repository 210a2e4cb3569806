"""scripts/measure from the outside, on a fake build whose figures are known: flags, folders, failures, Ctrl-C, full disks."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import fake_tree
import lib

QUICK = ("--quick", "--seconds", "2.5")


class Fake(unittest.TestCase):
    """A fake build and an empty folder for results."""
    extra = None
    go = True

    def setUp(self):
        self.dir = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)
        self.tree = fake_tree.make(os.path.join(self.dir, "tree"), self.extra, self.go)
        self.out = os.path.join(self.dir, "out")

    def measure(self, *arguments, env=None):
        return lib.script("measure", *arguments, "--out", self.out, env=dict({"WEFT_BUILD": self.tree}, **(env or {})))

    def measure_all(self, *arguments):
        """A quick run in which every benchmark has its turn: on a busy machine the short one may end before."""
        for seconds in ("2.5", "10", "30"):
            shutil.rmtree(self.out, ignore_errors=True)
            done = self.measure("--quick", *arguments, "--seconds", seconds)
            if "the run ended before its turn" not in self.read("summary.json"):
                break
        return done

    def run_folder(self):
        folders = os.listdir(self.out)
        self.assertEqual(len(folders), 1, folders)
        return os.path.join(self.out, folders[0])

    def read(self, name):
        with open(os.path.join(self.run_folder(), name), encoding="utf-8") as text:
            return text.read()


class Whole(Fake):
    def test_a_run(self):
        done = self.measure_all()
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(self.read("summary.json"))
        rows = {r["name"]: r for r in found["rows"]}
        self.assertLess(abs(rows["spawn/weft/procs:1"]["median"] / 14.0 - 1), 0.2)
        self.assertEqual(rows["footprint/weft/n:1000"]["metric"], "bytes_per_task")
        self.assertIn("alphabet_program/weft/procs:2", rows)
        self.assertIn("n/a (no PMU: ENOENT)", done.stdout)
        self.assertIn("left", done.stderr)
        self.assertTrue(done.stdout.strip().endswith("report.html"))
        samples = [json.loads(line) for line in self.read("samples.jsonl").splitlines()]
        self.assertEqual(len(samples), found["samples"]["all"])
        # Each round in an order of its own, and everything in every process by itself.
        first = [s["name"] for s in samples if s["round"] == 0]
        self.assertEqual(len(first), len(set(first)))
        machine = self.read("machine.json")
        google = self.read("google_benchmark.json")
        for private in ("secret", self.dir):
            self.assertNotIn(private, machine)
            self.assertNotIn(private, google)
        self.assertEqual(json.loads(google)["context"]["weft_build_type"], "Release")
        self.assertIn("spin/cross_core", [c["rival"].split("/", 2)[2] for c in found["losses"] if c["rival"].startswith("pingpong/pthread")])

    def test_the_page_again_is_the_same_bytes(self):
        self.assertEqual(self.measure(*QUICK).returncode, 0)
        page, figures = self.read("report.html"), self.read("summary.json")
        for name in ("report.html", "summary.json"):
            os.unlink(os.path.join(self.run_folder(), name))
        self.assertEqual(lib.script("report", self.run_folder()).returncode, 0)
        self.assertEqual((self.read("report.html"), self.read("summary.json")), (page, figures))

    def test_filter(self):
        done = self.measure("--quick", "--seconds", "1", "--filter", "^mutex/")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual({r["workload"] for r in json.loads(self.read("summary.json"))["rows"]}, {"mutex"})

    def test_what_is_known_elsewhere_takes_a_word(self):
        for more, there in (((), False), (("--peers",), True), (("--filter", "^(fib|mutex)/"), True)):
            self.assertEqual(self.measure("--quick", "--seconds", "1", *more).returncode, 0)
            found = json.loads(self.read("summary.json"))
            names = [x["name"] for x in found["rows"] + found["omitted"]]  # omitted: on a busy machine, for want of time
            self.assertEqual(("fib/weft/procs:1" in names, "workloads known elsewhere" in names), (there, not there), more)
            shutil.rmtree(self.out)

    def test_a_second_run_gets_a_folder_of_its_own(self):
        for _ in range(2):
            self.assertEqual(self.measure("--quick", "--seconds", "1", "--filter", "^mutex/go").returncode, 0)
        self.assertEqual(len(os.listdir(self.out)), 2)


class NoGo(Fake):
    go = False

    def test_missing_runtime_has_a_reason(self):
        done = self.measure(*QUICK, "--filter", "spawn|go")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("*/go", [o["name"] for o in json.loads(self.read("summary.json"))["omitted"]])
        self.assertIn("*/go", self.read("report.html"))


class Peers(Fake):
    def setUp(self):
        super().setUp()
        fake_tree.add_peers(self.tree)

    def test_one_that_is_there_and_three_that_are_not(self):
        self.assertEqual(self.measure_all("--peers", "--filter", "^mutex/").returncode, 0)
        found, machine = json.loads(self.read("summary.json")), json.loads(self.read("machine.json"))
        self.assertEqual([c["rival"] for c in found["comparisons"] if c["runtime"] == "fibers"], ["mutex/fibers/procs:1"])
        self.assertEqual(machine["peers"]["fibers"]["version"], "fibers 7.1")
        self.assertIn("fibers 7.1", self.read("report.html"))
        reasons = {o["name"]: o["reason"] for o in found["omitted"]}
        self.assertEqual(reasons["*/missing"], "no missing compiler (Debian: missing)")
        self.assertIn("SIGSEGV", reasons["*/broken"])
        self.assertIn("not built", reasons["*/unbuilt"])

    def test_a_quick_run_leaves_them_out_and_says_so(self):
        self.assertEqual(self.measure("--quick", "--seconds", "1").returncode, 0)
        reasons = {o["name"]: o["reason"] for o in json.loads(self.read("summary.json"))["omitted"]}
        self.assertIn("--peers", reasons["*/fibers"])
        self.assertIn("no missing compiler", reasons["*/missing"])


class Mischief(Fake):
    extra = fake_tree.MISCHIEF

    def test_failures_are_shown_and_never_figures(self):
        done = self.measure_all("--filter", "^(select|mutex)/")
        self.assertEqual(done.returncode, 1, done.stderr)
        rows = {r["name"]: r for r in json.loads(self.read("summary.json"))["rows"]}
        self.assertIsNone(rows["select/weft/procs:1"]["median"])
        self.assertEqual(rows["select/weft/procs:1"]["failures"], ["error: checksum 41, expected 42"])
        self.assertIn("SIGABRT", rows["select/weft/procs:2"]["failures"][0])
        self.assertIn("FAILED select/weft/procs:1", done.stdout)


class Usage(Fake):
    def refused(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertFalse(os.path.exists(self.out) and os.listdir(self.out))

    def test_bad_flags(self):
        self.refused(self.measure("--bogus"), "--bogus")
        self.refused(self.measure("--quick", "--full"), "not allowed")
        self.refused(self.measure("--filter", "("), "regular expression")
        self.refused(self.measure("--seconds", "-1"), "--seconds")
        self.refused(self.measure("--quick", "--filter", "nothing_has_this_name"), "no benchmark matches")

    def test_help(self):
        for name in ("measure", "report", "test", "setup"):
            done = lib.script(name, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("exit status", done.stdout.lower())

    def test_nothing_built(self):
        shutil.rmtree(self.tree)
        self.refused(self.measure("--quick"), "not built")

    def test_out_is_a_file(self):
        with open(self.out, "w", encoding="utf-8"):
            pass
        done = self.measure("--quick")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)

    def test_unwritable_folder(self):
        done = lib.script("measure", "--quick", "--out", "/proc/nowhere", env={"WEFT_BUILD": self.tree})
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)

    def test_report_on_what_is_no_run(self):
        os.mkdir(self.out)
        done = lib.script("report", self.out)
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.assertIn("not a run's folder", done.stderr)

    def test_test_refuses(self):
        for arguments in (("--bogus",), ("--repeat", "0"), ("--filter", "(")):
            done = lib.script("test", *arguments)
            self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)


class Interrupted(Fake):
    def interrupt(self, seconds, wait_for):
        child = subprocess.Popen([os.path.join(lib.SCRIPTS, "measure"), "--quick", "--seconds", "60", "--filter", "^(mutex|spawn)/", "--out", self.out],
                                 env=dict(os.environ, WEFT_BUILD=self.tree, FAKE_DELAY=seconds), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, start_new_session=True,
                                 preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))  # the caller's background jobs ignore it
        self.addCleanup(child.kill)
        limit = time.monotonic() + 40
        while time.monotonic() < limit and not self.sampled(wait_for):
            time.sleep(0.05)
        os.killpg(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=40)
        return child.returncode, out, err

    def sampled(self, count):
        for name in os.listdir(self.out) if os.path.isdir(self.out) else []:
            try:
                with open(os.path.join(self.out, name, "samples.jsonl"), encoding="utf-8") as lines:
                    return sum(1 for _ in lines) >= count
            except OSError:
                pass
        return False

    def test_in_the_first_round_nothing_is_kept(self):
        status, _, err = self.interrupt("0.3", 2)
        self.assertEqual(status, 130, err)
        self.assertIn("nothing kept", err)
        self.assertEqual(os.listdir(self.out), [])

    def test_later_the_samples_are_kept(self):
        status, out, err = self.interrupt("0", 40)
        self.assertEqual(status, 130, err)
        self.assertIn("are kept in", err)
        self.assertTrue(json.loads(self.read("machine.json"))["run"]["interrupted"])
        self.assertIn("interrupted", self.read("report.html"))
        self.assertFalse([f for f in os.listdir(self.out) if f.startswith(".partial")])


@unittest.skipUnless(os.geteuid() == 0 and shutil.which("mount"), "mounting a small file system needs root")
class FullDisk(Fake):
    extra = {"zz/weft/procs:1": "fill"}

    def mount(self, size):
        os.mkdir(self.out)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", self.out], stderr=subprocess.PIPE, text=True)
        if done.returncode:
            self.skipTest("no tmpfs here: " + done.stderr.strip())
        self.addCleanup(subprocess.run, ["umount", "-l", self.out])

    def test_too_small_beforehand(self):
        self.mount("1m")
        done = self.measure("--quick")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.assertEqual(os.listdir(self.out), [])

    def test_full_meanwhile(self):
        self.mount("20m")
        hole = os.path.join(self.out, "hole")
        done = self.measure("--quick", "--seconds", "3", "--filter", "^(mutex|zz)/", env={"FAKE_FILL": hole})
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("no space left", done.stderr.splitlines()[-1])
        self.assertNotIn("Traceback", done.stderr)
        self.assertEqual(os.listdir(self.out), ["hole"])


class Setup(unittest.TestCase):
    def test_bad_flag(self):
        done = lib.script("setup", "--bogus")
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1))

    def test_missing_packages_and_no_rights_give_the_line_to_run(self):
        """dpkg-query knows nothing, id is a stranger, sudo refuses: all three stand-ins come first on PATH."""
        folder = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, folder)
        for name, text in (("dpkg-query", "exit 0"), ("id", "echo 1000"), ("sudo", "exit 1"), ("apt-get", "exit 9")):
            fake_tree.put(os.path.join(folder, name), "#!/bin/sh\n%s\n" % text)
        done = lib.script("setup", env={"PATH": folder + ":/usr/bin:/bin"})
        self.assertEqual((done.returncode, len(done.stderr.splitlines())), (2, 1), done.stderr)
        self.assertIn("sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends gcc ", done.stderr)

    def test_all_there_is_silent_and_offline(self):
        folder = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, folder)
        fake_tree.put(os.path.join(folder, "apt-get"), "#!/bin/sh\nexit 9\n")
        if lib.script("setup", "--check").returncode:
            self.skipTest("packages are missing on this machine")
        done = lib.script("setup", env={"PATH": folder + ":" + os.environ["PATH"]})
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))


if __name__ == "__main__":
    unittest.main()

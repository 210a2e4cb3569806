"""The CI script's verdict and closing line, with stand-ins for test and measure; and the README's generated table."""

import os
import shutil
import subprocess
import tempfile
import unittest

import fake_tree
import lib
import readme
import report


class Ci(unittest.TestCase):
    def run_with(self, test, measure):
        root = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, root)
        fake_tree.put(os.path.join(root, "scripts", "test"), "#!/bin/sh\n%s\n" % test)
        fake_tree.put(os.path.join(root, "scripts", "measure"), "#!/bin/sh\n[ \"$*\" = --quick ] || exit 9\n%s\n" % measure)
        os.makedirs(os.path.join(root, ".ci"))
        shutil.copy(os.path.join(lib.ROOT, ".ci", "run"), os.path.join(root, ".ci", "run"))
        done = subprocess.run([os.path.join(root, ".ci", "run")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
        self.lines = done.stdout.splitlines()
        return done.returncode, self.lines[-1]

    def test_verdicts(self):
        self.assertEqual(self.run_with("echo 5 passed, 0 failed", "echo table"), (0, "6 passed, 0 failed"))
        self.assertEqual(self.run_with("echo 5 passed, 0 failed, 2 skipped", "exit 0"), (0, "6 passed, 0 failed, 2 skipped"))
        self.assertEqual(self.run_with("echo 5 passed, 1 failed; exit 1", "exit 0"), (1, "6 passed, 1 failed"))
        self.assertEqual(self.run_with("echo 5 passed, 0 failed", "exit 1"), (1, "5 passed, 1 failed"))
        self.assertEqual(self.run_with("echo crash; exit 3", "exit 0"), (1, "1 passed, 1 failed"))
        self.assertEqual(self.run_with("echo 5 passed, 0 failed; exit 1", "exit 0"), (1, "6 passed, 1 failed"))

    def test_failures_come_last(self):
        self.run_with("echo failed: step: case; echo 5 passed, 1 failed; exit 1", "seq 3; exit 1")
        self.assertEqual(self.lines[-3:], ["failed: step: case", "failed: ./scripts/measure --quick: exit status 1", "5 passed, 2 failed"])


class Readme(unittest.TestCase):
    def test_table(self):
        folder = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, folder)
        tree = fake_tree.make(os.path.join(folder, "tree"), {"wake/weft/procs:2": 41234.0})
        for seconds in ("1", "10", "30"):  # on a busy machine the short run may end before each had its turn
            out = os.path.join(folder, "out" + seconds)
            done = lib.script("measure", "--quick", "--seconds", seconds, "--filter", "^(mutex|wake)/", "--out", out, env={"WEFT_BUILD": tree})
            self.assertEqual(done.returncode, 0, done.stderr)
            run = os.path.join(out, os.listdir(out)[0])
            with open(os.path.join(run, "summary.json"), encoding="utf-8") as summary:
                if "the run ended before its turn" not in summary.read():
                    break
        text = readme.table(report.Loaded(run))
        self.assertEqual(len([line for line in text.splitlines() if line.startswith("| mutex |")]), 1)
        self.assertRegex(text, r"\| wake \|  \| – \| – \| – \| [345]\d\.\d µs \| – \|")  # there is none at one processor; on a loaded machine one sample is all
        self.assertIn("](results/", text)


if __name__ == "__main__":
    unittest.main()

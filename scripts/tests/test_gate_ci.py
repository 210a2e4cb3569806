# SPDX-License-Identifier: Apache-2.0
"""The CI examples: what gate.sh makes of each exit status, with a stand-in for the gate; that it finds its base; that what the YAML files run
is shell, and names scripts that are there."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

import fake_tree
import lib

EXAMPLES = os.path.join(lib.SCRIPTS, "ci-examples")
STAND_IN = """#!/bin/bash
echo "$*" >>"$0.calls"
n=$(wc -l <"$0.calls")
statuses=(%s)
exit ${statuses[$((n - 1))]}
"""


class Shell(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="weft-test-")
        self.addCleanup(shutil.rmtree, self.root)
        self.gate = os.path.join(self.root, "gate")

    def run_with(self, statuses, *arguments, cwd=None, **env):
        fake_tree.put(self.gate, STAND_IN % statuses)
        done = subprocess.run([os.path.join(EXAMPLES, "gate.sh"), *arguments], env=dict(os.environ, GATE=self.gate, **env), cwd=cwd, timeout=20,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        calls = []
        if os.path.exists(self.gate + ".calls"):
            with open(self.gate + ".calls", encoding="utf-8") as text:
                calls = text.read().splitlines()
            os.unlink(self.gate + ".calls")
        return done.returncode, calls, done.stderr

    def test_statuses(self):
        for said, meant, times in (("0", 0, 1), ("1", 1, 1), ("2", 2, 1), ("3", 0, 1), ("77", 0, 1), ("4 4", 4, 2), ("4 0", 0, 2), ("4 1", 1, 2), ("130", 2, 1)):
            status, calls, err = self.run_with(said, "A", "B", "--filter", "x")
            self.assertEqual((status, calls), (meant, ["A B --filter x"] * times), said)
            self.assertEqual(bool(err), said not in ("0", "1", "2", "130"), err)

    def test_strict(self):
        self.assertEqual(self.run_with("1", "A", "B", GATE_STRICT="1")[:2], (1, ["A B --strict"]))

    def git(self, *words):
        return subprocess.run(["git", "-C", self.root, "-c", "user.name=t", "-c", "user.email=t@t"] + list(words), check=True, timeout=20,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True).stdout.strip()

    def test_base(self):
        self.git("init", "-q")
        self.assertEqual(self.run_with("0", cwd=self.root)[:2], (2, []))
        self.git("commit", "-q", "--allow-empty", "-m", "one")
        one = self.git("rev-parse", "HEAD")
        self.git("update-ref", "refs/remotes/origin/main", one)
        self.git("commit", "-q", "--allow-empty", "-m", "two")
        self.assertEqual(self.run_with("0", cwd=self.root)[:2], (0, ["%s HEAD" % one]))


class Yaml(unittest.TestCase):
    def commands(self, name):
        """The text of each `run:` and of each item of GitLab's scripts, found by its indentation."""
        with open(os.path.join(EXAMPLES, name), encoding="utf-8") as text:
            lines = text.read().splitlines()
        self.assertFalse([line for line in lines if "\t" in line or line != line.rstrip()])
        found = []
        for number, line in enumerate(lines):
            run = re.match(r"( *)(?:run: (.*)|- ((?:\./|apt-get|git ).*))$", line)
            if run and (run.group(2) or run.group(3)) != "|":
                found.append(run.group(2) or run.group(3))
            elif run:
                block = []
                for inner in lines[number + 1:]:
                    if inner.strip() and len(inner) - len(inner.lstrip()) <= len(run.group(1)):
                        break
                    block.append(inner[len(run.group(1)) + 2:])
                found.append("\n".join(block))
        return found

    def test_what_they_run(self):
        for name, count in (("github-actions.yml", 4), ("gitlab-ci.yml", 4)):
            commands = self.commands(name)
            self.assertEqual(len(commands), count, commands)
            for command in commands:
                checked = subprocess.run(["bash", "-n", "-c", command], stderr=subprocess.PIPE, text=True, timeout=10)
                self.assertEqual((checked.returncode, checked.stderr), (0, ""), command)
            scripts = set(re.findall(r"\./(scripts/[\w./-]+)", "\n".join(commands)))
            self.assertEqual(scripts, {"scripts/setup", "scripts/ci-examples/gate.sh"})
            for script in scripts:
                self.assertTrue(os.access(os.path.join(lib.ROOT, script), os.X_OK), script)


if __name__ == "__main__":
    unittest.main()

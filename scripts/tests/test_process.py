# SPDX-License-Identifier: Apache-2.0
"""Child processes end with their time limit, or when whoever watches says so, whatever group they put themselves into."""

import time
import unittest

import lib  # noqa: F401
import process


class Complaint(unittest.TestCase):
    def test_is_the_error_and_not_the_command(self):
        out = "[1/2] CC a.c\nFAILED: a.o\n/usr/bin/cc -Wall -Werror -I/where/ever/bench a.c\n/where/ever/a.c:3:1: error: expected ';'\ntail"
        self.assertEqual(process.complaint(process.Done(1, out, "", False), "/where/ever"), "a.c:3:1: error: expected ';'")
        for said in ("error[E0425]: cannot find value", "CMake Error: no such target", "the last line"):
            self.assertEqual(process.complaint(process.Done(1, "first -Werror\n%s\n" % said, "", False), "/where/ever"), said)


class Run(unittest.TestCase):
    def test_none_survives_its_parent(self):
        """A group of its own does not save a grandchild."""
        done = process.run(["bash", "-c", "set -m; sleep 300 >/dev/null & echo $!; wait"], 1)
        self.assertTrue(done.timed_out)
        end = time.monotonic() + 20  # a kill is seen when the killed gets a core
        while not (states := {state for state, _ in process.threads(int(done.out))}) <= {"Z", "X"} and time.monotonic() < end:
            time.sleep(0.01)
        self.assertLessEqual(states, {"Z", "X"})  # gone, or waiting for whoever inherited it

    def test_watched(self):
        seen = []
        done = process.run(["bash", "-c", "sleep 300; true"], 60, watch=lambda pid: seen.append(len(process.family(pid))) or len(seen) > 2)
        self.assertTrue(done.timed_out)
        self.assertEqual(seen[-1], 2)


if __name__ == "__main__":
    unittest.main()

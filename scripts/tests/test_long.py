"""The steps of scripts/test --long."""

import contextlib
import io
import os
import tempfile
import unittest

import lib  # noqa: F401
import process
import valgrind_step


class Seen:
    def report(self, step, passed, failed, skipped, _seconds, details=""):
        self.step, self.counts, self.details = step, (passed, failed, skipped), details


class Valgrind(unittest.TestCase):
    def judged(self, logs, last="1 passed, 2 failed, 0 skipped", timed_out=False):
        with tempfile.TemporaryDirectory() as folder:
            for number, text in enumerate(logs):
                with open(os.path.join(folder, str(number)), "w", encoding="utf-8") as log:
                    log.write(text)
            seen = Seen()
            with contextlib.redirect_stdout(io.StringIO()):
                valgrind_step.report(seen, "Valgrind", process.Done(1, "ok  a\n" + last + "\n", "", timed_out), folder, 1)
            return seen

    def test_its_errors_fail_and_its_remarks_and_slow_cases_do_not(self):
        seen = self.judged(["", "--7-- WARNING: unhandled amd64-linux syscall: 441\n", "==8== Invalid read of size 8\n==8==    at f\n"])
        self.assertEqual(seen.counts, (2, 1, 0))
        self.assertEqual(seen.step, "Valgrind: 1 errors")
        self.assertIn("Invalid read", seen.details)
        self.assertEqual(self.judged(["", "--7-- WARNING\n"]).counts, (2, 0, 0))

    def test_its_own_confusion_about_stacks_is_no_error(self):
        block = "==8== Invalid write of size 8\n==8==    at 0x1: f\n==8==  Address 0x66 is %s\n==8== \n"
        live = ["on thread 1's stack", "on thread 1's stack\n==8==  in frame #0, created by f", "in a rw- anonymous segment"]
        gone = ["on thread 1's stack\n==8==  4 bytes below stack pointer", "4 bytes inside a block of size 8 free'd", "not stack'd, malloc'd or (recently) free'd"]
        self.assertEqual(self.judged([block % text for text in live]).counts, (3, 0, 0))
        self.assertEqual(self.judged([block % text for text in gone]).counts, (0, 3, 0))
        unset = "==8== Conditional jump or move depends on uninitialised value(s)\n==8==    at 0x1: f\n==8== \n"
        self.assertEqual(self.judged([block % live[0] + unset]).counts, (0, 1, 0))

    def test_nothing_judged_is_a_failure(self):
        self.assertEqual(self.judged([]).counts, (0, 1, 0))
        self.assertEqual(self.judged([""], last="Killed").counts, (0, 1, 0))
        self.assertEqual(self.judged([""], timed_out=True).counts, (0, 1, 0))


if __name__ == "__main__":
    unittest.main()

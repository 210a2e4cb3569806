"""The last lines of scripts/test name each failure with the first thing said of it."""

import unittest

import lib
import suite


class Named(unittest.TestCase):
    def test_a_failure_comes_with_its_first_reason(self):
        said = ["note of a passed one", "FAILED b33 procs=2 (44 ms)", "        | the twin: hangs", "        | exit status 137",
                "FAIL claim 41, go: no verdict", "FAILED last (1 ms)"]
        self.assertEqual(suite._named(said), ["b33 procs=2 (44 ms): the twin: hangs", "claim 41, go: no verdict", "last (1 ms)"])


if __name__ == "__main__":
    unittest.main()

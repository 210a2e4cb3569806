# SPDX-License-Identifier: Apache-2.0
"""The simulation's seeded bugs are not stale: each stands in the runtime as it is, and says within how many schedules of which cases it has to be
found. Finding them is `scripts/test --long`'s, which needs a build."""

import os
import re
import unittest

import lib
import mutants_make
import sim_steps


class Mutants(unittest.TestCase):
    def test_each_stands_and_says_its_bound(self):
        root = lib.ROOT
        folder = os.path.join(root, "conformance", "sim", "mutants")
        names = [m.name.split(":")[1] for m in mutants_make.by_hand(root, folder)]  # raises where one is stale
        self.assertGreaterEqual(len(names), 3)
        for name in names:
            with open(os.path.join(folder, name + ".mutant"), encoding="utf-8") as text:
                says = sim_steps.within(text.read())
            self.assertTrue(says and int(says[0]) > 0 and re.compile(says[1]), name)

    def test_a_bound_is_a_line_of_its_own(self):
        self.assertEqual(sim_steps.within("# x\n# sim: 20 ^sim_a\nwhy: y\n"), ("20", "^sim_a"))
        self.assertIsNone(sim_steps.within("why: # sim: 20 ^sim_a\n"))


if __name__ == "__main__":
    unittest.main()

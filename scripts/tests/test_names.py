"""Names are parsed in one place; what counts as whose rival is decided from them alone."""

import unittest

import lib  # noqa: F401
import names


class Names(unittest.TestCase):
    def test_suffixes_of_google_benchmark_go(self):
        for text in ("yield/weft/procs:1/process_time/real_time", "yield/weft/procs:1/manual_time", "yield/weft/procs:1",
                     "yield/weft/procs:1/iterations:5/repeats:3/process_time/manual_time\n", "yield/weft/procs:1/min_time:0.500/real_time"):
            self.assertEqual(names.strip(text), "yield/weft/procs:1")

    def test_clocks(self):
        for text in ("x/8/threads:2", "x/8/threads:2/real_time", "x/8/threads:2/process_time/manual_time\n"):
            self.assertEqual(names.without_clock(text), "x/8/threads:2")

    def test_parts(self):
        name = names.parse("pingpong/pthread/futex/same_core/work_us:20/manual_time")
        self.assertEqual((name.workload, name.runtime, name.variant, name.procs, name.args),
                         ("pingpong", "pthread", "futex/same_core", None, (("work_us", "20"),)))
        self.assertEqual(names.parse("spawn/weft/procs:2/mode:one").procs, 2)

    def test_no_name(self):
        for text in ("", "yield", "yield//procs:1"):
            with self.assertRaises(ValueError):
                names.parse(text)

    def test_cores(self):
        self.assertEqual([names.cores(names.parse(n)) for n in (
            "p/pthread/futex/same_core", "p/pthread/futex/cross_core", "p/pthread", "p/pthread/procs:2")], [1, 2, 1, 2])

    def test_kinds(self):
        self.assertEqual([names.kind(names.parse(n)) for n in ("p/pthread/spin/cross_core", "s/pthread/pool", "s/pthread/thread_pool",
                         "p/pthread/futex", "s/pthread/pooling")], ["spinning", "pool", "pool", "blocking", "blocking"])


if __name__ == "__main__":
    unittest.main()

"""The index is what the folders say, whatever was in it before; changes of level are found where they are, and rarely where they are not."""

import os
import random
import re
import shutil
import sqlite3
import tempfile
import unittest

import cells
import fake_runs
import lib
import index
import runs
import trends
import usage

HERE = None


def setUpModule():
    global HERE
    HERE = tempfile.mkdtemp(prefix="weft-test-")
    unittest.addModuleCleanup(shutil.rmtree, HERE, ignore_errors=True)


def folder():
    return tempfile.mkdtemp(dir=HERE)


def history(*arguments):
    return lib.script("history", "--index", os.path.join(HERE, "index-of-commands"), *arguments)


def dump(path):
    with sqlite3.connect(path) as db:
        out = {table: sorted(db.execute("SELECT * FROM " + table).fetchall(), key=repr) for table in ("runs", "figures", "ratios")}
    numbers = {row[0]: row[1] for row in out["runs"]}
    return {table: sorted(([numbers[row[0]]] + list(row[1:]) for row in rows), key=repr) for table, rows in out.items()}


class Index(unittest.TestCase):
    def setUp(self):
        self.parent = folder()
        self.path = os.path.join(folder(), "index.sqlite")

    def update(self):
        found = index.Index(self.path)
        skipped = found.update(runs.find([self.parent]))
        found.close()
        return skipped

    def fresh(self):
        other = index.Index(self.path + ".fresh")
        other.update(runs.find([self.parent]))
        other.close()
        out = dump(self.path + ".fresh")
        os.unlink(self.path + ".fresh")
        return out

    def test_follows_the_folders(self):
        """A folder more, one less, one that changed: as an index made from nothing."""
        first = fake_runs.make(self.parent, 1, {"a/weft/procs:1": 10.0, "a/go/procs:1": 20.0})
        self.assertEqual(self.update(), [])
        self.assertEqual(dump(self.path), self.fresh())
        self.assertEqual([r[5] for r in dump(self.path)["ratios"]], [2.0])
        fake_runs.make(self.parent, 2, {"a/weft/procs:1": 11.0})
        self.update()
        self.assertEqual(dump(self.path), self.fresh())
        with open(os.path.join(first, "samples.jsonl"), encoding="utf-8") as text:
            changed = text.read().replace("a/go/procs:1", "b/weft/procs:1")
        with open(os.path.join(first, "samples.jsonl"), "w", encoding="utf-8") as out:
            out.write(changed)
        self.update()
        self.assertEqual(dump(self.path), self.fresh())
        self.assertIn("b/weft/procs:1", [r[1] for r in dump(self.path)["figures"]])
        shutil.rmtree(first)
        self.update()
        self.assertEqual(dump(self.path), self.fresh())
        self.assertEqual(len(dump(self.path)["runs"]), 1)

    def test_a_folder_that_goes_bad_goes(self):
        bad = fake_runs.make(self.parent, 1, {"a/weft/procs:1": 10.0})
        fake_runs.make(self.parent, 2, {"a/weft/procs:1": 10.0})
        self.update()
        os.truncate(os.path.join(bad, "samples.jsonl"), 100)
        self.assertEqual([path for path, _ in self.update()], [bad])
        self.assertEqual(len(dump(self.path)["runs"]), 1)

    def test_an_older_version_is_made_anew(self):
        fake_runs.make(self.parent, 1, {"a/weft/procs:1": 10.0})
        self.update()
        with sqlite3.connect(self.path) as db:
            db.execute("DROP TABLE ratios")
            db.execute("PRAGMA user_version = 99")
        self.update()
        self.assertEqual(dump(self.path), self.fresh())

    def test_a_torn_file_costs_one_line(self):
        fake_runs.make(self.parent, 1, {"a/weft/procs:%d" % i: 10.0 for i in range(1, 400)})
        self.update()
        with open(self.path, "r+b") as torn:
            torn.seek(4096)
            torn.write(b"\xff" * 16384)
        done = lib.script("history", "--index", self.path, self.parent)
        self.assertEqual((done.returncode, done.stderr.count("\n"), done.stdout), (2, 1, ""), done.stderr)
        self.assertIn(self.path, done.stderr)

    def test_other_files_are_left_alone(self):
        with open(self.path, "w", encoding="utf-8") as out:
            out.write("a letter\n" * 100)
        with self.assertRaises(usage.Stop):
            index.Index(self.path)
        with open(self.path, encoding="utf-8") as text:
            self.assertEqual(text.read(), "a letter\n" * 100)
        os.unlink(self.path)
        with sqlite3.connect(self.path) as db:
            db.execute("CREATE TABLE mine(x)")
        with self.assertRaises(usage.Stop):
            index.Index(self.path)


class Changes(unittest.TestCase):
    def test_by_hand(self):
        """Six runs, one split that leaves three on each side: 2 of the 20 ways to part them are as extreme."""
        self.assertEqual(trends.p_value([1, 2, 3, 7, 8, 9]), 2 / 20)
        self.assertEqual(trends.ranks([5, 1, 5, 2]), [3.5, 1, 3.5, 2])
        self.assertEqual(trends.p_value([4] * 8), 1.0)
        self.assertEqual(trends.place([1, 1, 1, 1, 9, 9, 9]), 4)
        self.assertEqual(trends.place([1, 1, 1, 1, 9, 9]), 3)  # two days are no level

    def test_drawn_orders_agree_with_all_of_them(self):
        """Ten runs in two halves: 2 of the 252 ways to part them, and nothing else is as extreme."""
        self.assertAlmostEqual(trends.p_value(list(range(10))), 2 / 252, delta=0.003)

    def test_finds_a_step_and_says_where(self):
        rng = random.Random(7)
        for at in (5, 8, 14):
            values = [100 * rng.lognormvariate(0, 0.01) * (1.1 if i >= at else 1) for i in range(20)]
            found = trends.changes(values)
            self.assertEqual([c.at for c in found], [at])
            self.assertAlmostEqual(found[0].after / found[0].before, 1.1, delta=0.02)

    def test_two_steps(self):
        values = [100 + 0.01 * (i * 7 % 5) for i in range(12)] + [130 + 0.01 * (i * 7 % 5) for i in range(12)] + [90 + 0.01 * (i * 7 % 5) for i in range(12)]
        found = trends.changes(values)
        self.assertEqual([c.at for c in found], [12, 24])
        self.assertEqual([round(c.after / c.before, 2) for c in found], [1.3, 0.69])

    def test_both_sides_of_a_step_are_searched(self):
        values = [level + 0.01 * (i * 7 % 5) for level in (100, 110, 200, 230) for i in range(12)]
        self.assertEqual([c.at for c in trends.changes(values)], [12, 24, 36])

    def test_small_steps_and_single_days_are_none(self):
        values = [100 + 0.01 * (i * 7 % 5) for i in range(24)]
        self.assertEqual(trends.changes([v * (1.02 if i >= 12 else 1) for i, v in enumerate(values)]), [])
        self.assertEqual(trends.changes([v * (3 if i == 12 else 1) for i, v in enumerate(values)]), [])

    def test_two_days_are_none_three_are(self):
        values = [100 + 0.01 * (i * 7 % 5) for i in range(40)]
        self.assertEqual(trends.changes([v * (1.3 if i >= 38 else 1) for i, v in enumerate(values)]), [])
        self.assertEqual([c.at for c in trends.changes([v * (1.3 if i >= 37 else 1) for i, v in enumerate(values)])], [37])

    def test_rarely_where_nothing_changed(self):
        """1,000 steady series with heavy tails: at most what a level of 1 % makes likely (17 or fewer with probability 0.99), and some."""
        rng = random.Random(1)
        found = sum(trends.p_value([rng.lognormvariate(0, 0.03) * (4 if rng.random() < 0.1 else 1) for _ in range(20)]) <= trends.LEVEL for _ in range(1000))
        self.assertLessEqual(found, 18)
        self.assertGreater(found, 2)


class Command(unittest.TestCase):
    STEP = [10.0 + 0.01 * (i * 7 % 5) for i in range(8)] + [13.0 + 0.01 * (i * 7 % 5) for i in range(8)]

    def series(self, parent, hardware=None, start=0):
        return [fake_runs.make(parent, start + i, {"a/weft/procs:1": v, "a/go/procs:1": 50.0}, hardware=hardware) for i, v in enumerate(self.STEP)]

    def test_text(self):
        parent = folder()
        self.series(parent)
        done = history(parent)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        line = next(l for l in done.stdout.splitlines() if l.startswith("a/weft/procs:1 "))
        self.assertRegex(line, r"\+29\.9 % from 2026-01-09-fake\S* on \(10\.0 ns → 13\.0 ns, worse, p 0\.0\d+\)")
        self.assertIn("worse", next(l for l in done.stdout.splitlines() if l.startswith("a/weft/procs:1: go over Weft")))
        self.assertEqual(history(parent).stdout, done.stdout)

    def test_page(self):
        """Its figures are those of the text, its bytes are the same whoever draws, and nothing in it asks the network."""
        parent, pages = folder(), []
        self.series(parent)
        for seed in ("1", "2"):
            out = os.path.join(HERE, "history-%s.html" % seed)
            done = lib.script("history", "--index", os.path.join(HERE, "index-%s" % seed), "--html", "--out", out, parent, env={"PYTHONHASHSEED": seed})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            with open(out, encoding="utf-8") as text:
                pages.append(text.read())
        self.assertTrue(pages[0] == pages[1])
        found = cells.Cells(pages[0])
        changes = {name: [v for v, _ in row] for (table, name), row in found.rows.items() if table == "changes-1"}
        level = trends.changes([v * 1.001 for v in self.STEP])[0]  # the median of three samples
        self.assertEqual(changes["a/weft/procs:1"][4:], [repr(level.before), repr(level.after), repr(level.p)])
        self.assertEqual(set(changes), {"a/weft/procs:1", "a/weft/procs:1: go over Weft"})
        self.assertEqual([v for v, _ in found.rows["all-1", "a/weft/procs:1"][1:4]], ["16", repr(self.STEP[0] * 1.001), repr(self.STEP[-1] * 1.001)])
        self.assertEqual(len(found.ids), len(set(found.ids)))
        self.assertEqual([l for l in found.links if l[1:] not in found.ids], [])
        self.assertEqual(found.sources + re.findall(r"(?:https?:)?//(?!www\.w3\.org/)[a-z0-9.-]+\.[a-z]{2,}", pages[0]), ["data:,"])

    def test_machines_are_kept_apart(self):
        """The same series, half of it on another machine: a change of machine is no change of level."""
        parent = folder()
        for i, v in enumerate(self.STEP):
            fake_runs.make(parent, i, {"a/weft/procs:1": v}, hardware={"cpu": "Another"} if i >= 8 else None)
        done = history(parent)
        self.assertEqual(done.stdout.count("8 runs, "), 2)
        self.assertNotIn(" % from ", done.stdout)
        self.assertIn("a series needs 10 runs, the longest has 8", done.stdout)

    def test_runs_of_uncommitted_changes_are_left_out(self):
        parent = folder()
        fake_runs.make(parent, 1, {"a/weft/procs:1": 10.0})
        fake_runs.make(parent, 2, {"a/weft/procs:1": 99.0}, dirty=True)
        self.assertIn("1 run, ", history(parent).stdout)

    def test_one_bad_folder(self):
        parent = folder()
        paths = self.series(parent)
        with open(os.path.join(paths[3], "machine.json"), "w", encoding="utf-8") as out:
            out.write('{"schema": 2}')
        done = history(parent)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("schema 2", done.stderr)
        self.assertIn("15 runs", done.stdout)
        page = history("--html", parent).stdout
        self.assertIn("Left out: %s: machine.json has schema 2" % os.path.basename(paths[3]), page)
        self.assertNotIn(parent, page)  # a page may be published, and this is a path of somebody's machine

    def test_bad_usage(self):
        parent, empty = folder(), folder()
        fake_runs.make(parent, 1, {"a/weft/procs:1": 10.0})
        os.mkdir(os.path.join(empty, "no-run"))
        for arguments in (["--html", "--export", "csv", parent], ["--filter", "("], ["--filter", "nothing-such", parent], ["--export", "xml", parent], [os.path.join(parent, "nowhere")],
                          [folder()], [empty], ["--out", os.path.join(parent, "no", "such", "file"), parent], ["--index", "/proc/no/index", parent],
                          ["--export", "csv", os.path.join(empty, "no-run")]):
            done = history(*arguments)
            self.assertEqual(done.returncode, 2, (arguments, done.stderr))
            self.assertEqual(done.stdout, "")
            self.assertLessEqual(done.stderr.count("\n"), 2, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""The page in a real browser: no console error, its figures are those of summary.json, and it stands without JavaScript."""

import json
import os
import random
import re
import shutil
import subprocess
import tempfile
import unittest

import fake_runs
import fake_tree
import lib
import page
import page_machine
import page_several
import runs
import show
import summary
from cells import Cells

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
RUN = None


def setUpModule():
    """One run for all of it, with figures of fake_tree.py's programs, and benchmarks that fail."""
    global RUN
    folder = tempfile.mkdtemp(prefix="weft-test-")
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    rng, some = random.Random(5), []
    figures = dict(fake_tree.C_FIGURES, **fake_tree.GO_FIGURES, **{"footprint/%s/n:%d" % (who, n): size + 1000 / n for who, size in (
        ("weft", 4700.0), ("go", 2690.0), ("pthread", 32260.0)) for n in (1000, 10000) if (who, n) != ("pthread", 10000)})
    for round_ in range(6):
        some += [fake_runs.sample(name, round_, value * rng.lognormvariate(0, 0.04)) for name, value in figures.items()]
        some.append(fake_runs.sample("select/weft/procs:4", round_, 80.0, counters={"wake_p50_ns": 80 + round_, "wake_p99_ns": 240, "wake_p999_ns": 720, "wake_max_ns": 1600}))
        some += [fake_runs.failed("select/weft/procs:1", round_)] if round_ < 2 else []
    RUN = fake_runs.make(folder, 3, {}, samples=some)
    done = lib.script("report", RUN, env={"PYTHONHASHSEED": "1"})
    if done.returncode != 0:
        raise RuntimeError(done.stderr)


def read(name):
    with open(os.path.join(RUN, name), encoding="utf-8") as text:
        return text.read()


def browse(path, *more):
    """Headless Chromium on a file; (stdout, what it logged)."""
    profile = tempfile.mkdtemp(prefix="weft-chromium-")
    try:
        done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
                               "--user-data-dir=" + profile, "--enable-logging=stderr", "--v=0", *more, "file://" + path],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=90)
        return done.stdout, done.stderr
    finally:
        shutil.rmtree(profile, ignore_errors=True)


class Static(unittest.TestCase):
    def check_figures(self, text):
        """Every figure of summary.json is in the page as a number and as its text, and the page has no other."""
        found, cells = json.loads(read("summary.json")), Cells(text)
        rows = {name: row for (table, name), row in cells.rows.items() if table.startswith("t-")}
        self.assertEqual(set(rows), {r["name"] for r in found["rows"]})
        for r in found["rows"]:
            if r["median"] is None:
                self.assertIn(r["failures"][0], rows[r["name"]][-1][1])
                continue
            row = rows[r["name"]]
            self.assertEqual(row[1], [repr(r["median"]), show.figure(r["median"], r["metric"])])
            self.assertEqual(row[2][0], repr(r["low"]))
            self.assertEqual(row[4], [repr(r["n"]), str(r["n"])])
        ratios = {name: row for (table, name), row in cells.rows.items() if table == "ratio-table"}
        self.assertEqual(set(ratios), {(c["weft"], c["rival"]) for c in found["comparisons"]})
        for c in found["comparisons"]:
            self.assertEqual(ratios[c["weft"], c["rival"]][3], [repr(c["ratio"]), show.ratio(c["ratio"])])
        lost = [name for (table, name) in cells.rows if table == "losses"]
        self.assertEqual(lost, [(c["weft"], c["rival"]) for c in found["losses"]])
        return cells

    def test_figures_and_links(self):
        cells = self.check_figures(read("report.html"))
        for link in cells.links:
            self.assertTrue(link.startswith("data:") or link[1:] in cells.ids, link[:60])
        self.assertEqual([s for s in cells.sources if not s.startswith("data:")], [])
        self.assertEqual(len(cells.ids), len(set(cells.ids)))

    def test_nothing_from_the_network(self):
        self.assertEqual(re.findall(r"(?:https?:)?//(?!www\.w3\.org/)[a-z0-9.-]+\.[a-z]{2,}", re.sub(r"base64,[^\"]*", "", read("report.html"))), [])

    def test_charts_use_variables_only(self):
        for svg in re.findall(r"<svg.*?</svg>", read("report.html"), re.S):
            self.assertEqual(set(re.findall(r"#[0-9a-f]{6}\b", svg)) - {"#000000", "#ffffff"}, set())
            self.assertIn("var(--", svg)
            self.assertIn("<text", svg)

    def test_same_bytes_whoever_draws(self):
        """Another process, with other hashes of strings: the page is a function of the data alone."""
        out = os.path.join(os.path.dirname(RUN), "again.html")
        done = lib.script("report", RUN, "--out", out, env={"PYTHONHASHSEED": "2"})
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, encoding="utf-8") as text:
            self.assertTrue(text.read() == read("report.html"))

    def test_percentiles_and_footprint(self):
        cells, found = Cells(read("report.html")), json.loads(read("summary.json"))
        rows = {name: row for (table, name), row in cells.rows.items() if table == "l-select-wake"}
        self.assertEqual(set(rows), {"select/weft/procs:4"})
        counters = next(r["counters"] for r in found["rows"] if r["name"] == "select/weft/procs:4")
        self.assertEqual([v for v, _ in rows["select/weft/procs:4"][1:-1]], [repr(counters[k]) for k in ("wake_p50_ns", "wake_p99_ns", "wake_p999_ns", "wake_max_ns")])
        self.assertRegex(read("report.html"), r"p99\.9</th><th[^>]*>max</th>")
        table = read("report.html").partition('id="footprint-table"')[2].partition("</table>")[0]
        medians = {r["name"]: r["median"] for r in found["rows"] if r["workload"] == "footprint"}
        self.assertEqual(re.findall(r'data-v="([^"]*)"', table), [repr(medians["footprint/%s/n:%d" % cell]) for cell in (
            ("weft", 1000), ("weft", 10000), ("go", 1000), ("go", 10000), ("pthread", 1000))])

    def test_counted_or_why_not(self):
        self.assertEqual(page_machine._counted(None), "")
        text = page_machine._counted({"of": {"x/weft": {"instructions": 123.4, "syscalls": 0.0, "allocations": 2.0}}, "not": {"y/weft": "it crashed"}})
        self.assertEqual(re.findall(r"<td[^>]*>([^<]*)</td>", text), ["x/weft", "123", "0", "2.00"])
        self.assertIn(" n/a: it crashed.", text)

    def test_claims_are_linked_where_they_are(self):
        other = RUN + "-claims"
        shutil.copytree(RUN, other)
        self.addCleanup(shutil.rmtree, other)
        self.assertNotIn("claims.html", read("report.html"))
        done = lib.script("claims", other)  # the verdicts of figures made up are nobody's
        self.assertIn(done.returncode, (0, 1), done.stderr)
        with open(os.path.join(other, "report.html"), encoding="utf-8") as text:
            self.assertIn('<a href="claims.html">', text.read())
        self.assertTrue(os.path.exists(os.path.join(other, "claims.html")))

    def test_rounds_planned_and_done(self):
        """A run that ran out of time says so on top of its page; published folders of before have the plan under `rounds`."""
        run = runs.Loaded(RUN)
        begun = run.summary["samples"]["rounds"]
        self.assertEqual(run.machine["run"]["samples"], len(run.samples))
        for key, others in (("rounds_planned", {}), ("rounds", {"rounds_planned": None})):
            machine = json.loads(json.dumps(run.machine))
            machine["run"].update({key: 40})
            if others:
                machine["run"].pop("rounds_planned")
            run.summary = summary.summarize(run.samples, machine)
            text = page.single(run)
            self.assertIn("%d of 40 planned rounds" % begun, text[:text.index("</header>")])

    def test_half_a_folder_is_none(self):
        """Cut short, of another schema, or with a figure that can't be: one line, exit status 2, and the page that was there stays."""
        def cut(name, size):
            return lambda path: os.truncate(os.path.join(path, name), size)

        def edit(name, old, new):
            def change(path):
                with open(os.path.join(path, name), encoding="utf-8") as text:
                    before = text.read()
                self.assertIn(old, before)
                with open(os.path.join(path, name), "w", encoding="utf-8") as out:
                    out.write(before.replace(old, new, 1))
            return change

        whole = os.path.getsize(os.path.join(RUN, "samples.jsonl"))
        last = read("samples.jsonl").rstrip("\n").rfind("\n") + 1
        for what, change in (("not whole", cut("machine.json", 500)), ("cut short", cut("samples.jsonl", whole - 1)), ("not a sample", cut("samples.jsonl", whole - 30)),
                             ("machine.json says", cut("samples.jsonl", last)), ("empty", cut("samples.jsonl", 0)),
                             ("has schema 2; this version reads 1", edit("machine.json", '"schema": 1', '"schema": 2')),
                             ("no hardware.cpus_online", edit("machine.json", '"cpus_online": ', '"cpus_of_old": ')), ("no date such as", edit("machine.json", ' UTC"', '"')),
                             ("metric", edit("samples.jsonl", '"ns_per_op"', '"furlongs"')), ("without a positive value", edit("samples.jsonl", '"value": ', '"value": -')),
                             ("no samples.jsonl", lambda path: os.unlink(os.path.join(path, "samples.jsonl")))):
            bad = RUN + "-bad"
            shutil.copytree(RUN, bad)
            try:
                change(bad)
                done = lib.script("report", bad)
                self.assertEqual(done.returncode, 2, (what, done.stderr))
                self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
                self.assertIn(what, done.stderr)
                with open(os.path.join(bad, "report.html"), encoding="utf-8") as text:
                    self.assertTrue(text.read() == read("report.html"))
            finally:
                shutil.rmtree(bad)

    def test_keys_have_the_charts_marks(self):
        """A mark means the same runtime in every chart of a page, also where some of them lose nothing."""
        run = runs.Loaded(RUN)
        run.summary["comparisons"] += [dict(c, runtime=who) for who in ("tokio", "argo") for c in run.summary["comparisons"] if c["kind"] == "peer"]
        run.summary["losses"] = [c for c in run.summary["comparisons"] if c["runtime"] == "tokio" and c["verdict"] != "wins"]
        self.assertTrue([c for c in run.summary["losses"] if c["verdict"] == "loses"])
        keys = re.findall(r'<p class="key">.*?</p>', page.single(run))
        marks = [re.findall(r'">(\S)</span> tokio', k) for k in keys]
        self.assertEqual(len([m for m in marks if m]), 2)
        self.assertEqual(len({m[0] for m in marks if m}), 1)

    def test_omitted_and_failed_are_listed(self):
        self.assertIn("checksum 41, expected 42", read("report.html"))

    def test_several(self):
        out = os.path.join(os.path.dirname(RUN), "both.html")
        other = RUN + "-other"
        shutil.copytree(RUN, other)
        done = lib.script("report", RUN, other, "--out", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(out, encoding="utf-8") as text:
            both = text.read()
        self.assertIn("Ratio to Go", both)
        self.assertIn("All on machines of one class", both)
        self.assertIn('href="%s/report.html"' % os.path.relpath(other, os.path.dirname(out)), both)
        cells, found = Cells(both), json.loads(read("summary.json"))
        self.assertEqual(len(cells.ids), len(set(cells.ids)))
        lost = {name: row for (table, name), row in cells.rows.items() if table == "losses"}
        self.assertEqual({weft for weft, _ in lost}, {c["weft"] for c in found["losses"] if c["verdict"] == "loses"})
        for c in found["comparisons"]:
            row = lost.get((c["weft"], "%s/%s" % (c["runtime"], c["kind"])))
            self.assertEqual(row is not None, c["verdict"] == "loses")
            if row:
                self.assertEqual([v for v, _ in row[2:]], [repr(c["ratio"])] * 2)
        self.assertEqual(both.count('.jsonl.gz" href="data:'), 2)
        shutil.rmtree(other)
        done = lib.script("report", RUN, RUN + "-nowhere", "--out", out)
        self.assertEqual((done.returncode, done.stderr.count("\n")), (2, 1))

    def test_without_charts(self):
        """No matplotlib: the page has all its tables."""
        import charts
        import report
        before = charts.available
        charts.available = lambda: False
        try:
            self.check_figures(page.single(report.Loaded(RUN)))
        finally:
            charts.available = before


@unittest.skipUnless(CHROMIUM, "chromium is not installed")
class Browser(unittest.TestCase):
    def test_dom_and_console(self):
        dom, log = browse(os.path.join(RUN, "report.html"), "--dump-dom")
        self.assertNotIn("CONSOLE", log)
        Static.check_figures(self, dom)

    def test_narrow(self):
        """On a narrow screen nothing but what scrolls by itself is wider than the screen: one run's page, and one of several."""
        several = page_several.several([runs.Loaded(RUN), runs.Loaded(RUN)], os.path.dirname(RUN))
        for text in (read("report.html"), several):
            path = os.path.join(RUN, "narrow.html")
            with open(path, "w", encoding="utf-8") as out:
                out.write(text.replace("</body>", "<script>document.title=document.documentElement.scrollWidth-innerWidth</script></body>"))
            dom, log = browse(path, "--dump-dom", "--window-size=500,900")
            os.unlink(path)
            self.assertNotIn("CONSOLE", log)
            self.assertLessEqual(int(re.search(r"<title>([^<]*)</title>", dom).group(1)), 0)

    def test_sorting(self):
        """The few lines of script do what they say: a page that clicks a header and says what is on top."""
        text = read("report.html").replace("</body>", "<script>var t=document.getElementById('t-pingpong');t.tHead.rows[0].cells[1].click();"
                                           "document.title=Array.from(t.tBodies[0].rows).map(function(r){return r.cells[1].getAttribute('data-v')}).join(' ');</script></body>")
        path = os.path.join(RUN, "sorted.html")
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
        dom, log = browse(path, "--dump-dom")
        os.unlink(path)
        self.assertNotIn("CONSOLE", log)
        values = [float(v) for v in re.search(r"<title>([^<]*)</title>", dom).group(1).split()]
        self.assertGreater(len(values), 3)
        self.assertEqual(values, sorted(values))


if __name__ == "__main__":
    unittest.main()

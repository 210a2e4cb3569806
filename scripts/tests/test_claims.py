"""The ledger of claims: its conditions are safe and turn with the figures, evidence that is missing is no verdict, a changed verdict is seen."""

import itertools
import os
import tempfile
import unittest

import lib
import claims
import claims_check
import claims_committed
import claims_figures as figures
import claims_ledger
import claims_page
import claims_rule

JUNIT = """<testsuite name="weft_conformance"><properties><property name="go" value="go1.26.8"/></properties>
<testcase classname="L98" name="l098_hello_call procs=1" time="0.1"><properties><property name="weft" value="passed"/><property name="go" value="%s"/>
<property name="weft.n" value="3"/><property name="weft.n" value="5"/><property name="pthread.n" value="9"/></properties></testcase>
<testcase classname="L98" name="l098_hello_call procs=2" time="0.1"><properties><property name="weft" value="passed"/></properties></testcase>
<testcase classname="B66" name="b66_tight_loop procs=1" time="0"><properties/><skipped message="not under ThreadSanitizer"/></testcase></testsuite>"""


def measured(go="passed", samples=None, machine=None):
    with tempfile.NamedTemporaryFile("w", suffix=".xml") as out:
        out.write(JUNIT % go)
        out.flush()
        return figures.Measured(out.name, samples, machine)


class Conditions(unittest.TestCase):
    def holds(self, text, **values):
        return claims_rule.Rule(text).holds({n: figures.Figure([v]) for n, v in values.items()})

    def test_arithmetic_and_comparisons(self):
        self.assertTrue(self.holds("a / b > 10 and not a == b", a=21, b=2))
        self.assertFalse(self.holds("0 < a < b", a=3, b=2))
        self.assertTrue(self.holds("abs(a - b) <= 1 or max(a, b) > 9", a=3, b=2))

    def test_division_by_zero_holds_for_nothing(self):
        self.assertFalse(self.holds("a / b > 10", a=1, b=0))

    def test_parts(self):
        self.assertTrue(claims_rule.Rule("a.min == 1 and a.max == 3 and a.n == 3 and a.sum == 6 and a == 2").holds({"a": figures.Figure([1, 2, 3])}))

    def test_nothing_else_is_allowed(self):
        for text in ("__import__('os')", "a.__class__ > 1", "open('x') == 1", "[a] == 1", "a[0] == 1", "(lambda: 1)() == 1", "a ** 9 > 1", "'x' == a",
                     "min(*a) > 1", "f'{a}' == 1", "a if a else 1", "a", "1", "True", "a.low.real > 1", "a > 1; b", "", "a := 1", "a == 1j"):
            with self.assertRaises(claims_rule.Wrong, msg=text):
                claims_rule.Rule(text)

    def test_length_is_bounded(self):
        with self.assertRaises(claims_rule.Wrong):
            claims_rule.Rule("a > 1" + " and a > 1" * 100)


class Figures(unittest.TestCase):
    def test_a_case_s_figures(self):
        found = measured()
        self.assertEqual(found.figure("case l098_hello_call n", "weft").value, 4)
        self.assertEqual(found.figure("case l098_hello_call pthread.n", "weft").value, 9)
        self.assertEqual(found.figure("case l098_hello_call passed", "go").value, 1)
        self.assertEqual(measured("failed").figure("case l098_hello_call passed", "go").value, 0)

    def missing(self, found, source, who="weft"):
        with self.assertRaises(figures.Missing) as caught:
            found.figure(source, who)
        return str(caught.exception)

    def test_what_is_missing_says_why(self):
        found = measured()
        self.assertIn("published no m of weft", self.missing(found, "case l098_hello_call m"))
        self.assertIn("did not run", self.missing(found, "case l099_hello_go passed"))
        self.assertIn("ThreadSanitizer", self.missing(found, "case b66_tight_loop passed"))
        self.assertIn("no conformance.xml", self.missing(figures.Measured(), "case b66_tight_loop passed"))
        self.assertIn("no results folder", self.missing(found, "bench spawn/{}/procs:1"))
        self.assertIn("no PMU: ENOENT", self.missing(figures.Measured(machine={"counters": {
            "summary": "n/a (no PMU: ENOENT)", "events": [{"name": "cycles_user", "status": "no_pmu", "errno": "ENOENT"}]}}), "counter cycles_user"))

    def test_ratios_are_taken_round_by_round(self):
        samples = [{"name": name, "round": r, "status": "ok", "value": v * (r + 1), "counters": {"late": r}}
                   for name, v in (("w/weft", 1.0), ("w/go", 3.0)) for r in range(8)]
        found = figures.Measured(samples=samples)
        self.assertAlmostEqual(found.figure("ratio w/go : w/{}", "weft").low, 3)
        self.assertEqual(found.figure("bench w/{} late", "weft").value, 3.5)
        self.assertIn("not in this run", self.missing(found, "bench w/pthread"))


TOML = """[seeds]
000 = "a text"
[[claim]]
id = 1
seed = ["000"]
text = "It prints."
who = ["weft", "go"]
evidence.passed = "case l098_hello_call passed"
rule.confirmed = "passed == 1"
rule.refuted = "passed == 0"
"""


class Ledger(unittest.TestCase):
    def ledger(self, text=TOML, committed=None):
        """(Ledger, Committed)"""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        paths = [os.path.join(folder.name, name) for name in ("claims.toml", "claims.verdicts")]
        for path, content in zip(paths, (text, committed)):
            if content is not None:
                with open(path, "w", encoding="utf-8") as out:
                    out.write(content)
        ledger = claims_ledger.Ledger(paths[0])
        return ledger, claims_committed.Committed(ledger, paths[1])

    def test_verdicts_and_what_changed(self):
        ledger, verdicts = self.ledger(committed="1 weft confirmed\n1 go confirmed\n")
        judged = ledger.judge(measured("failed"))
        self.assertEqual([judged[1, who].verdict for who in ("weft", "go")], ["confirmed", "refuted"])
        self.assertEqual(verdicts.changed(judged, "amd-2cpu"), [(1, "go")])
        self.assertEqual(verdicts.accept(judged, None), 1)
        with open(verdicts.path, encoding="utf-8") as written:
            self.assertEqual(self.ledger(committed=written.read())[1].changed(judged, None), [])

    def test_no_evidence_is_no_verdict_and_no_change(self):
        ledger, verdicts = self.ledger(committed="1 weft confirmed\n")
        judged = ledger.judge(figures.Measured())
        self.assertIsNone(judged[1, "weft"].verdict)
        self.assertEqual(verdicts.changed(judged, None), [])
        page = claims_page.html(ledger, judged, "t", "s")
        self.assertIn(claims_page.NONE, page)
        self.assertNotIn('data-verdict="confirmed"', page)

    def test_an_older_go_gets_no_verdict_and_is_no_problem(self):
        for since, verdict in ((26, "refuted"), (27, None)):
            ledger, verdicts = self.ledger(TOML + "go_since = %d\n" % since, "1 weft confirmed\n1 go confirmed\n")
            judged = ledger.judge(measured("failed"))
            self.assertEqual((judged[1, "weft"].verdict, judged[1, "go"].verdict), ("confirmed", verdict))
            self.assertEqual(verdicts.changed(judged, None), [(1, "go")] if verdict else [])
        self.assertEqual(judged[1, "go"].why, "go1.26.8 is older than the Go 1.27 that this is about")
        self.assertTrue(claims_check._may_lack(judged[1, "go"], "go", measured()))

    def test_a_machine_s_verdict_is_compared_with_its_kind_alone(self):
        text = TOML + "timing = true\n"
        ledger, verdicts = self.ledger(text, "1 weft refuted amd-2cpu\n")
        judged = ledger.judge(measured())
        self.assertEqual(verdicts.changed(judged, "amd-2cpu"), [(1, "weft")])
        self.assertEqual(verdicts.changed(judged, "intel-2cpu") + verdicts.changed(judged, None), [])
        self.assertEqual(verdicts.new(judged, "intel-2cpu"), [(1, "go"), (1, "weft")])
        verdicts.accept(judged, "intel-2cpu")
        verdicts.accept(judged, None)
        with open(verdicts.path, encoding="utf-8") as written:
            self.assertEqual(written.read(), "1 weft refuted amd-2cpu\n1 weft confirmed intel-2cpu\n1 go confirmed intel-2cpu\n")
        for wrong in ("1 weft refuted\n", "1 weft\n"):
            with self.assertRaises(claims_ledger.Wrong):
                self.ledger(text, wrong)

    def test_mistakes_are_named(self):
        for wrong in (TOML.replace("id = 1", 'id = "1"'), TOML.replace("text", "texts"), TOML.replace('["000"]', '["009"]'),
                      TOML.replace("passed == 1", "open(1)"), TOML.replace("passed == 1", "other == 1"), TOML.replace('"weft", "go"', '"java"'),
                      TOML.replace("rule.refuted", "rule.denied"), TOML.replace("case l098", "cases l098"), TOML + "[[contradiction]]\nclaims = [2]\ntext = 'x'\n", TOML + TOML[25:],
                      TOML.replace('rule.refuted = "passed == 0"', "")):
            with self.assertRaises(claims_ledger.Wrong, msg=wrong):
                self.ledger(wrong)
        with self.assertRaises(claims_ledger.Wrong):
            self.ledger(committed="2 weft confirmed\n")

    def test_every_form_has_the_same_verdicts(self):
        ledger, _ = self.ledger()
        judged = ledger.judge(measured("failed"))
        self.assertRegex(claims_page.text(ledger, judged), r"(?m)^ +go +refuted +passed 0: passed == 0")
        self.assertIn("| Go | refuted | passed 0: passed == 0 |", claims_page.markdown(ledger, judged, "t"))
        page = claims_page.html(ledger, judged, "t", "s")
        self.assertEqual((page.count('data-verdict="refuted"'), page.count('data-verdict="confirmed"')), (1, 1))


def values_near(claim, who):
    """What a figure of this rule might be: around the numbers that its conditions name."""
    numbers = set().union(*(rule.numbers for _, rule in claim.rules[who])) | {0.0, 1.0}
    return sorted({f(n) for n in numbers for f in (lambda v: v, lambda v: v + 1, lambda v: v - 1, lambda v: v * 2, lambda v: v / 2)})


def reachable(claim, who):
    """{verdict: figures that bring it}, by trying values near the rule's numbers."""
    names, out = sorted(claim.sources[who]), {}
    values = values_near(claim, who)
    while len(values) ** len(names) > 200000:
        values = values[::2]
    for combination in itertools.product(values, repeat=len(names)):
        found = {n: figures.Figure([v]) for n, v in zip(names, combination)}
        verdict = claim.decide(who, found)[0]
        out.setdefault(verdict, found)
        if len(set(out) - {None}) == len({v for v, _ in claim.rules[who]}):
            break
    return out


class TheLedger(unittest.TestCase):
    """conformance/claims.toml itself."""

    @classmethod
    def setUpClass(cls):
        cls.ledger = claims.ledger()

    def test_every_verdict_of_every_rule_can_come_and_turns(self):
        for c in self.ledger.claims:
            for who in c.who:
                found = reachable(c, who)
                self.assertEqual({v for v, _ in c.rules[who]} - set(found), set(), "claim %d, %s: never" % (c.id, who))
                for verdict, at in found.items():
                    if verdict is not None:
                        turn = c.turn(who, at)
                        self.assertIsNotNone(turn, "claim %d, %s: nothing turns %s" % (c.id, who, verdict))
                        self.assertNotEqual(turn[1], verdict)

    def test_an_altered_measurement_turns_each_verdict_of_the_published_run(self):
        folders = claims_check.newest(os.path.join(lib.ROOT, "results"))
        if not folders:
            self.skipTest("no published run")
        for folder in folders:
            judged = self.ledger.judge(claims.measured(folder, None)[3])
            self.assertTrue(any(j.verdict for j in judged.values()))
            for key, j in judged.items():
                self.assertTrue(j.verdict is None or j.turn, "claim %d, %s" % key)

    def test_cases_exist(self):
        """Every case that is named is one of conformance/."""
        text = ""
        for folder in ("spec", "stress", "unit"):
            for name in sorted(os.listdir(os.path.join(lib.ROOT, "conformance", folder))):
                if name.endswith(".c"):
                    with open(os.path.join(lib.ROOT, "conformance", folder, name), encoding="utf-8") as source:
                        text += source.read() + (" unit_%s " % name[:-2] if folder == "unit" else "")
        for case in self.ledger.cases():
            self.assertRegex(text, r"\b%s\b" % case)

    def test_it_is_whole(self):
        self.assertEqual([c.id for c in self.ledger.claims], list(range(1, 112)))
        self.assertEqual([c.id for c in self.ledger.claims if not c.seed], [28])
        self.assertEqual({s for c in self.ledger.claims for s in c.seed}, set(self.ledger.seeds))
        self.assertEqual(len(self.ledger.contradictions), 8)
        self.assertEqual([c.id for c in self.ledger.claims if c.id >= 98 and c.who != ["weft", "go"]], [])

    def test_what_cases_count_is_committed(self):
        verdicts = claims.committed(self.ledger)
        missing = [(c.id, who) for c in self.ledger.claims for who in c.who if verdicts.is_counted(c, who) and not verdicts.verdict((c.id, who), None)]
        self.assertEqual(missing, [])


class Script(unittest.TestCase):
    def test_mistakes_cost_one_line(self):
        for arguments in ((), ("--no-such",), ("--junit", "/nonexistent"), ("/nonexistent",), ("--junit", __file__), ("--junit", __file__, "--out", "x.pdf")):
            done = lib.script("claims", *arguments)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_a_changed_verdict_is_seen_by_the_suite(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "junit.xml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(JUNIT % "failed")
            _, problems = claims_check.check(folder, path, whole=False)
            self.assertEqual([p[:12] for p in problems], ["claim 98, go"])
            _, problems = claims_check.check(folder, path)
            self.assertTrue(any("no verdict" in p for p in problems))


if __name__ == "__main__":
    unittest.main()

"""The figures that claims are judged by, looked up in what measurements have written. Nothing here measures.

Where one comes from is a text, in which {} is the runtime that is judged:
  case NAME[@PROCS] FIGURE    what a conformance case published for that runtime; "passed": 1 or 0, whether the runtime did as the case
                              says. WHO.FIGURE: another runtime's
  bench NAME [COUNTER]        a benchmark's figure, or one of its counters
  ratio NAME : NAME           the first's over the second's, round by round
  counter EVENT               1: the machine's hardware counts it
"""

import os
import re
import xml.etree.ElementTree as xml

import stats
import summary

_CASE = re.compile(r"case ([a-z0-9_]+)(?:@(\d+))? ([a-z0-9_.]+)$")
_BENCH = re.compile(r"bench (\S+)(?: (\w+))?$")
_RATIO = re.compile(r"ratio (\S+) : (\S+)$")
_COUNTER = re.compile(r"counter (\w+)$")
RUNTIMES = ("weft", "pthread", "go")


class Missing(Exception):
    """There is no such figure; the message says why, in words that a reader of the ledger understands."""


class Figure:
    """A median and what surrounds it. low, high: an interval of the median for benchmarks, the extremes for a case's values."""

    def __init__(self, values, low=None, high=None, value=None):
        self.value = stats.median(values) if value is None else value
        self.min, self.max, self.n, self.sum = min(values), max(values), len(values), sum(values)
        self.low = self.min if low is None else low
        self.high = self.max if high is None else high

    def altered(self, change):
        """The same with every part changed by a function; n stays."""
        new = Figure([change(self.value)])
        for part in ("min", "max", "low", "high", "sum"):
            setattr(new, part, change(getattr(self, part)))
        new.n = self.n
        return new


def checked(source):
    """Raises ValueError where a source isn't one."""
    if not any(p.match(source.replace("{}", "weft")) for p in (_CASE, _BENCH, _RATIO, _COUNTER)):
        raise ValueError("not a source of a figure: %s" % source)
    return source


def is_case(source):
    return source.startswith("case ")


def case_name(source):
    return _CASE.match(source.replace("{}", "weft")).group(1)


class Measured:
    """What is there: the JUnit report of conformance, a run's samples, its machine. Any may be None."""

    def __init__(self, junit=None, samples=None, machine=None):
        self.cases, self.go, self.why_no_cases = {}, None, "no conformance.xml in the run's folder"
        if junit is not None:
            self._read_junit(junit)
        self.samples = samples
        self.values = summary.values_of(samples) if samples is not None else {}
        self.machine = machine or {}

    def _read_junit(self, path):
        try:
            root = xml.parse(path).getroot()
        except (xml.ParseError, UnicodeDecodeError) as error:
            raise ValueError("%s: not a JUnit report (%s)" % (path, error)) from None
        self.why_no_cases = None
        for p in root.findall("./properties/property"):
            if p.get("name") == "go":
                self.go = p.get("value")
        for case in root.iter("testcase"):
            name, _, rest = (case.get("name") or "").partition(" ")
            procs = re.search(r"procs=(\d+)", rest)
            skipped = case.find("skipped")
            job = {"procs": int(procs.group(1)) if procs else None, "figures": {}, "judged": {},
                   "skipped": None if skipped is None else skipped.get("message") or "skipped"}
            for p in case.iterfind("./properties/property"):
                if p.get("name") in ("weft", "go"):
                    job["judged"][p.get("name")] = p.get("value")
                else:
                    job["figures"].setdefault(p.get("name"), []).append(float(p.get("value")))
            self.cases.setdefault(name, []).append(job)

    def go_minor(self):
        """N of the judge's Go 1.N; a development version is newer than all, and so is none."""
        found = re.match(r"go1\.(\d+)", self.go or "")
        return int(found.group(1)) if found else float("inf")

    def figure(self, source, who):
        source = source.replace("{}", who)
        for pattern, find in ((_CASE, self._case), (_RATIO, self._ratio), (_BENCH, self._bench), (_COUNTER, self._counter)):
            found = pattern.match(source)
            if found:
                return find(who, *found.groups())
        raise ValueError("not a source of a figure: %s" % source)

    def _case(self, who, name, procs, figure):
        if self.why_no_cases:
            raise Missing(self.why_no_cases)
        jobs = [j for j in self.cases.get(name, []) if procs is None or j["procs"] == int(procs)]
        if not jobs:
            raise Missing("the case %s did not run" % name)
        ran = [j for j in jobs if not j["skipped"]]
        if not ran:
            raise Missing("%s skipped: %s" % (name, " ".join(jobs[0]["skipped"].split())))
        first, dot, rest = figure.partition(".")
        if dot and first in RUNTIMES:
            who, figure = first, rest
        if who == "go" and not self.go:
            raise Missing("no Go twin ran")
        if figure == "passed":
            values = [float(j["judged"][who] == "passed") for j in ran if who in j["judged"]]
            return Figure([min(values)]) if values else self._none(name, who, figure)
        values = [v for j in ran for v in j["figures"].get("%s.%s" % (who, figure), [])]
        return Figure(values) if values else self._none(name, who, figure)

    @staticmethod
    def _none(name, who, figure):
        raise Missing("%s published no %s of %s" % (name, figure, who))

    def _absent(self, name):
        if self.samples is None:
            return Missing("no results folder was given")
        mine = [s for s in self.samples if s["name"] == name]
        if mine:
            return Missing("%s: %s" % (name, mine[-1].get("reason") or mine[-1]["status"]))
        told = next((o["reason"] for o in self.machine.get("omitted") or [] if o["name"] == name), None)
        return Missing("%s: %s" % (name, told or "not in this run"))

    def _bench(self, who, name, counter):
        if counter:
            values = [s["counters"][counter] for s in self.samples or [] if s["name"] == name and s["status"] == "ok"
                      and (s.get("counters") or {}).get(counter) is not None]
        else:
            values = list(self.values.get(name, {}).values())
        if not values:
            raise self._absent(name) if not counter or name not in self.values else Missing("%s has no %s" % (name, counter))
        low, high, _ = stats.median_interval(values, summary.CONFIDENCE)
        return Figure(values, low, high)

    def _ratio(self, who, above, below):
        for name in (above, below):
            if not self.values.get(name):
                raise self._absent(name)
        found = stats.paired_ratio(self.values[below], self.values[above], summary.CONFIDENCE)
        if not found:
            raise Missing("no round has both %s and %s" % (above, below))
        return Figure([found["low"], found["ratio"], found["high"]], found["low"], found["high"], found["ratio"])

    def _counter(self, who, event):
        events = (self.machine.get("counters") or {}).get("events")
        if events is None:
            raise Missing("no results folder was given" if not self.machine else "the run says nothing of hardware counters")
        mine = [e for e in events if e.get("name") == event]
        if not mine:
            raise Missing("the run asked for no %s" % event)
        if mine[0].get("status") not in ("ok", "scaled"):
            raise Missing(summary.counter_line(self.machine["counters"]))
        return Figure([1.0])


def from_folder(path, junit=None):
    """Measured, of a run's folder that report.Loaded takes; conformance.xml is in it or named."""
    import claims_take
    import report
    run = report.Loaded(path)
    inside = os.path.join(path, claims_take.FILE)
    return run, Measured(junit or (inside if os.path.exists(inside) else None), run.samples, run.machine)

# SPDX-License-Identifier: Apache-2.0
"""scripts/gate calibrate: how often the gate is wrong on this machine. Whole gates, by the rule as it is, of a program against itself, and
against itself with a slowdown of known size (WEFT_BENCH_INJECT); the rates are published with exact intervals and every sample."""

import gzip
import math
import os
import re
import time

import folder
import gate_judge
import gate_run
import gate_sides
import gate_stats
import gate_take
import machine
import samples as samples_
import usage

HELP = """\
Runs whole gates of one side against itself until there are --aa decisions (a benchmark in a gate is one), and of it against itself doing 5,
10 and 20 % more work, and writes results/gate-<date>-<machine>-<commit>/: README.md has the false alarms with their Clopper-Pearson
interval, the power by size and the least slowdown that is found nine times of ten; samples.jsonl.gz every sample.

For a machine that does nothing else meanwhile. About 20 minutes; --budget ends it earlier, with what there is.

exit status: 0 done · 2 bad usage or input: one line on stderr · 130 interrupted, nothing kept"""

PREFIX = "gate-"  # of its folders' names
AA = "aa"
FOUND = 0.9  # a slowdown counts as found where it is so often
INJECT = "WEFT_BENCH_INJECT"


def options(arguments):
    parser = usage.Parser(prog="scripts/gate calibrate", description=HELP)
    parser.add_argument("side", nargs="?", default="HEAD", metavar="SIDE", help="a revision or a build folder (default HEAD)")
    parser.add_argument("--aa", metavar="N", type=int, default=300, help="decisions on identical code (default 300)")
    parser.add_argument("--inject", metavar="LIST", default="5,10,20", help="percent of more work (default 5,10,20)")
    parser.add_argument("--each", metavar="N", type=int, default=2, help="gates of each of those (default 2)")
    parser.add_argument("--filter", metavar="RE", help="in place of the settings' calibrate")
    parser.add_argument("--budget", metavar="SECONDS", type=float, default=1200, help="begin no gate after so long (default 1200)")
    parser.add_argument("--settings", metavar="FILE", help="in place of scripts/gate.toml")
    parser.add_argument("--out", metavar="DIR", help="put the folder under DIR instead of results/")
    parser.add_argument("--seed", metavar="N", type=int, help="repeat the order of an earlier run")
    chosen = parser.parse_args(arguments)
    try:
        chosen.percents = sorted({float(x) for x in chosen.inject.split(",") if x.strip()})
        chosen.pattern = re.compile(chosen.filter or "")
    except (ValueError, re.error) as error:
        raise usage.Stop("--inject wants percents, --filter a regular expression: %s" % error) from None
    if not all(0 < p < 1000 for p in chosen.percents) or chosen.aa < 1 or chosen.each < 1 or chosen.budget <= 0:
        raise usage.Stop("--aa, --each and --budget want a number from 1, --inject percents from 0 to 1000")
    chosen.seed = int.from_bytes(os.urandom(4), "big") if chosen.seed is None else chosen.seed
    return chosen


def plan(aa, percents, each):
    """Kinds of the gates in order: those with an injected slowdown evenly among those without."""
    due = [((i + 0.5) / aa, AA) for i in range(aa)] + [((i + 0.5) / each, p) for p in percents for i in range(each)]
    return [kind for _, kind in sorted(due, key=lambda x: (x[0], str(x[1])))]


class Calibration:
    def __init__(self, side, names, cores, settings, chosen, progress):
        self.side, self.names, self.cores, self.settings, self.chosen, self.progress = side, names, cores, settings, chosen, progress
        self.gates, self.samples = [], []  # {"kind", "results"}; samples bear their gate's number

    def run(self):
        kinds = plan(math.ceil(self.chosen.aa / len(self.names)), self.chosen.percents, self.chosen.each)
        end = time.monotonic() + self.chosen.budget
        for number, kind in enumerate(kinds):
            if time.monotonic() > end:
                self.progress.say("calibrate: the time is over after %d of %d gates" % (number, len(kinds)))
                break
            self.progress.say("calibrate: gate %d of %d, %s" % (number + 1, len(kinds), "identical code" if kind == AA else "%g %% more work" % kind))
            self._gate(number, kind)

    def _gate(self, number, kind):
        env = {} if kind == AA else {INJECT: "%g" % kind}
        head = gate_run.Program(self.side.words, "head", self.side.layouts, env)
        jobs = [gate_take.Job(gate_judge.Item(name, gate_judge.PAIRED, self.settings.log_margin(name), 0.0),
                              {"base": (self.side.program, asked), "head": (head, asked)}, self.cores(name)) for name, asked in self.names.items()]
        taker = gate_take.Taker(jobs, self.settings, "%s/%s" % (self.chosen.seed, number), self.progress)
        verdict = taker.whole()
        alone = {name: gate_judge.log_ratios(taker.samples, item, 1, "head", "base") for name, item in ((j.item.name, j.item) for j in jobs)}
        margins = {name: self.settings.log_margin(name) for name in alone}
        differing = gate_stats.differs(alone, margins, self.settings.stages, self.settings.alpha)
        self.gates.append({"kind": kind, "logs": alone, "differs": sorted(differing), "results": [
            {"name": r.item.name, "outcome": r.outcome, "first": r.decisions[0].outcome, "pairs": [d.n for d in r.decisions],
             "median": r.decisions[0].median} for r in verdict.results]})
        self.samples += [dict(s, gate=number, kind=kind) for s in taker.samples]


def rate(hits, of):
    low, high = gate_stats.clopper_pearson(hits, of) if of else (0.0, 1.0)
    return {"hits": hits, "of": of, "low": low, "high": high}


def least_found(gates, settings):
    """{benchmark, or "all": the least slowdown, in steps of half a percent, that the first run's pairs of identical code show nine times of
    ten when they are shifted by it; None: none up to 50 %}."""
    cases = [(name, logs, math.log1p(settings.margin_of(name)), len(g["logs"])) for g in gates if g["kind"] == AA for name, logs in g["logs"].items()]
    found = {}
    for which in ["all"] + sorted({c[0] for c in cases}):
        some = [c for c in cases if which in ("all", c[0])]
        found[which] = next((half / 200 for half in range(1, 101)
                             if sum(_shows(c, math.log1p(half / 200), settings) for c in some) >= FOUND * len(some)), None)
    return found


def _shows(case, shift, settings):
    _, logs, margin, family = case
    level = settings.alpha / len(settings.stages) / family
    return any(gate_stats.p_above([x + shift for x in logs[:n]], margin) <= level for n in settings.stages if len(logs) >= n)


def summary(gates, settings):
    """The rates, from the gates alone."""
    def results(kind):
        return [r for g in gates if g["kind"] == kind for r in g["results"]]
    same = [g for g in gates if g["kind"] == AA]
    aa = results(AA)
    out = {"false_alarms": rate(sum(r["outcome"] == gate_judge.REGRESSION for r in aa), len(aa)),
           "first_run_alone": rate(sum(r["first"] == gate_stats.SLOWER for r in aa), len(aa)),
           "gates_with_a_false_alarm": rate(sum(any(r["outcome"] == gate_judge.REGRESSION for r in g["results"]) for g in same), len(same)),
           "gates_whose_control_fails": rate(sum(bool(g["differs"]) for g in same), len(same)),
           "inconclusive": rate(sum(r["outcome"] == gate_judge.INCONCLUSIVE for r in aa), len(aa)),
           "power": {}, "least_found": least_found(gates, settings), "benchmarks": {}}
    for kind in sorted({g["kind"] for g in gates} - {AA}):
        some = results(kind)
        out["power"]["%g" % kind] = rate(sum(r["outcome"] == gate_judge.REGRESSION for r in some), len(some))
    for name in sorted({r["name"] for r in aa}):
        mine = [r for r in aa if r["name"] == name]
        logs = sorted(x for g in same for x in g["logs"][name])
        out["benchmarks"][name] = {
            "decisions": len(mine), "inconclusive": sum(r["outcome"] == gate_judge.INCONCLUSIVE for r in mine),
            "spread": math.exp((logs[len(logs) * 3 // 4] - logs[len(logs) // 4]) / 2) - 1,
            "found": {"%g" % k: "%d of %d" % (sum(r["outcome"] == gate_judge.REGRESSION for r in results(k) if r["name"] == name),
                                              sum(r["name"] == name for r in results(k))) for k in sorted({g["kind"] for g in gates} - {AA})}}
    return out


def _percent(x):
    return "none up to 50 %" if x is None else "%.3g %%" % (100 * x)


def _rate(r):
    return "%d of %d, %s (%s to %s)" % (r["hits"], r["of"], _percent(r["hits"] / r["of"] if r["of"] else 0), _percent(r["low"]), _percent(r["high"]))


def page(data):
    found, settings = data["summary"], data["settings"]
    family = len(found["benchmarks"])
    kinds = sorted(found["power"], key=float)
    lines = ["# The gate, calibrated", "", "%s; %s, %d CPUs; %s; commit %s." % (
        data["date"], data["hardware"]["cpu"], data["hardware"]["cpus_online"], data["hardware"]["kernel"].split()[0], data["source"]["short"]), "",
        "Whole gates of %d benchmarks: %s pairs, margin %.3g %%, alpha %g over the family; computed from `samples.jsonl.gz` by `%s`. Intervals are "
        "Clopper-Pearson's, 95 %%." % (family, " to ".join(map(str, settings["pairs"])), 100 * settings["margin"], settings["alpha"], data["command"]), "",
        "| on identical code | |", "|---|---|"]
    for key, what in (("false_alarms", "false alarms, a decision each benchmark and gate"), ("first_run_alone", "the same, had the first run decided alone"),
                      ("gates_with_a_false_alarm", "gates with any"), ("gates_whose_control_fails", "gates whose control would fail"),
                      ("inconclusive", "inconclusive")):
        lines.append("| %s | %s |" % (what, _rate(found[key])))
    lines += ["", "| injected | found |", "|---|---|"] + ["| %s %% | %s |" % (k, _rate(found["power"][k])) for k in kinds]
    lines += ["", "Least slowdown that is found nine times of ten (the identical pairs, shifted): **%s** over all." % _percent(found["least_found"]["all"]), "",
              "| benchmark | spread of a pair | inconclusive | least found |" + "".join(" %s %% |" % k for k in kinds),
              "|---|---:|---:|---:|" + "---:|" * len(kinds)]
    for name, b in found["benchmarks"].items():
        lines.append("| `%s` | %s | %d of %d | %s |" % (name, _percent(b["spread"]), b["inconclusive"], b["decisions"], _percent(found["least_found"][name]))
                     + "".join(" %s |" % b["found"][k] for k in kinds))
    steal = data["steal_share"]
    lines += ["", "%d samples, %d of them disturbed; steal %s; %.0f s." % (data["samples"], data["contaminated"], "not exposed" if steal is None else _percent(steal),
                                                                          data["seconds"])]
    return "\n".join(lines) + "\n"


def calibrate(chosen, settings, progress, cores_of, arguments):
    """Returns the path of the folder and its page."""
    gate_sides.lock()
    side = gate_sides.find("side", chosen.side, progress)
    asked = side.program.names()
    names = {n: asked[n] for n in sorted(asked) if (chosen.pattern if chosen.filter else settings.calibrate).search(n)}
    if not names:
        raise usage.Stop("no benchmark matches %r" % (chosen.filter or settings.values["calibrate"]), 77)
    if not gate_stats.can_decide(settings.stages[-1], len(names), settings.alpha / len(settings.stages)):
        raise usage.Stop("%d pairs can't decide %d benchmarks at alpha %g" % (settings.stages[-1], len(names), settings.alpha))
    aside = folder.Aside(os.path.abspath(chosen.out) if chosen.out else os.path.join(gate_sides.ROOT, "results"))
    try:
        side.relink(settings.layouts)
        before, started = machine.pressure(), time.monotonic()
        work = Calibration(side, names, lambda n: cores_of(n, side, 1), settings, chosen, progress)
        work.run()
        return _publish(work, aside, before, started, arguments)
    except BaseException:
        aside.drop()
        raise


def _publish(work, aside, before, started, arguments):
    hardware, source, after = machine.hardware(), machine.source(gate_sides.ROOT), machine.pressure()
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    short = work.side.commit[:10] if work.side.commit else source["short"]
    data = {"schema": 1, "date": date, "hardware": hardware, "source": dict(source, short=short), "side": work.side.describe(), "before": before,
            "after": after, "steal_share": machine.steal_share(before, after), "settings": work.settings.values, "seed": work.chosen.seed,
            "command": " ".join(["scripts/gate calibrate"] + arguments), "seconds": round(time.monotonic() - started, 1),
            "samples": len(work.samples), "contaminated": sum(s["contaminated"] for s in work.samples),
            "gates": [{k: v for k, v in g.items() if k != "logs"} for g in work.gates], "summary": summary(work.gates, work.settings)}
    with gzip.GzipFile(os.path.join(aside.path, "samples.jsonl.gz"), "wb", mtime=0) as out:
        for sample in work.samples:
            out.write(samples_.line(sample).encode())
    aside.write_json("calibration.json", data)
    text = page(data)
    aside.write("README.md", text)
    return aside.publish(PREFIX + "%s-%s-%s" % (date[:10], machine.slug(hardware), short)), text

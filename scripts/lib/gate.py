# SPDX-License-Identifier: Apache-2.0
"""scripts/gate: is HEAD slower than BASE? Two revisions, build trees or commands, measured in interleaved pairs of fresh processes."""

import math
import os
import re
import sys
import time

import gate_calibrate
import gate_exact
import gate_files
import gate_judge
import gate_report
import gate_run
import gate_settings
import gate_sides
import gate_stats
import gate_take
import machine
import names as naming
import process
import progress as progress_
import usage

HELP = """\
Compares HEAD with BASE: each a git revision (exported and built under build/gate/, where builds are kept) or a folder of a build. With
--base-cmd and --head-cmd any two commands of Google Benchmark programs. Nothing of the working tree is touched.

Each pair is a fresh process a side, pinned, in shuffled order, with a padded environment and, where a side was built here, one of several
link orders. The median of the paired log-ratios has an exact interval (sign test); regression: all of it above the margin, in two runs;
pass: all of it below; else more pairs as planned, then inconclusive. A twin of BASE runs along: where that differs, no figure can be
believed. Margins, levels, exceptions: scripts/gate.toml. DIR (default build/gate/report) gets report.txt, report.md, junit.xml and
report.json, the last with every sample; nothing is excluded. `scripts/gate calibrate --help`: how often all this is wrong.

exit status: 0 pass · 1 regression · 2 bad usage or input, a failed build, a benchmark that fails or is on one side only: one line on
stderr and no verdict · 3 inconclusive · 4 the machine is unfit: BASE differs from itself · 77 nothing to run · 130 interrupted"""

INCONCLUSIVE, UNFIT, NOTHING = 3, 4, 77
STATUS = {"pass": usage.OK, "regression": usage.FAILED, "inconclusive": INCONCLUSIVE, "unfit": UNFIT}


def options(arguments):
    parser = usage.Parser(prog="scripts/gate", description=HELP)
    parser.add_argument("sides", nargs="*", metavar="BASE HEAD", help="a revision or a build folder each")
    parser.add_argument("--base-cmd", metavar="COMMAND", help="a Google Benchmark program and its arguments, in place of BASE")
    parser.add_argument("--head-cmd", metavar="COMMAND", help="and in place of HEAD")
    parser.add_argument("--filter", metavar="RE", help="only benchmarks whose name this regular expression finds")
    parser.add_argument("--only-common", action="store_true", help="leave out benchmarks that one side lacks, and list them")
    parser.add_argument("--strict", action="store_true", help="what could not be decided, or counted, is a regression: 1 in place of 3 and 0")
    parser.add_argument("--cpus", metavar="N", type=int, default=1, help="processors that a command's benchmarks get (default 1; /threads:N gets N)")
    parser.add_argument("--settings", metavar="FILE", help="in place of scripts/gate.toml")
    parser.add_argument("--out", metavar="DIR", help="where the reports go (default build/gate/report)")
    parser.add_argument("--from", dest="old", metavar="FILE", help="judge the report.json of an earlier run again; nothing is measured")
    parser.add_argument("--seed", metavar="N", type=int, help="repeat the order of an earlier run")
    chosen = parser.parse_args(arguments)
    try:
        chosen.pattern = re.compile(chosen.filter or "")
    except re.error as error:
        raise usage.Stop("--filter: not a regular expression: %s" % error) from None
    given = [x for x in (chosen.base_cmd, chosen.head_cmd) if x is not None]
    if chosen.old and (given or chosen.sides):
        raise usage.Stop("--from stands alone (--help shows the usage)")
    if not chosen.old and (len(given) == 1 or len(chosen.sides) != 2 - len(given)):
        raise usage.Stop("wants BASE and HEAD, or --base-cmd and --head-cmd (--help shows the usage)")
    if not 1 <= chosen.cpus <= len(os.sched_getaffinity(0)):
        raise usage.Stop("--cpus wants a number from 1 to %d" % len(os.sched_getaffinity(0)))
    chosen.seed = int.from_bytes(os.urandom(4), "big") if chosen.seed is None else chosen.seed
    chosen.out = os.path.abspath(chosen.out or os.path.join(gate_sides.CACHE, "report"))
    return chosen


def sides(chosen, progress):
    if chosen.base_cmd is not None:
        return gate_sides.command("base", chosen.base_cmd), gate_sides.command("head", chosen.head_cmd)
    gate_sides.lock()
    base, head = (gate_sides.find(role, what, progress) for role, what in zip(("base", "head"), chosen.sides))
    gate_sides.same_kind(base, head)
    if head.commit and machine.source(gate_sides.ROOT)["dirty"] and head.commit == machine.source(gate_sides.ROOT)["commit"]:
        progress.say("gate: note: uncommitted changes are not in head; build them, and give the folder")
    return base, head


def cores_of(name, side, count):
    """Processors that a benchmark is pinned to."""
    if side.build:
        return naming.cores(naming.parse(name))
    threads = re.search(r"/threads:(\d+)", name)
    return int(threads.group(1)) if threads else count


def common(base, head, chosen, settings):
    """({name: (asked of base, asked of head)}, what is left out and why). Without --filter, a build's default selection."""
    ours, theirs = base.program.names(), head.program.names()
    default = base.build and not chosen.filter
    wanted, omitted, one_side = {}, [], []
    allowed = len(os.sched_getaffinity(0))
    for name in sorted(set(ours) | set(theirs)):
        if not chosen.pattern.search(name) or default and not settings.select.search(name):
            continue
        why = settings.omitted(name) if default else None
        if not why and cores_of(name, base, chosen.cpus) > allowed:
            why = "needs %d CPUs" % cores_of(name, base, chosen.cpus)
        if not why and (name not in ours or name not in theirs):
            why = "only %s has it" % ("base" if name in ours else "head")
            one_side.append("%s: %s" % (name, why))
        if why:
            omitted.append({"name": name, "reason": why})
        else:
            wanted[name] = ours[name], theirs[name]
    if one_side and not chosen.only_common:
        more = " (and %d more)" % (len(one_side) - 1) if len(one_side) > 1 else ""
        raise usage.Stop(one_side[0] + more + "; --only-common leaves such out")
    return wanted, omitted


def jobs_of(wanted, base, head, settings, cpus):
    twin = gate_run.Program(base.words, "twin of base", base.layouts)
    jobs = []
    for name, (ours, theirs) in wanted.items():
        item = gate_judge.Item(name, gate_judge.PAIRED, settings.log_margin(name), 0.0)
        jobs.append(gate_take.Job(item, {"base": (base.program, ours), "head": (head.program, theirs), "twin": (twin, ours)},
                                  cores_of(name, base, cpus)))
    return jobs


def ratio_jobs(wanted, head, settings):
    """What HEAD promises against a rival in the same binary and run, whatever the machine: rival over weft, at least so much."""
    jobs, there = [], head.program.names()
    for ratio in settings.ratios if head.build else ():
        if ratio.weft in wanted:
            if ratio.rival not in there:
                raise usage.Stop("%s: head has no %s" % (settings.where, ratio.rival))
            item = gate_judge.Item("%s over %s" % (ratio.rival, ratio.weft), gate_judge.RATIO, 0.0, math.log(ratio.least))
            jobs.append(gate_take.Job(item, {"base": (head.program, there[ratio.rival]), "head": (head.program, there[ratio.weft])},
                                      max(cores_of(n, head, 1) for n in (ratio.rival, ratio.weft))))
    return jobs


def measure(chosen, settings, progress, arguments):
    base, head = sides(chosen, progress)
    wanted, omitted = common(base, head, chosen, settings)
    if not wanted:
        raise usage.Stop("no benchmark matches %s" % (repr(chosen.filter) if chosen.filter else "the settings' selection"), NOTHING)
    if not gate_stats.can_decide(settings.stages[-1], len(wanted), settings.alpha / len(settings.stages)):
        raise usage.Stop("%d pairs can't decide %d benchmarks at alpha %g" % (settings.stages[-1], len(wanted), settings.alpha))
    gate_files.check_room(chosen.out)
    for side in (base, head):
        if side.build:
            side.relink(settings.layouts)
    before = machine.pressure()
    jobs = jobs_of(wanted, base, head, settings, chosen.cpus) + ratio_jobs(wanted, head, settings)
    taker = gate_take.Taker(jobs, settings, chosen.seed, progress)
    progress.say("gate: %d benchmarks, %d pairs of each, more where that doesn't decide" % (len(wanted), settings.stages[0]))
    verdict = taker.whole()
    exact = gate_exact.measure(base, head, wanted, settings, chosen.pattern, progress) if base.build and head.build and not verdict.unfit else []
    progress.clear()
    after = machine.pressure()
    return {"schema": 1, "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "command": " ".join(["scripts/gate"] + arguments),
            "sides": {"base": base.describe(), "head": head.describe()}, "settings": settings.values, "seed": chosen.seed,
            "strict": chosen.strict, "seconds": round(time.monotonic() - taker.started, 1), "omitted": omitted,
            "items": [job.item._asdict() for job in taker.jobs.values()], "hardware": machine.hardware(), "before": before, "after": after,
            "steal_share": machine.steal_share(before, after), "exact": exact, "samples": taker.samples}


def calibrate(arguments):
    chosen = gate_calibrate.options(arguments)
    process.interrupt_on_term()
    progress = progress_.Progress()
    try:
        path, text = gate_calibrate.calibrate(chosen, gate_settings.load(chosen.settings or gate_settings.FILE), progress, cores_of, arguments)
    finally:
        progress.clear()
    sys.stdout.write("%s\n%s\n" % (text, os.path.relpath(path)))
    return usage.OK


def main(arguments):
    if arguments[:1] == ["calibrate"]:
        return calibrate(arguments[1:])
    chosen = options(arguments)
    process.interrupt_on_term()
    progress = progress_.Progress()
    try:
        if chosen.old:
            data = gate_files.read(chosen.old)
            data["strict"] = chosen.strict
            gate_files.check_room(chosen.out)
        else:
            data = measure(chosen, gate_settings.load(chosen.settings or gate_settings.FILE), progress, arguments)
        report = gate_report.judged(data)
    finally:
        progress.clear()
    text = gate_report.text(report)
    gate_files.write(chosen.out, report, text)
    sys.stdout.write(text)
    return STATUS[report["verdict"]]


if __name__ == "__main__":
    usage.run("gate", main)

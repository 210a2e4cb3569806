# SPDX-License-Identifier: Apache-2.0
"""scripts/mutants: bugs seeded in the runtime one at a time, and which case of the suite kills each."""

import json
import os
import queue
import re
import shutil
import sys
import threading
import time

import mutants_build
import mutants_judge
import mutants_make
import mutants_results
import process
import usage
from mutants_results import KILLED, SAME, STILLBORN, SURVIVED

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
SUITE_FOLDER = os.path.join("conformance", "mutants")

HELP = """\
Makes mutants of runtime/: of each atomic operation, recheck, unlink, wake-up, lock pair, bound and EINTR retry by pattern, and those of
conformance/mutants/*.mutant by hand. Each is built apart (build/mutants/) and the suite's cases are run on it, the likeliest first, until
one fails; that is then run on the unchanged build, which must pass. What the machine code of the original is, is no bug here.
Survivors are held against conformance/mutants/survivors.txt, which says why each makes no difference that can be seen.

Writes results.json and results.txt after each mutant. What an earlier run killed stays killed as long as the runtime and the mutant are
the same; survivors are tried again once the suite has changed.

Operators, as in a mutant's name FILE:FUNCTION:OPERATOR:NUMBER:
%s

exit status: 0 each killed or explained · 1 a survivor that nobody explained, or an explanation of what is not so · 2 bad usage, a stale
mutant, a build that is missing: one line on stderr · 130 interrupted""" % "\n".join("  %-8s %s" % item for item in mutants_make.OPERATORS.items())


class Hunt:
    """All chosen mutants through build and judge, several at a time."""

    def __init__(self, chosen, todo, build, results, judge, work):
        self.jobs, self.until = chosen.jobs, time.monotonic() + chosen.budget
        self.build, self.results, self.judge, self.work = build, results, judge, work
        self.queue, self.total, self.done = queue.Queue(), len(todo), 0
        self.trouble, self.lock = None, threading.Lock()
        for mutant in todo:
            self.queue.put(mutant)

    def run(self):
        workers = [threading.Thread(target=self._work, args=(n,), daemon=True) for n in range(self.jobs)]
        for worker in workers:
            worker.start()
        for worker in workers:
            while worker.is_alive():
                worker.join(0.2)
        if self.trouble:
            raise self.trouble

    def _work(self, number):
        try:
            place = mutants_build.Place(self.build, os.path.join(self.work, "worker-%d" % number), os.path.join(self.work, "original"))
            while time.monotonic() < self.until and not self.trouble:
                try:
                    mutant = self.queue.get_nowait()
                except queue.Empty:
                    break
                self._one(place, mutant)
            place.clear()
        except Exception as error:  # shown by the main thread, in its own form
            self.trouble = error

    def _one(self, place, mutant):
        start = time.monotonic()
        how = place.stand(mutant)
        if how:
            outcome, killer, why, tried = (SAME, None, "", 0) if how == "same" else (STILLBORN, None, how[18:], 0)
        else:
            killer, why, tried = self.judge.judge(place, mutant, self.until)
            if not killer and time.monotonic() > self.until:
                return  # unfinished: the next run has it
            outcome = KILLED if killer else SURVIVED
        seconds = time.monotonic() - start
        name = killer and str(killer)
        self.results.put(mutant, outcome=outcome, killer=name, why=why, tried=tried, seconds=round(seconds, 2))
        with self.lock:
            self.done += 1
            print("%4d/%d %-58s %-16s %5.1f s  %s" % (self.done, self.total, mutant.name, outcome, seconds,
                                                    "%s: %s" % (name, why) if killer else why))
            sys.stdout.flush()


def options(arguments):
    parser = usage.Parser(prog="scripts/mutants", description=HELP)
    parser.add_argument("--list", action="store_true", help="names and what each changes; builds nothing")
    parser.add_argument("--filter", metavar="RE", help="only mutants whose name this regular expression finds")
    parser.add_argument("--max", metavar="N", type=int, help="at most N, in turn from all rooms and operators")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="which N, and the cases' seed (default 1)")
    parser.add_argument("--jobs", metavar="N", type=int, default=os.cpu_count() or 1, help="mutants at a time (default: the processors)")
    parser.add_argument("--budget", metavar="SECONDS", type=float, default=float("inf"), help="end after so long; the next call goes on")
    parser.add_argument("--each", metavar="SECONDS", type=float, default=30, help="cases worth so much time for a survivor (default 30)")
    parser.add_argument("--cases", metavar="RE", help="only cases whose name this regular expression finds")
    parser.add_argument("--procs", metavar="LIST", default="4", help="WEFT_PROCS of the cases that do not fix it (default 4)")
    parser.add_argument("--preset", metavar="NAME", default="release", help="the build that is mutated (default release; tsan)")
    parser.add_argument("--out", metavar="DIR", help="results and builds (default build/mutants/PRESET)")
    parser.add_argument("--afresh", action="store_true", help="forget earlier results")
    chosen = parser.parse_args(arguments)
    for name in ("filter", "cases"):
        try:
            re.compile(getattr(chosen, name) or "")
        except re.error as error:
            raise usage.Stop("--%s: not a regular expression: %s" % (name, error)) from None
    try:
        chosen.procs = [int(n) for n in chosen.procs.split(",")]
    except ValueError:
        raise usage.Stop("--procs wants numbers from 1 to 256") from None
    if not all(1 <= n <= 256 for n in chosen.procs):
        raise usage.Stop("--procs wants numbers from 1 to 256")
    if chosen.jobs < 1 or chosen.budget <= 0 or chosen.each <= 0 or chosen.max is not None and chosen.max < 1:
        raise usage.Stop("--jobs and --max want a number from 1, --budget and --each one above 0")
    return chosen


def show(mutants):
    texts = {}
    for m in mutants:
        text = texts.setdefault(m.file, open(os.path.join(ROOT, m.file), encoding="utf-8").read())
        start, end, new = m.edits[0]
        print("%-62s %s:%d: %s" % (m.name, m.file, text.count("\n", 0, start) + 1,
                                   " ".join(("%s -> %s" % (text[start:end], new.strip() or "nothing")).split())[:110]))
    print("%d mutants" % len(mutants))


def prepare(chosen, work):
    """The build, the unchanged programs' folder, the cases on it."""
    build = mutants_build.Build(ROOT, chosen.preset)
    folder = os.path.join(build.folder, "conformance")
    runner = os.path.join(folder, "weft_conformance")
    if not os.access(runner, os.X_OK):
        raise usage.Stop("build/%s has no conformance runner" % chosen.preset)
    names = mutants_judge.PROGRAMS + tuple(os.path.join("unit", n) for n in sorted(os.listdir(os.path.join(folder, "unit"))))
    programs = [path for path in (os.path.join(folder, n) for n in names) if os.path.isfile(path) and os.access(path, os.X_OK)]
    wanted = [c for c in mutants_judge.cases(runner, chosen.procs) if re.search(chosen.cases or "", c.name)]
    if not wanted:
        raise usage.Stop("no case matches %r" % chosen.cases)
    key = mutants_results.digest_of(programs)
    base = mutants_judge.Base(folder, os.path.join(work, "base.json"), wanted, key, mutants_judge.Clock(), chosen.seed)
    return build, mutants_judge.Judge(base, chosen.each), key


def main(arguments):
    chosen = options(arguments)
    process.interrupt_on_term()
    every = list(mutants_make.generate(ROOT)) + list(mutants_make.by_hand(ROOT, os.path.join(ROOT, SUITE_FOLDER)))
    mutants = [m for m in every if re.search(chosen.filter or "", m.name)]
    if chosen.max:
        mutants = mutants_make.sample(mutants, chosen.max, chosen.seed)
    if not mutants:
        raise usage.Stop("no mutant matches %r" % chosen.filter)
    if chosen.list:
        show(mutants)
        return usage.OK
    explained = mutants_results.explanations(os.path.join(ROOT, SUITE_FOLDER, "survivors.txt"))
    work = os.path.abspath(chosen.out or os.path.join(ROOT, "build", "mutants", chosen.preset))
    if chosen.afresh:
        shutil.rmtree(work, ignore_errors=True)
    build, judge, suite = prepare(chosen, work)
    runtime = mutants_results.digest_of(os.path.join(ROOT, s.path) for s in mutants_make.sources(ROOT))
    results = mutants_results.Results(work, runtime, mutants_results.digest(suite, chosen.cases or "", json.dumps([chosen.procs, chosen.each])))
    names = {str(c): c for c in judge.base.cases}
    for entry in results.mutants.values():
        if entry["outcome"] == KILLED and entry["killer"] in names:
            judge.learn(entry["file"], names[entry["killer"]])
    todo = [m for m in mutants if not results.known(m, names)]
    for mutant in todo:
        results.mutants.pop(mutant.name, None)
    shutil.rmtree(os.path.join(work, "original"), ignore_errors=True)
    print("%d mutants, %d of them known from before; %d cases" % (len(mutants), len(mutants) - len(todo), len(names)))
    sys.stdout.flush()
    interrupted = False
    try:
        Hunt(chosen, todo, build, results, judge, work).run()
    except KeyboardInterrupt:
        interrupted = True
    results.save()
    lines, good = mutants_results.summary(mutants, results.mutants, explained, {m.name for m in every})
    print("\n".join(lines))
    if interrupted:
        print("interrupted: the next call goes on from here")
        return usage.INTERRUPTED
    return usage.OK if good else usage.FAILED


if __name__ == "__main__":
    usage.run("mutants", main)

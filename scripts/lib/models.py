#!/usr/bin/env -S python3 -B
"""The models of conformance/models: spin searches each in full, and has to find an error in each of its mutants.

usage: scripts/lib/models.py --bless NAME…    these models were compared with the functions that they name
"""

import os
import re
import shutil
import sys
import tempfile
import time
from collections import namedtuple

import process
import usage

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
if os.path.join(os.path.dirname(HERE), "checks") not in sys.path:
    sys.path.insert(0, os.path.join(os.path.dirname(HERE), "checks"))

import modelled  # noqa: E402

MEMORY_MB, DEPTH, LIMIT_S, BUILD_S = 2048, 2000000, 600, 300
TRAIL = 60  # lines of a counterexample that are shown

Result = namedtuple("Result", "problem error states depth seconds unreached trail")  # problem: no answer; error: what spin found, or ""

_FIGURES = re.compile(r"depth reached (\d+), errors: (\d+)\n\s*(\S+) states, stored")
_ERROR = re.compile(r"^pan:\d+: (.*?)(?: \(at depth \d+\))?$", re.M)
_SECONDS = re.compile(r"elapsed time (\S+) seconds")
_STATE = re.compile(r"^\s*state\s+(\d+) -\(tr.*?\] \S*?([^/\s]+):(\d+) =>", re.M)
_UNREACHED = re.compile(r"^\s+\S*?([^/\s]+):(\d+), state (\d+), \"(.*)\"$", re.M)


def search(model, run, mutant=None):
    """One exhaustive search. A mutant's ends at the first error. Of 5 s that -O2 takes to compile it, the search would give back 1."""
    with tempfile.TemporaryDirectory(prefix="weft-model-") as folder:
        live = run != "safety"
        defines = ["-D" + name for name in ([run.upper()] if live else []) + ([mutant] if mutant else [])]
        built = _step(["spin"] + defines + ["-a", model.path], folder, BUILD_S) or _step(
            ["gcc", "-O0" if mutant else "-O1", "-w", "-DMEMLIM=%d" % MEMORY_MB] + (["-DNFAIR=3"] if live else ["-DSAFETY", "-DNOCLAIM"]) +
            ["-o", "pan", "pan.c"], folder, BUILD_S)
        if built:
            return _none(built)
        done = process.run(["./pan", "-m%d" % DEPTH] + (["-a", "-f", "-N", run] if live else []), LIMIT_S, cwd=folder, merge=True)
        figures = _FIGURES.search(done.out)
        if done.timed_out or not figures:
            return _none("no answer within %d s" % LIMIT_S if done.timed_out else process.describe(done) + "\n" + done.out[-500:])
        if re.search("max search depth too small|reached -DMEMLIM|out of memory", done.out):
            return _none("the search was cut short: too deep, or more than %d MB" % MEMORY_MB)
        error = _ERROR.search(done.out)
        shown = ["spin"] + defines + ["-k", model.name + ".pml.trail", "-p", "-g", model.path]
        trail = process.run(shown, 60, cwd=folder, merge=True).out if error and not mutant else ""
        states = process.run(["./pan", "-d", "-d"], 60, cwd=folder, merge=True).out if not mutant and not error else ""
        seconds = _SECONDS.search(done.out)
        return Result("", error.group(1) if error else "", int(float(figures.group(3))), int(figures.group(1)),
                      float(seconds.group(1)) if seconds else 0.0, _unreached(model, done.out, states), trail.splitlines()[-TRAIL:])


def _none(problem):
    return Result(problem, "", 0, 0, 0.0, [], [])


def _step(command, folder, limit):
    """"" or why it failed."""
    done = process.run(command, limit, cwd=folder, merge=True)
    return "" if done.status == 0 and not done.timed_out else "%s: %s\n%s" % (command[0], process.describe(done), done.out[-1000:])


def _unreached(model, out, states):
    """Lines none of whose statements were ever executed: the model says less than it seems to."""
    file = os.path.basename(model.path)
    dead = {}
    for name, line, state, text in _UNREACHED.findall(out):
        if name == file and text != "-end-":
            dead.setdefault(int(line), set()).add(state)
    every = {}
    for state, name, line in _STATE.findall(states):
        if name == file:
            every.setdefault(int(line), set()).add(state)
    lines = model.text.splitlines()
    return ["%s:%d: never executed: %s" % (file, line, lines[line - 1].strip()) for line in sorted(dead)
            if every.get(line, set()) <= dead[line] and "/* unreached" not in lines[line - 1]]


def figure(result):
    return "%d states, depth %d, %.1f s" % (result.states, result.depth, result.seconds)


def judge(model):
    """[(passed, line, details)] for each run and each mutant."""
    for run in model.runs:
        result = search(model, run)
        wrong = result.problem or result.error or "\n".join(result.unreached if run == "safety" else [])
        yield not wrong, "%s %s: %s" % (model.name, run, figure(result)), "\n".join([wrong] + result.trail)
    for name, (run, what) in model.mutants.items():
        result = search(model, run, name)
        said = "no verdict" if result.problem else "caught (%s)" % result.error if result.error else "survived"
        yield bool(result.error), "%s %s %s: %s, %s" % (model.name, run, name, said, figure(result)), "%s\n%s" % (what, result.problem)


def step(suite):
    """Of scripts/test: --models and --long."""
    chosen = [m for m in modelled.models(ROOT) if suite.wanted("models." + m.name)]
    if chosen and not shutil.which("spin"):
        suite.report("models", 0, 0, 1, 0, "skipped: no spin on PATH; scripts/setup models installs it")
        return
    for model in chosen:
        start, passed, failed, details = time.monotonic(), 0, 0, []
        for good, line, more in judge(model):
            passed, failed = passed + good, failed + (not good)
            details += [line] if good else ["FAIL " + line] + ["  " + l for l in more.strip().splitlines()]
        suite.report("model " + model.name, passed, failed, 0, time.monotonic() - start, "\n".join(details))


# ---- blessing ----

HEAD = """# What each model was last compared with: a function's text, without comments and whitespace. A change of one of these is a
# finding of scripts/test until somebody has compared it with the model and said so: scripts/lib/models.py --bless NAME.
"""


def bless(root, names):
    """Renew the lines of these models."""
    known = modelled.blessed(root)
    there = {m.name: m for m in modelled.models(root)}
    for name in names:
        if name not in there:
            raise usage.Stop("no model %r in %s" % (name, modelled.FOLDER))
        now = {named: modelled.digest(root, named) for named in there[name].functions}
        missing = [named for named, value in now.items() if value is None]
        if missing:
            raise usage.Stop("model %s names %s, which is not there" % (name, missing[0]))
        known[name] = now
    with open(os.path.join(root, modelled.FUNCTIONS), "w", encoding="utf-8") as out:
        out.write(HEAD)
        for name in sorted(set(known) & set(there)):
            out.writelines("%s %s %s\n" % (name, named, value) for named, value in sorted(known[name].items()))


def main(arguments):
    parser = usage.Parser(prog="scripts/lib/models.py", description="Says that models were compared with the runtime's functions that they name.")
    parser.add_argument("--bless", metavar="NAME", nargs="+", required=True, help="the models: conformance/models/NAME.pml")
    bless(ROOT, parser.parse_args(arguments).bless)
    return usage.OK


if __name__ == "__main__":
    usage.run("models", main)

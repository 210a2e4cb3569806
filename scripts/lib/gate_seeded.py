# SPDX-License-Identifier: Apache-2.0
"""Does the gate find a real regression? The tree as it is against a copy with scripts/tests/locked.mutant, a locked instruction on the owner's
path: the pairs and the counted instructions each have to show it. And the tree against itself must not be one."""

import json
import os
import shutil
import subprocess
import sys

import gate_sides
import mutants_make
import process

BENCHMARK = "switch/weft/procs:1"
LIMIT_S = 900


def check(root):
    """What is wrong, a line each; and the figures found."""
    place = os.path.join(gate_sides.CACHE, "seeded")
    shutil.rmtree(place, ignore_errors=True)
    trees = []
    for name in ("clean", "locked"):
        source, build = os.path.join(place, name), os.path.join(place, name + ".build")
        copy(root, source)
        if name == "locked":
            mutant, = mutants_make.by_hand(source, os.path.join(source, "scripts", "tests"))
            path = os.path.join(source, mutant.file)
            with open(path, encoding="utf-8") as text:
                changed = mutants_make.apply(text.read(), mutant.edits)
            with open(path, "w", encoding="utf-8") as out:
                out.write(changed)
        trouble = gate_sides.make(source, build)
        if trouble:
            return ["%s: %s" % (name, trouble)], ""
        trees.append(build)
    status, found = gate(root, place, trees[0], trees[1])
    said = {(r["tier"], r["outcome"]) for r in found.get("results", ())} | {(e["what"], e["outcome"]) for e in found.get("exact", ())}
    problems = ["a locked instruction: exit status %d, not 1" % status] if status != 1 else []
    problems += ["a locked instruction: no regression of the %s" % what for what in ("paired", "instructions") if (what, "regression") not in said]
    figure = "; ".join(["%.2f times the time" % r["runs"][-1]["ratio"] for r in found.get("results", ()) if r["runs"]] +
                       ["%+.2f %% instructions" % (100 * (e["head"] / e["base"] - 1)) for e in found.get("exact", ()) if e["what"] == "instructions" and e["base"]])
    status, found = gate(root, place, trees[0], trees[0])
    if status not in (0, 3):  # a busy machine may decide nothing, and must not decide wrongly
        problems.append("identical code: exit status %d, neither 0 nor 3" % status)
    return problems, figure


def copy(root, to):
    """The files as they are, changed ones too, without what git ignores."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"], stdout=subprocess.PIPE, timeout=60, check=True)
    for name in listed.stdout.decode().split("\0"):
        path = os.path.join(root, name)
        if name and not name.startswith("results/") and os.path.isfile(path):
            os.makedirs(os.path.dirname(os.path.join(to, name)), exist_ok=True)
            shutil.copy(path, os.path.join(to, name))


def gate(root, place, base, head):
    """(exit status, its report)"""
    out = os.path.join(place, "report")
    shutil.rmtree(out, ignore_errors=True)
    done = process.run([sys.executable, "-B", os.path.join(root, "scripts", "lib", "gate.py"), base, head, "--filter", "^%s$" % BENCHMARK, "--out", out, "--seed", "1"], LIMIT_S)
    try:
        with open(os.path.join(out, "report.json"), encoding="utf-8") as text:
            return done.status, json.load(text)
    except OSError:
        return done.status, {}

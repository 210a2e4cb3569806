# SPDX-License-Identifier: Apache-2.0
"""The gate's tier that doesn't time: what an operation costs in instructions, system calls and allocations, counted by Valgrind's callgrind
as the slope between n and 2n iterations, and bytes per goroutine. One worker, no monitor: then a slope repeats within some 0.01 %.

A count that is worse is taken again on both sides, and stands if it is worse twice. What can't be counted is n/a, with its reason; but what can be of base
alone ends the gate.
"""

import json
import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import gate_run
import process
import programs
import usage

LIMIT_S = 300
WHATS = ("instructions", "syscalls", "allocations")
_ALLOCATES = re.compile(r"(malloc|calloc|realloc|memalign|aligned_alloc|posix_memalign)(@|'|$)")

_CLOCKS = re.compile(r"(clock_gettime|gettimeofday|time|getcpu|sched_getcpu)(@|'|$)")


class Uncountable(Exception):
    """Why."""


def measure(base, head, names, settings, pattern, progress=None):
    """[{"name", "what", "base", "head", "limit", "outcome", "note"}], the same for each benchmark of the settings that is in names."""
    due = [n for n in settings.exact["iterations"] if n in names]
    sizes = [n for n in settings.exact["footprint"] if pattern.search(_footprint_name(n))]
    if progress and due:
        progress.say("gate: counting instructions of %d benchmarks" % len(due))
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        slopes = list(pool.map(lambda name: _both(lambda side: slope(side, name, settings.exact["iterations"][name]), base, head), due))
    out = []
    for name, found in zip(due, slopes):
        out += _compare(name, found, lambda n=name: _both(lambda side: slope(side, n, settings.exact["iterations"][n]), base, head), settings.limits_of(name))
    for size in sizes:
        def again(n=size):
            return _both(lambda side: {"bytes": footprint(side, n)}, base, head)
        out += _compare(_footprint_name(size), again(), again, settings.limits_of(_footprint_name(size)))
    return out


def _footprint_name(n):
    return "footprint/weft/n:%d" % n


def _both(count, base, head):
    """({what: figure} of base, of head), or the reason why not. Where head alone cannot be counted there is no verdict: it may be what is wrong."""
    try:
        one = count(base)
    except Uncountable as why:
        return str(why)
    try:
        return one, count(head)
    except Uncountable as why:
        raise usage.Stop("base is counted, head is not: %s" % why) from None


def worse(what, one, other, limits):
    """Bytes and instructions by their share; calls, of which there may be none, by how many more an operation makes."""
    return other > one * (1 + limits[what]) if what in ("bytes", "instructions") else other > one + limits[what]


def _compare(name, found, again, limits):
    if isinstance(found, str):
        return [{"name": name, "what": "counts", "base": None, "head": None, "limit": None, "outcome": "n/a", "note": found}]
    out = []
    second = None
    for what in found[0]:
        one, other = found[0][what], found[1][what]
        entry = {"name": name, "what": what, "base": one, "head": other, "limit": limits[what], "outcome": "pass", "note": ""}
        if worse(what, one, other, limits):
            second = second or again()
            twice = not isinstance(second, str) and worse(what, second[0][what], second[1][what], limits)
            entry.update(outcome="regression" if twice else "inconclusive", note="counted twice" if twice else "worse once, then not")
        out.append(entry)
    return out


# ---- counting ----

def slope(side, name, n):
    """{what: of one operation}"""
    if not shutil.which("valgrind"):
        raise Uncountable("valgrind is not installed")
    less, more = _count(side, name, n), _count(side, name, 2 * n)
    return {what: max((more[what] - less[what]) / (n * less["per_iteration"]), 0.0) for what in WHATS}


def _count(side, name, n):
    env = dict(os.environ, WEFT_BENCH_ITERATIONS=str(n), WEFT_DEBUG="nosysmon=1")
    with tempfile.TemporaryDirectory(prefix="weft-gate-") as folder:
        answer, profile = os.path.join(folder, "answer"), os.path.join(folder, "profile")
        asked = "^%s/iterations:%d/" % (gate_run.escaped(name), n)
        done = process.run(["valgrind", "--tool=callgrind", "--collect-systime=yes", "--callgrind-out-file=" + profile] + side.words + [
            "--benchmark_filter=" + asked, "--benchmark_out=" + answer, "--benchmark_out_format=json"], LIMIT_S, env=env)
        if done.timed_out or done.status:
            raise Uncountable("%s under valgrind: %s" % (side.role, process.describe(done)))
        try:
            with open(answer, encoding="utf-8") as text:
                entry = json.load(text)["benchmarks"][0]
            if entry.get("error_occurred"):
                raise Uncountable("%s under valgrind: %s" % (side.role, entry.get("error_message")))
            seconds = entry["real_time"] * programs._UNIT[entry.get("time_unit", "ns")] / 1e9
            items = entry["items_per_second"] * seconds
        except (OSError, ValueError, LookupError):
            raise Uncountable("%s's harness knows no WEFT_BENCH_ITERATIONS" % side.role) from None
        with open(profile, encoding="utf-8", errors="replace") as text:
            counts = read(text)
    return dict(counts, per_iteration=max(round(items), 1))


def read(lines):
    """The totals of a callgrind profile, and how often allocating functions were called from outside of each other. Reading a clock is no
    system call but under Valgrind, which hides the vDSO."""
    names, events, totals, allocations, clocks = {}, [], [], 0, 0
    caller = callee = ""
    inclusive = False  # the line after calls= has the callee's costs
    for line in lines:
        if line[:1] in "+-*0123456789":
            costs = line.split()[1:]
            if not inclusive and _CLOCKS.match(caller) and "sysCount" in events[:len(costs)]:
                clocks += int(costs[events.index("sysCount")])
            inclusive = False
        elif line.startswith("calls="):
            inclusive = True
            if _ALLOCATES.match(callee) and not _ALLOCATES.match(caller):
                allocations += int(line[6:].split()[0])
        elif line.startswith("events:"):
            events = line.split()[1:]
        elif line.startswith("totals:"):
            totals = [int(x) for x in line.split()[1:]]
        elif line.startswith("fn="):
            caller = _function(line[3:], names)
        elif line.startswith("cfn="):
            callee = _function(line[4:], names)
    figures = dict(zip(events, totals))
    if "Ir" not in figures or "sysCount" not in figures:
        raise Uncountable("callgrind's profile has no totals")
    return {"instructions": figures["Ir"], "syscalls": figures["sysCount"] - clocks, "allocations": allocations}


def _function(text, names):
    """Callgrind writes a name once and then its number."""
    number, _, name = text.strip().partition(" ")
    if name:
        names[number] = name
    return names.get(number, number)


def footprint(side, n):
    program = os.path.join(side.build, "bench", "weft_footprint")
    values = []
    for _ in range(3):
        fields, _ = programs.Footprint({}).sample("", [program, "--runtime", "weft", "--n", str(n)], 0, LIMIT_S) if os.access(program, os.X_OK) \
            else ({"status": "error", "reason": "bench/weft_footprint was not built"}, None)
        if fields["status"] != "ok":
            raise Uncountable("%s: %s" % (side.role, fields["reason"]))
        values.append(fields["value"])
    return sorted(values)[1]

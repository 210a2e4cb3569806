#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""perf bench sched pipe, as baselines/README.md wants a runtime: two threads (or processes) and two pipes, by the kernel's own tool. It
sends nothing that could be checked; that it ended well is the checksum."""

import argparse
import json
import os
import re
import subprocess
import sys

# (perf's flags, how many CPUs it may use): both sides on one, or where the kernel puts them of two
WAYS = {"sched-pipe/perf/%s/%s" % (kind, place): (flags, cpus) for kind, flags in (("threads", ["-T"]), ("processes", []))
        for place, cpus in (("same_core", 1), ("cross_core", 2))}
CPUS = sorted(os.sched_getaffinity(0))


def run(way, loops):
    """(ns a round trip, of processor time too, an error)."""
    flags, cpus = way
    before = os.times()
    done = subprocess.run(["perf", "bench", "sched", "pipe"] + flags + ["-l", str(loops)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          preexec_fn=lambda: os.sched_setaffinity(0, CPUS[-cpus:]))
    after = os.times()
    found = re.search(r"([0-9.]+) usecs/op", done.stdout)
    if done.returncode or not found:
        return None, None, "perf bench: %s" % (done.stdout.strip().splitlines() or ["no word"])[-1]
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return float(found.group(1)) * 1e3, cpu * 1e9 / loops, None


def measure(name, repetition, min_time):
    loops, error = 1000, None
    while True:
        ns, cpu, error = run(WAYS[name], loops)
        if error or ns * loops >= min_time * 1e9 or loops >= 10 ** 7:
            break
        loops = min(10 * loops, int(1.4 * loops * min_time * 1e9 / max(ns * loops, 1)) + 1)
    line = {"name": name, "repetition": repetition, "iterations": loops, "checksum_ok": error is None}
    line.update({"error": error} if error else {"real_time_ns": ns, "cpu_time_ns": cpu, "items_per_second": 1e9 / ns})
    print(json.dumps(line), flush=True)
    return error is None


def main():
    parser = argparse.ArgumentParser(prog="perf_bench")
    parser.add_argument("--about", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--filter", default=".")
    parser.add_argument("--min-time", type=float, default=0.5)
    parser.add_argument("--repetitions", type=int, default=1)
    chosen = parser.parse_args()
    if chosen.about:
        version = subprocess.run(["perf", "--version"], stdout=subprocess.PIPE, text=True).stdout.strip()
        print(json.dumps({"version": version, "workers": "two, on one CPU, or placed by the kernel on two", "stack": "the C library's", "allocator": "none"}))
        return 0
    names = [n for n in WAYS if re.search(chosen.filter, n)]
    if chosen.list:
        print("\n".join(names))
        return 0
    return 0 if all([measure(n, r, chosen.min_time) for n in names for r in range(chosen.repetitions)]) else 1


if __name__ == "__main__":
    sys.exit(main())

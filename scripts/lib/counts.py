"""What an operation costs in instructions, system calls and allocations: evidence beside time, with a PMU or without. Counted under Valgrind as
scripts/gate does (gate_exact.py), of the benchmarks that scripts/gate.toml lists."""

import os
from concurrent.futures import ThreadPoolExecutor

import gate_exact
import gate_settings
import gate_sides


def take(build_folder, progress):
    """machine.json's "counts": {"of": {benchmark: {what: an operation's}}, "not": {benchmark: why}}"""
    due = gate_settings.load().exact["iterations"]
    side = gate_sides.Side("weft_bench", build_folder, words=[os.path.join(build_folder, gate_sides.PROGRAM)])
    progress.show("instructions, under Valgrind", 60)

    def count(name):
        try:
            return gate_exact.slope(side, name, due[name])
        except gate_exact.Uncountable as why:
            return str(why)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        found = dict(zip(due, pool.map(count, due)))
    progress.clear()
    return {"of": {name: f for name, f in found.items() if not isinstance(f, str)}, "not": {name: f for name, f in found.items() if isinstance(f, str)}}

"""Steps of scripts/test: the simulation (conformance/sim). Does it pass, is a schedule the same each time, and does it find bugs?"""

import concurrent.futures
import os
import re
import shutil
import tempfile
import time

import mutants_build
import mutants_make
import process

_RATE = re.compile(r"(\d+) schedules of .*")
_WITHIN = re.compile(r"^# sim: (\d+) (\S+)$", re.MULTILINE)
_SCHEDULES = re.compile(r"^(\d+) schedules", re.MULTILINE)
BUILD = os.path.join("conformance", "weft_conformance_sim")


def sample(suite):
    """Some seeds of the short cases; and one schedule twice, every step of it."""
    if not suite.wanted("sim.sample") or not suite.built("release"):
        return
    start = time.monotonic()
    program = os.path.join(suite.build_of("release"), BUILD)
    done = process.run([program, "--sim", "40", "--filter", "^sim_"], 300, merge=True)
    found = [] if done.status == 0 else done.out.splitlines()[-60:] + [process.describe(done)]
    found += replays(program)
    rate = _RATE.search(done.out)
    suite.report("simulation", int(not found), int(bool(found)), 0, time.monotonic() - start, "\n".join(found))
    if rate and not found:
        print("    " + rate.group(0))


def replays(program):
    """What is wrong: a schedule that two runs of its command line do not repeat byte for byte, or two seeds that are the same."""
    found, traces = [], {}
    with tempfile.TemporaryDirectory(prefix="weft-sim-") as folder:
        for plan in ("4", "4", "5", "pct:5:3", "pct:5:3", "pct:7:3"):
            path = os.path.join(folder, "trace")
            env = dict(os.environ, WEFT_SIM=plan, WEFT_SIM_TRACE=path, WEFT_PROCS="4", WC_SEED="1", PADDING="x" * len(traces) * 999)
            done = process.run([program, "--case", "sim_select"], 60, env=env, merge=True)
            with open(path, "rb") as trace:
                text = trace.read()
            if done.status:
                found.append("WEFT_SIM=%s: %s" % (plan, done.out[-500:]))
            if traces.setdefault(plan, text) != text:
                found.append("WEFT_SIM=%s was not repeated byte for byte" % plan)
    if len(set(traces.values())) != len(traces) or min(map(len, traces.values())) < 10000:
        found.append("different seeds gave the same schedule, or none")
    return found


def million(suite):
    """As long as 10^6 schedules of the short cases take, and the whole battery for a few hundred seeds."""
    _long(suite, "simulation, short cases", "long.sim_million", ["--sim", "50000", "--filter", "^sim_"], 7200)
    _long(suite, "simulation, the battery", "long.sim_battery", ["--sim", "300"], 3600)


def _long(suite, step, name, arguments, limit):
    if not suite.wanted(name) or not suite.built("release"):
        return
    start = time.monotonic()
    done = process.run([os.path.join(suite.build_of("release"), BUILD)] + arguments, limit, merge=True)
    rate = _RATE.search(done.out)
    good = done.status == 0 and not done.timed_out and rate
    details = "" if good else "\n".join(done.out.splitlines()[-60:] + [process.describe(done)])
    suite.report(step + (": " + rate.group(0) if good else ""), int(bool(good)), int(not good), 0, time.monotonic() - start, details)


def bugs(suite):
    """Each of conformance/sim/mutants is found within as many schedules as it says."""
    if not suite.wanted("long.sim_bugs") or not suite.built("release"):
        return
    start = time.monotonic()
    root = os.path.dirname(os.path.dirname(suite.build_of("release")))
    lines, failed = [], 0
    for name, most, took in find(root, "release"):
        lines.append("%-28s %s" % (name, "found after %d schedules, of %d" % (took, most) if took else "NOT FOUND within %d" % most))
        failed += not took
    suite.report("simulation, seeded bugs", len(lines) - failed, failed, 0, time.monotonic() - start, "\n".join(lines))


def find(root, preset, wanted=lambda name: True):
    """[(name, schedules within which it has to be found, schedules it took, or None)]"""
    build = mutants_build.Build(root, preset)
    folder = os.path.join(root, "conformance", "sim", "mutants")
    chosen = [m for m in mutants_make.by_hand(root, folder) if wanted(m.name)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda mutant: _find_one(build, folder, mutant), chosen))


def within(text):
    """(schedules, cases) of a mutant's line "# sim:", or None"""
    says = _WITHIN.search(text)
    return says.groups() if says else None


def _find_one(build, folder, mutant):
    name = mutant.name.split(":")[1]
    with open(os.path.join(folder, name + ".mutant"), encoding="utf-8") as text:
        bound, cases = within(text.read())
    work = tempfile.mkdtemp(prefix="weft-sim-")
    try:
        place = mutants_build.Place(build, os.path.join(work, "place"), os.path.join(work, "original"))
        trouble = place.stand(mutant)
        trouble = trouble if trouble.startswith("does not compile") else place.program(os.path.basename(BUILD))
        if trouble:
            raise RuntimeError("%s: %s" % (mutant.name, trouble))
        # So many seeds are more than enough: the bound is in schedules.
        done = process.run([os.path.join(place.out, os.path.basename(BUILD)), "--sim", bound, "--filter", cases, "--jobs", "1", "--first"],
                           900, merge=True)
        took = int(_SCHEDULES.search(done.out).group(1))
        return name, int(bound), took if done.status == 1 and took <= int(bound) else None
    finally:
        shutil.rmtree(work, ignore_errors=True)

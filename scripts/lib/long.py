"""What scripts/test --long runs after everything else: checks that take minutes, each a line with its figure."""

import os
import re
import time

import bare
import fault_steps
import gate_seeded
import install
import models
import peers
import process
import sim_steps
import valgrind_step

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program(suite, step, command, limit, preset="release", env=None, summary=None):
    """Runs one program of a build as one test: exit status 0 passes. summary(output): the figure for the step's line."""
    path = os.path.join(suite.build_of(preset), "conformance", command[0])
    if not suite.wanted("long." + step) or not suite.built(preset):
        return
    start = time.monotonic()
    try:
        done = process.run([path] + command[1:], limit, env=dict(os.environ, **(env or {})), merge=True)
    except OSError as error:
        suite.report(step, 0, 1, 0, 0, str(error))
        return
    good = done.status == 0 and not done.timed_out
    figure = summary(done.out) if summary and good else None
    details = "" if good else "\n".join(done.out.splitlines()[-40:] + [process.describe(done)])
    suite.report(step + (": " + figure if figure else ""), int(good), int(not good), 0, time.monotonic() - start, details)


def last_line(output):
    return (output.strip().splitlines() or [""])[-1]


def work_conservation(suite):
    program(suite, "work conservation", ["unit/work_conservation"], 900, env={"WC_LONG": "600"}, summary=last_line)


def preemption_in_libc(suite):
    program(suite, "preemption in libc", ["weft_conformance", "--case", "api_preempt_libc"], 300, env={"WC_LONG": "60"})


def mutants(suite):
    """A hundred of the runtime's mutants; the next call goes on where the time ended, and tries again what survived."""
    step = "mutants"
    if not suite.wanted("long." + step) or not suite.built("release"):
        return
    start = time.monotonic()
    done = process.run([os.path.join(ROOT, "scripts", "mutants"), "--max", "100", "--budget", "2400"], 3600, merge=True)
    good = done.status == 0 and not done.timed_out
    rest = good and not re.search(r"\b0 not run$", last_line(done.out))
    suite.report("%s: %s" % (step, last_line(done.out)), int(good and not rest), int(not good), int(rest), time.monotonic() - start,
                 "" if good and not rest else "the time ended before the mutants did: again, and it goes on" if good else done.out + process.describe(done))


def sanitizers(suite):
    """The plain suite has one number of processors under each; here are all, and again."""
    for name, preset in (("ASan, UBSan", "asan"), ("TSan", "tsan")):
        if suite.wanted("long.sanitizers"):
            suite.conformance("%s, procs 1 2 4 8, twice" % name, preset, ["--procs", "1,2,4,8", "--no-go", "--repeat", "2"], 3600, chosen=True)


def soak(suite):
    seconds = int(os.environ.get("WEFT_SOAK_SECONDS", "600"))
    program(suite, "soak of %d s" % seconds, ["weft_conformance", "--no-go", "--procs", "2", "--filter", "^stress_soak$"], seconds + 300,
            env={"WEFT_SOAK_SECONDS": str(seconds)}, summary=last_line)


def gate(suite):
    """The regression gate finds a regression that is one, and none in identical code."""
    if not suite.wanted("long.gate") or not suite.built("release"):
        return
    start = time.monotonic()
    problems, figure = gate_seeded.check(ROOT)
    suite.report("gate finds a locked instruction" + (": " + figure if figure else ""), int(not problems), int(bool(problems)), 0,
                 time.monotonic() - start, "\n".join(problems))


def peers_answer(suite):
    """Every optional runtime that can be built here, each workload once and shortly: a wrong answer fails, a missing runtime doesn't."""
    if not suite.wanted("long.peers") or not suite.built("release"):
        return
    start, baselines = time.monotonic(), os.path.join(suite.build_of("release"), "baselines")
    details = []
    broken = peers.build(ROOT, suite.build_of("release"), details.append)
    programs, left_out = peers.discover(baselines, True, broken)
    failed = len(broken)
    for program in programs:
        done = process.run([program.path, "--min-time", "0.001"], 600, merge=True)
        wrong = [line for line in done.out.splitlines() if '"checksum_ok":true' not in line.replace(": ", ":")]
        if done.status or wrong:
            failed += 1
            details.append("FAIL %s: %s" % (os.path.basename(program.path), (wrong + [process.describe(done)])[0][:200]))
    skipped = [o for o in left_out if o["name"].split("/")[1] not in broken]
    details += ["skipped %s: %s" % (o["name"], o["reason"]) for o in skipped]
    suite.report("optional runtimes answer", len(programs) + len(broken) - failed, failed, len(skipped), time.monotonic() - start,
                 "\n".join(details))


STEPS = [work_conservation, preemption_in_libc, fault_steps.whole, models.step, sim_steps.bugs, sim_steps.million, mutants, sanitizers, valgrind_step.whole, install.debian, gate, peers_answer, soak, bare.step]

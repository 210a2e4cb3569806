"""Steps of scripts/test: weft_faults, in which every call of the runtime to the system fails."""

import os
import re
import time

import process

_LAST = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")


def sample(suite):
    """One case a site, but for the slow workloads."""
    _run(suite, "faults, a sample", "faults.sample", ["--sample"], 300)


def whole(suite):
    """Each site and error: the first call, n-th ones, from there on, every one."""
    _run(suite, "faults", "long.faults", [], 1800)


def _run(suite, step, name, arguments, limit):
    if not suite.wanted(name) or not suite.built("release"):
        return
    start = time.monotonic()
    command = [os.path.join(suite.build_of("release"), "conformance", "weft_faults")] + arguments
    try:
        done = process.run(command, limit, merge=True)
    except OSError as error:
        suite.report(step, 0, 1, 0, 0, str(error))
        return
    lines = done.out.splitlines()
    last = _LAST.fullmatch(lines[-1]) if lines else None
    seconds = time.monotonic() - start
    if not last or done.timed_out:
        suite.report(step, 0, 1, 0, seconds, "\n".join(lines[-20:] + [process.describe(done)]))
        return
    passed, failed, skipped = (int(n) for n in last.groups())
    if done.status != 0 and not failed:
        failed = 1
    suite.report(step, passed, failed, skipped, seconds, "\n".join(lines[:-1] if failed else [line for line in lines if line.startswith("skipped ")]))
    if not failed and len(lines) > 1:
        print("    " + lines[-2])  # how many sites, and how many were struck

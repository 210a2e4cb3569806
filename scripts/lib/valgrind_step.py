"""A step of scripts/test --long: conformance under Valgrind's memcheck.

What counts is what memcheck says of each process, in a log of its own: memory used after it was freed, or before it was written. The cases'
own verdicts do not: on one serialised processor at a thirtieth of the speed many miss their time. They are counted apart."""

import glob
import os
import re
import shutil
import tempfile
import time

import process

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = "^(api_|b[0-9]|l[0-9]|unit_)"
_THERE = re.compile(r"(?m)^==\d+==  Address 0x[0-9a-f]+ is (on thread \d+'s stack|in a rw- anonymous segment)$")
_LAST = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped")


def whole(suite):
    step = "Valgrind"
    if not suite.wanted("long." + step) or not suite.built("release"):
        return
    start = time.monotonic()
    folder = tempfile.mkdtemp(prefix="weft-valgrind-")
    try:
        known = os.path.join(HERE, "..", "..", "conformance", "valgrind.supp")
        wrap = "valgrind -q --fair-sched=yes --suppressions=%s --log-file=%s/%%p" % (os.path.abspath(known), folder)
        command = [os.path.join(suite.build_of("release"), "conformance", "weft_conformance"), "--no-go", "--procs", "2", "--wrap", wrap,
                   "--filter", CASES]
        done = process.run(command, 3600, merge=True)
        report(suite, step, done, folder, time.monotonic() - start)
    except OSError as error:
        suite.report(step, 0, 1, 0, 0, str(error))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def report(suite, step, done, folder, seconds):
    logs = sorted(glob.glob(os.path.join(folder, "*")))
    found = [text for text in map(errors, logs) if text]
    lines = done.out.splitlines()
    last = _LAST.fullmatch(lines[-1]) if lines else None
    if done.timed_out or not last or not logs:
        suite.report(step, 0, 1, 0, seconds, "\n".join(lines[-20:] + [process.describe(done)]))
        return
    suite.report("%s: %d errors" % (step, len(found)), len(logs) - len(found), len(found), 0, seconds, "\n".join(found))
    print("    %d processes of %d cases; %s of these too slow there to be judged" % (len(logs), sum(map(int, last.groups())), last[2]))


def errors(path):
    """What memcheck reported in this log, or nothing. Its remarks about itself (--pid--) are none. Nor is an access that it calls invalid in
    anonymous memory that is there, or on a thread's live stack: nobody but its own watch of stack pointers forbids any of that, and it
    knows one current stack for all threads. What is truly gone it describes otherwise: freed, unmapped, or below the stack pointer. How a
    process ended is none: what it did before is, and some end so on purpose."""
    with open(path, encoding="utf-8", errors="replace") as log:
        text = log.read()
    if "VALGRIND INTERNAL ERROR" in text:  # it ran into a guard page itself, which advice makes and it does not know
        return ""
    blocks = re.split(r"(?m)^==\d+== \n", "".join(line for line in text.splitlines(True) if line.startswith("==")))
    return "\n".join(b.rstrip() for b in blocks if re.search(r"(?m)^==\d+==    (at|by) ", b) and not _no_error(b))


def _no_error(block):
    if "Process terminating with default action" in block:
        return True
    return re.search(r"Invalid (read|write) ", block) and _THERE.search(block) and "below stack pointer" not in block

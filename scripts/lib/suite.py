"""scripts/test: everything that proves Weft, step by step, summed into one last line."""

import os
import re
import shutil
import sys
import time
import unittest
import xml.etree.ElementTree as xml

import claims_check
import examples
import fault_steps
import install
import long
import models
import process
import sim_steps
import usage

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.dirname(HERE)
ROOT = os.path.dirname(SCRIPTS)
sys.path.insert(0, os.path.join(SCRIPTS, "checks"))

HELP = """\
Builds Weft and runs, in this order: the tests of the scripts; the house checks (floors, atomics, duels, what has to be
neutral, modelled or failed, thread-locals in the disassembly), libweft.so's exports; the README's program; the examples; an installation and its use; the mutants' script; unit tests; a sample of the faults and of
simulated schedules; conformance at 1, 2, 4 and 8 processors with Go twins as judge, the ledger of claims by its figures, and under each kind
of stack guard; conformance with the runtime's own assertions, under ASan with UBSan, and under TSan; an aarch64 cross build with its core
tests in qemu. --long adds what takes minutes (lib/long.py); --models runs only the models of conformance/models, in spin. A failure shows its
output; the last line counts: N passed, N failed, N skipped.

exit status: 0 no failure · 1 failures · 2 bad usage or a missing package: one line on stderr · 130 interrupted"""

CORE = re.compile(r"(?!unit_gdb_|b27_|b75_)(unit_|api_(chan|select|sync|time|until|goroutine|panic|post)|b[0-5]\d_|b6[045]_|b7\d_|l\d+_)")
COUNT = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")


class Total:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed=0, skipped=0):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped

    def line(self):
        return "%d passed, %d failed%s" % (self.passed, self.failed, ", %d skipped" % self.skipped if self.skipped else "")


def _named(lines):
    """What failed, and the first thing that was said of it: all that a reader of the last lines gets to see."""
    return [line.split(None, 1)[1] + "".join(": " + after.strip(" |")[:200] for after in lines[i + 1:i + 2] if after.startswith(" "))
            for i, line in enumerate(lines) if line.startswith(("FAIL ", "FAILED "))]


class Suite:
    def __init__(self, chosen):
        self.filter, self.repeat, self.quick, self.long, self.models = chosen.filter, chosen.repeat, chosen.quick, chosen.long, chosen.models
        self.pattern = re.compile(chosen.filter or "")
        self.total = Total()
        self.builds = {}
        self.failures = []

    def wanted(self, name):
        return bool(self.pattern.search(name))

    def report(self, step, passed, failed, skipped, seconds, details=""):
        """One line a step; what failed beneath it."""
        if not passed + failed + skipped:
            return
        self.total.add(passed, failed, skipped)
        if failed:
            named = _named(details.splitlines())
            self.failures += ["%s: %s" % (step, name) for name in named or ["%d" % failed]]
        tail = ", %d skipped" % skipped if skipped else ""
        print("%-34s %4d passed, %d failed%s  (%.0f s)" % (step, passed, failed, tail, seconds))
        if details.strip():
            print("\n".join("    " + line for line in details.rstrip().splitlines()[-80:]))
        sys.stdout.flush()

    # ---- steps ----

    def script_tests(self):
        start = time.monotonic()
        found = list(_flatten(unittest.defaultTestLoader.discover(os.path.join(SCRIPTS, "tests"), top_level_dir=os.path.join(SCRIPTS, "tests"))))
        chosen = unittest.TestSuite(t for t in found if self.wanted("scripts." + t.id()))
        result = unittest.TestResult()
        chosen.run(result)
        bad = result.failures + result.errors
        details = "".join("FAIL scripts.%s\n%s" % (test.id(), text) for test, text in bad)
        details += "".join("skipped scripts.%s: %s\n" % (test.id(), why) for test, why in result.skipped)
        self.report("scripts", result.testsRun - len(bad) - len(result.skipped), len(bad), len(result.skipped),
                    time.monotonic() - start, details)

    def house(self):
        start = time.monotonic()
        import atomics
        import duels
        import faults
        import floors
        import modelled
        import neutral
        import thread_locals
        checks = {"floors": lambda: floors.check(ROOT), "atomics": lambda: atomics.check(ROOT), "duels": lambda: duels.check(ROOT),
                  "neutral": lambda: neutral.check(ROOT), "modelled": lambda: modelled.check(ROOT),
                  "faults": lambda: faults.check(ROOT, os.path.join(self.build_of("release"), "runtime", "libweft.a")),
                  "thread_locals": lambda: thread_locals.check(os.path.join(self.build_of("release"), "runtime", "libweft.a"))}
        passed, details, failed = 0, "", 0
        for name, check in checks.items():
            if not self.wanted("house." + name):
                continue
            if name in ("thread_locals", "faults") and not self.built("release"):
                continue  # counted by the build's own failure
            found = check()
            passed, failed = passed + (not found), failed + bool(found)
            if found:
                details += "FAIL house.%s\n%s\n" % (name, "\n".join("  " + f for f in found))
        self.report("house checks", passed, failed, 0, time.monotonic() - start, details)

    def exports(self):
        """libweft.so exports what weft.h declares."""
        if not self.wanted("abi.exports") or not self.built("release"):
            return
        import exports
        start = time.monotonic()
        found = exports.check_tree(ROOT, self.build_of("release"))
        self.report("libweft.so's exports", int(not found), int(bool(found)), 0, time.monotonic() - start, "\n".join(found))

    def readme(self):
        """The README's first program compiles and runs as shown."""
        if not self.wanted("readme.first_program") or not self.built("release"):
            return
        import readme
        start = time.monotonic()
        problem = readme.check_program(ROOT, self.build_of("release"))
        self.report("README's program", int(not problem), int(bool(problem)), 0, time.monotonic() - start, problem or "")

    def mutants(self):
        """scripts/mutants builds and kills one; none by hand and no explanation is stale."""
        if not self.wanted("mutants.script") or not self.built("release"):
            return
        import mutants_check
        start = time.monotonic()
        found = mutants_check.check(ROOT)
        self.report("scripts/mutants", int(not found), int(bool(found)), 0, time.monotonic() - start, "\n".join(found))

    def claims(self, junit):
        """Every verdict of the ledger is the committed one."""
        start = time.monotonic()
        compared, problems = claims_check.check(os.path.join(ROOT, "results"), junit if os.path.exists(junit) else None, not self.filter)
        if self.wanted("claims.ledger") or problems:
            self.report("claims", compared, len(problems), 0, time.monotonic() - start, "".join("FAIL %s\n" % p for p in problems))

    def build_of(self, preset):
        return os.path.join(ROOT, "build", preset)

    def built(self, preset, limit=900):
        """Configure and build once; a failed build is one failure, shown."""
        if preset in self.builds:
            return self.builds[preset]
        start = time.monotonic()
        output = ""
        good = True
        for command in (["cmake", "--preset", preset], ["cmake", "--build", "--preset", preset]):
            done = process.run(command, limit, cwd=ROOT, merge=True)
            if done.status != 0:
                lines = done.out.splitlines()
                first = next((i for i, l in enumerate(lines) if "error" in l.lower() or "FAILED" in l), max(0, len(lines) - 20))
                output, good = "\n".join([" ".join(command)] + lines[first:first + 20]), False
                break
        self.report("build " + preset, int(good), int(not good), 0, time.monotonic() - start, output)
        self.builds[preset] = good
        return good

    def ctests(self):
        """What ctest knows beside conformance, which runs the unit tests itself as its own cases."""
        if not self.built("release"):
            return
        start = time.monotonic()
        out = os.path.join(self.build_of("release"), "ctest.xml")
        command = ["ctest", "--test-dir", self.build_of("release"), "-E", "^(conformance|unit_.*)$", "--output-junit", out,
                   "--timeout", "120", "--no-tests=ignore"] + (["-R", self.filter] if self.filter else [])
        if os.path.exists(out):
            os.unlink(out)
        done = process.run(command, 400, merge=True)
        if not os.path.exists(out):
            if done.status or done.timed_out:
                self.report("ctest", 0, 1, 0, time.monotonic() - start, done.out)
            return
        passed = failed = skipped = 0
        details = ""
        for case in xml.parse(out).getroot().iter("testcase"):
            state = case.get("status")
            if state == "run":
                passed += 1
            elif state in ("notrun", "disabled") or case.find("skipped") is not None:
                skipped += 1
            else:
                failed += 1
                details += "FAIL %s\n%s\n" % (case.get("name"), (case.findtext("system-out") or "")[-3000:])
        self.report("ctest", passed, failed, skipped, time.monotonic() - start, details)

    def conformance(self, step, preset, arguments, limit, env=None, wrap=(), repeat=False, chosen=False):
        if not self.built(preset):
            return
        binary = os.path.join(self.build_of(preset), "conformance", "weft_conformance")
        if not os.access(binary, os.X_OK):
            self.report(step, 0, 1, 0, 0, "%s is missing" % os.path.relpath(binary, ROOT))
            return
        command = list(wrap) + [binary] + arguments
        if self.filter and not chosen:
            command += ["--filter", self.filter]
        if repeat and self.repeat > 1:
            command += ["--repeat", str(self.repeat)]
            limit *= self.repeat
        start = time.monotonic()
        done = process.run(command, limit, env=dict(os.environ, **(env or {})), merge=True, cwd=ROOT)
        seconds = time.monotonic() - start
        lines = done.out.splitlines()
        last = COUNT.search(lines[-1]) if lines else None
        if self.filter and ("no case" in done.out or done.status == 2 or last and not any(int(n or 0) for n in last.groups())):
            return
        bad = _without_passed(lines[:-1])
        if not last or done.timed_out:
            why = "no answer within %d s" % limit if done.timed_out else process.describe(done) + ", without a closing line"
            self.report(step, 0, 1, 0, seconds, "\n".join(bad[-40:] + [why]))
            return
        passed, failed, skipped = (int(n or 0) for n in last.groups())
        if done.status != 0 and not failed:
            failed, bad = 1, bad + ["exit status %d though nothing failed" % done.status]
        self.report(step, passed, failed, skipped, seconds, "\n".join(bad if failed else _differences(lines[:-1])))

    def run(self):
        if self.models:
            models.step(self)
            return self.total
        self.script_tests()
        self.house()
        self.exports()
        self.readme()
        examples.step(self)
        install.step(self)
        self.mutants()
        self.ctests()
        fault_steps.sample(self)
        sim_steps.sample(self)
        twins = [] if shutil.which("go") else ["--no-go"]
        if twins:
            self.report("Go twins", 0, 1, 0, 0, "no go on PATH: the twins are the judge; run scripts/setup")
        junit = os.path.join(self.build_of("release"), "conformance", "conformance.xml")
        if os.path.exists(junit):
            os.unlink(junit)
        self.conformance("conformance, procs 1 2 4 8", "release", ["--procs", "1,2,4,8", "--junit", junit] + twins, 600, repeat=True)
        self.claims(junit)
        if not self.quick:
            self.conformance("conformance, mprotect and no guards", "release",
                             ["--procs", "2", "--guard", "mprotect,none", "--no-go"], 600)
            self.conformance("conformance with assertions", "debug", ["--procs", "1,4", "--no-go"], 600)
            self.conformance("conformance under ASan, UBSan", "asan", ["--procs", "2", "--no-go"], 400)
            self.conformance("conformance under TSan", "tsan", ["--procs", "4", "--no-go"], 500)
            self.aarch64()
        for step in long.STEPS if self.long else []:
            step(self)
        return self.total

    def aarch64(self):
        emulator, libraries = "qemu-aarch64", "/usr/aarch64-linux-gnu"
        if not shutil.which(emulator) or not shutil.which("aarch64-linux-gnu-gcc"):
            self.report("aarch64", 0, 1, 0, 0, "no cross compiler or no qemu; run scripts/setup")
            return
        wrap = [emulator, "-L", libraries]
        if self.built("aarch64"):
            import thread_locals
            start = time.monotonic()
            if self.wanted("house.thread_locals_aarch64"):
                found = thread_locals.check(os.path.join(self.build_of("aarch64"), "runtime", "libweft.a"), "aarch64-linux-gnu-objdump")
                self.report("thread-locals, aarch64", int(not found), int(bool(found)), 0, time.monotonic() - start, "\n".join(found))
            core = self.core_cases(wrap)
            if core:
                self.conformance("aarch64 in qemu, core cases", "aarch64", ["--procs", "2", "--no-go", "--wrap", " ".join(wrap),
                                 "--filter", "^(%s)$" % "|".join(core)], 500, wrap=wrap, chosen=True)

    def core_cases(self, wrap):
        """Not those that look at the emulator's own threads, time or memory or start the program again, nor the long ones: what the
        port can get wrong."""
        binary = os.path.join(self.build_of("aarch64"), "conformance", "weft_conformance")
        done = process.run(wrap + [binary, "--list"], 60)
        names = [line.split()[0] for line in done.out.splitlines() if line.strip()]
        return [n for n in names if CORE.match(n) and self.wanted(n)]


def _without_passed(lines):
    """The runner's output but for the cases that passed, each a line and the indented notes beneath it."""
    out, passed = [], False
    for line in lines:
        if not line[:1].isspace():
            passed = line.startswith("ok ")
        if not passed:
            out.append(line)
    return out


def _differences(lines):
    """Where a Go itself was other than the rule, as its case says that it may."""
    out, case = [], ""
    for line in lines:
        if not line[:1].isspace():
            case = " ".join(line.split()[1:-2])
        elif line.lstrip().startswith("go1.") and " hung instead" in line or line.lstrip().startswith("differs on "):
            out.append("%s: %s" % (case, line.strip()))
    return out


def _flatten(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from _flatten(test)
        else:
            yield test


def options(arguments):
    parser = usage.Parser(prog="scripts/test", description=HELP)
    parser.add_argument("--filter", metavar="RE", help="only cases whose name this regular expression finds")
    parser.add_argument("--repeat", metavar="N", type=int, default=1, help="conformance N times")
    parser.add_argument("--quick", action="store_true", help="no sanitizers, no assertions, no second guard, no aarch64")
    parser.add_argument("--long", action="store_true", help="also what takes minutes: lib/long.py has the steps")
    parser.add_argument("--models", action="store_true", help="only the models of conformance/models, each with its mutants: --filter '^models.NAME$'")
    chosen = parser.parse_args(arguments)
    if not 1 <= chosen.repeat <= 1000000:
        raise usage.Stop("--repeat wants a number from 1 to 1000000")
    try:
        re.compile(chosen.filter or "")
    except re.error as error:
        raise usage.Stop("--filter: not a regular expression: %s" % error) from None
    return chosen


def main(arguments):
    chosen = options(arguments)
    process.interrupt_on_term()
    suite = Suite(chosen)
    try:
        total = suite.run()
    except KeyboardInterrupt:
        print("interrupted: the steps so far have %s" % suite.total.line())
        return usage.INTERRUPTED
    if not total.passed + total.failed + total.skipped:
        raise usage.Stop("nothing matches %r" % chosen.filter)
    for failure in suite.failures:
        print("failed: " + failure)
    print(total.line())
    return usage.FAILED if total.failed else usage.OK


if __name__ == "__main__":
    usage.run("test", main)

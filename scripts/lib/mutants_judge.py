# SPDX-License-Identifier: Apache-2.0
"""Which case kills a mutant: cases are run one at a time, the likeliest first, until one fails, and what failed is tried again on the
unchanged build, so that load or a bad case kills nothing.

A hang: nothing of the case's is running or has used processor time for as long as the whole case takes on the unchanged build, and
2 s. Any other failure has to come twice in five runs, and one that load may have caused (a time limit, words that speak of time) three
times; the unchanged build passes in between each time, or nothing counts.

Beside the runner's cases stand, where they are built, a few seconds of simulation (conformance/sim): what is lost once in a million
operations between two threads is found there, or not at all; and the faults (conformance/fault) of the file that the mutant is in."""

import json
import os
import re
import threading
import time
from collections import namedtuple

import mutants_results
import process

class Case(namedtuple("Case", "name procs")):
    def __str__(self):
        return self.name + (" procs=%d" % self.procs if self.procs else "")


# In place of a case: so many schedules; or FAULTS and a file of runtime/, whose calls to the system fail.
SIMULATED = {"simulation_short": ["--sim", "600", "--filter", "^sim_"], "simulation_battery": ["--sim", "16", "--filter", "^(api|b[0-9])"]}
SIMULATOR, FAULTER, FAULTS = "weft_conformance_sim", "weft_faults", "faults_"
PROGRAMS = ("weft_conformance", SIMULATOR, FAULTER)

Verdict = namedtuple("Verdict", "passed why seconds slow asleep")  # slow: what only load may have done

# Where a case of these names stands first for mutants of a room of runtime/; all others come behind, the short ones first.
ROOMS = {
    "base": r"unit_knob|api_env|b76|unit_panic_fatal",
    "chan": r"api_chan|unit_chan|b0[2-6]|b3[4-6]|api_select|api_until|stress_(select|chan)|unit_stress",
    "io": r"unit_io|faults_poll|api_io|api_net|b26|stress_net|api_signal|b61",
    "os": r"api_sync|unit_os|api_io|api_signal|api_blocking|unit_panic|stress_sync|unit_dump",
    "poll": r"unit_io_poll|api_io|api_net|b2[36]|stress_net",
    "queue": r"unit_queue|api_time|stress_time|b22|b72|stress_spawn",
    "sched": r"api_(goroutine|hog|leaks|deadlock|time|sync|chan|trace|blocking|lock|preempt|post|panic|run|seeing)|unit_(queue|work|free|dump|panic)|b(5|6|7|3)|stress_(spawn|mix|post)",
    "stack": r"unit_stack|b52|api_stack|unit_dump|api_seeing|stress_spawn",
    "sync": r"unit_sync|api_sync|b0[7-9]|b1[0-5]|b4[1-6]|api_until|stress_(sync|timeouts)",
    "time": r"api_time|b2[245]|api_context|b4[78]|stress_(time|contexts|timeouts)",
}
LEAST_S, TIMES, ASLEEP_S, LONG_S, USUAL_S = 3, 8, 2, 0.12, 0.1
_LAST = re.compile(r"(\d+) passed, (\d+) failed, (\d+) skipped\s*\Z")
_SLOW = re.compile(r"timed out|not within|\btook\b|the bound is|ended after|WC_(?:MS|SEC|SLOW)|\b\d+ (?:ms|ns|us)\b|elapsed|late")


class Clock:
    """Did this machine stand still, as a suspended one does? Then what took too long in between says nothing."""

    def __init__(self):
        self.gaps = []
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        last = time.monotonic()
        while True:
            time.sleep(0.1)
            now = time.monotonic()
            if now - last > 1:
                self.gaps.append((last, now))
            last = now

    def stood_still(self, since):
        return any(end > since for _, end in self.gaps)


def cases(runner, procs):
    """Those the runner knows, each at these processor counts or at its own; not those about the runner itself, which want what is beside it
    in a build and not beside a mutant."""
    done = process.run([runner, "--list"], 60)
    found = []
    for line in done.out.splitlines():
        words = line.split()
        if len(words) > 3 and words[2] == "procs" and not words[0].startswith("runner_"):
            unit = words[0].startswith("unit_") or words[0] == "api_cxx"
            found += [Case(words[0], 0)] if unit else [Case(words[0], int(words[3]))] if words[3] != "all" else \
                [Case(words[0], n) for n in procs]
    simulator, faulter = (os.path.join(os.path.dirname(runner), name) for name in (SIMULATOR, FAULTER))
    found += [Case(name, 0) for name in SIMULATED if os.access(simulator, os.X_OK)]
    if os.access(faulter, os.X_OK):
        files = {line.split(":")[0] for line in process.run([faulter, "--list"], 60).out.splitlines() if line.count(":") > 1}
        found += [Case(FAULTS + file, 0) for file in sorted(files)]
    return found


def program(case):
    """What beside the runner it needs."""
    if case.name in SIMULATED:
        return SIMULATOR
    if case.name.startswith(FAULTS):
        return FAULTER
    return "unit/" + case.name[5:] if case.name.startswith("unit_") else "cxx_header" if case.name == "api_cxx" else None


def is_beside(case):
    return case.name in SIMULATED or case.name.startswith(FAULTS)


def command_of(folder, case, seed):
    if case.name in SIMULATED:
        return [os.path.join(folder, SIMULATOR)] + SIMULATED[case.name] + ["--jobs", "1", "--first"]
    if case.name.startswith(FAULTS):
        return [os.path.join(folder, FAULTER), "--filter", "^%s:" % re.escape(case.name[len(FAULTS):]), "--jobs", "1"]
    return [os.path.join(folder, "weft_conformance"), "--filter", "^%s$" % case.name, "--procs", str(case.procs or 1), "--no-go",
            "--jobs", "1", "--seed", str(seed)]


def run(folder, case, limit, seed, clock, asleep=None):
    """One case of the runner in this folder. It is ended after `limit` s, or once it has been asleep for that long (None: never)."""
    command = command_of(folder, case, seed)
    for _ in range(3):
        start = time.monotonic()
        watch = _Sleep(asleep) if asleep else None
        done = process.run(command, limit, merge=True, watch=watch)
        seconds = time.monotonic() - start
        if not clock.stood_still(start):
            break
    if watch and watch.asleep:
        return Verdict(False, "hangs: asleep for %.1f s" % watch.seconds, seconds, False, True)
    if done.timed_out:
        return Verdict(False, "hangs: not done after %.1f s" % seconds, seconds, True, False)
    last = _LAST.search(done.out)
    if last and last.group(2) == "0" and done.status == 0:
        return Verdict(last.group(1) != "0", "skipped", seconds, False, False)
    why = next((l.strip(" |") for l in done.out.splitlines() if l.strip(" |").startswith("weft: ")), None) or process.describe(done)
    return Verdict(False, why[:160], seconds, _SLOW.search(why) is not None, False)


class _Sleep:
    """Looks at a process and its children: have none of their threads run for this long?"""

    def __init__(self, seconds):
        self.seconds, self.asleep, self.since, self.used = seconds, False, None, None

    def __call__(self, pid):
        """True: end it."""
        now, used, runs = time.monotonic(), 0, False
        for one in process.family(pid):
            for state, ticks in process.threads(one):
                used += ticks
                runs |= state == "R"
        if runs or used != self.used:
            self.since, self.used = now, used
        self.asleep = now - self.since > self.seconds
        return self.asleep


class Base:
    """How long each case takes on the unchanged build: found when it is first asked for, and kept in a file for the same programs. Of
    other programs' times only an estimate is made."""

    def __init__(self, folder, path, wanted, key, clock, seed):
        self.folder, self.path, self.cases, self.key, self.clock, self.seed = folder, path, wanted, key, clock, seed
        self.known, self.guess, self.lock, self.locks = {}, {}, threading.Lock(), {}
        try:
            with open(path, encoding="utf-8") as text:
                before = json.load(text)
            self.guess = before["times"]
            self.known = dict(self.guess) if before["key"] == key else {}
        except (OSError, ValueError, KeyError, TypeError):
            pass

    def cost(self, case):
        """Seconds, maybe estimated; for a case that is of no use, for ever."""
        known = self.known.get(str(case), self.guess.get(str(case)))
        return USUAL_S if str(case) not in self.known and known is None else float("inf") if known is None else known

    def seconds(self, case):
        """As measured; None: it does not pass."""
        with self.lock:
            lock = self.locks.setdefault(case, threading.Lock())
        with lock:
            if str(case) not in self.known:
                verdict = self.again(case, 120)
                if not verdict.passed:
                    verdict = self.again(case, 120)
                with self.lock:
                    self.known[str(case)] = round(verdict.seconds, 3) if verdict.passed else None
                    mutants_results.write(self.path, json.dumps({"key": self.key, "times": dict(self.guess, **self.known)}, indent=1, sort_keys=True) + "\n")
            return self.known[str(case)]

    def again(self, case, limit):
        return run(self.folder, case, limit, self.seed, self.clock)


class Judge:
    def __init__(self, base, each):
        self.base, self.each, self.kills, self.lock = base, each, {}, threading.Lock()

    def learn(self, file, case):
        """A case that killed a mutant of this file is tried early with the next."""
        with self.lock:
            for where in (file, file.split("/")[1]):
                count = self.kills.setdefault(where, {})
                count[case] = count.get(case, 0) + 1

    def ranked(self, file):
        """All cases that are of use, the likeliest first; a long one only for the rooms it was written for."""
        room = file.split("/")[1]
        likely = re.compile(ROOMS.get(room, ".^"))
        with self.lock:
            same, near = dict(self.kills.get(file, {})), dict(self.kills.get(room, {}))
        cost = {case: self.base.cost(case) for case in self.base.cases}

        def is_likely(case):
            return case.name in SIMULATED or case.name == FAULTS + file[len("runtime/"):] or bool(likely.match(case.name))

        def of_use(case):
            other = case.name.startswith(FAULTS) and not is_likely(case)
            return not other and (cost[case] < LONG_S or is_likely(case) and cost[case] < float("inf"))

        def rank(case):
            return (-(4 * same.get(case, 0) + near.get(case, 0)) / (cost[case] + 0.1), not is_likely(case), cost[case], case)
        return sorted(filter(of_use, cost), key=rank)

    def try_on(self, place, case):
        """None: the mutant passes, or the case is of no use. Otherwise how it was killed."""
        for wanted in filter(None, ("weft_conformance", program(case))):
            trouble = place.program(wanted)
            if trouble:
                return "does not link: " + trouble[:120]
        usual = self.base.seconds(case)
        if usual is None:
            return None
        limit, asleep = max(LEAST_S, TIMES * usual), usual + ASLEEP_S
        found = run(place.out, case, limit, self.base.seed, self.base.clock, asleep)
        if found.passed or not self.base.again(case, limit).passed:
            return None
        failed, wanted, why = 1, 3 if found.slow else 1 if found.asleep else 2, found.why
        for _ in range(4):
            if failed == wanted:
                return why
            found = run(place.out, case, 2 * limit, self.base.seed, self.base.clock, asleep)
            failed += not found.passed
            if not self.base.again(case, limit).passed:
                return None
        return why if failed == wanted else None

    def judge(self, place, mutant, until):
        """(killer, why, tried); killer None: it survived all, or tried is less than all when `until` came."""
        tried, worth = 0, 0.0
        for case in self.ranked(mutant.file):
            cost = self.base.cost(case)
            if time.monotonic() > until:
                break
            if not is_beside(case):  # those, whatever they cost: nothing else sees so much
                if worth + cost > self.each:
                    continue  # a shorter one may still fit
                worth += cost
            why = self.try_on(place, case)
            tried += 1
            if why:
                self.learn(mutant.file, case)
                return case, why, tried
        return None, "", tried

"""scripts/measure: build, check the machine, run everything interleaved, write results/<date>-<machine>-<commit>/."""

import os
import re
import shutil
import sys
import time

import claims
import claims_take
import counts
import disturb
import folder
import machine
import names as naming
import peers
import plan
import process
import programs as programs_
import progress as progress_
import report
import samples as samples_
import table
import usage
import workloads

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

HELP = """\
Measures Weft beside pthreads, Go and whatever other baseline is built, in one interleaved run, and writes a report.

Every sample is a fresh process. Each round runs every benchmark in a newly shuffled order, so that what the machine does
meanwhile falls on all alike. Progress goes to stderr, the table to stdout, and a folder with the raw samples, the
machine's description and report.html to results/; but for --quick, also the figures of the conformance cases that carry claims, and claims.html. Ctrl-C keeps the samples taken so far as a report of its own, marked
as interrupted; before the first round is over nothing is kept.

exit status: 0 done · 1 done, but a benchmark failed (wrong checksum, crash, time limit: the report says which) ·
2 bad usage, missing package, failed build, full disk or unwritable folder: one line on stderr · 130 interrupted"""


class Mode:
    """What a run may take: seconds for the rounds, Google Benchmark's min_time, rounds, sizes of the footprint."""

    def __init__(self, name, seconds, min_time, fewest, most, counts, depths, threads):
        self.name, self.seconds, self.min_time, self.fewest, self.most = name, seconds, min_time, fewest, most
        self.counts, self.depths, self.threads = counts, depths, threads


MODES = {  # the whole of --quick stays within 60 s on 2 cores, the default within 5 min; the page takes a few seconds
    "quick": Mode("quick", 38, 0.01, 2, 12, (1000,), (0,), 1000),
    "default": Mode("default", 215, 0.03, 6, 40, (1000, 10000, 100000), (0, 4096), 10000),
    "full": Mode("full", 4000, 0.05, 12, 80, (1000, 10000, 32000, 100000, 1000000), (0, 4096), 32000),
}
WITH_PEERS = {"quick": 300, "default": 1500, "full": 4000}  # seconds for the rounds with everything; a virtual machine's sample takes two
LIMIT = {"quick": 10, "default": 40, "full": 240}  # seconds that one process may take


def options(arguments):
    parser = usage.Parser(prog="scripts/measure", description=HELP)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="within 60 s: fewer rounds and sizes; for a first look and for CI")
    size.add_argument("--full", action="store_true", help="about 70 min: more rounds, a million parked tasks, and --peers")
    parser.add_argument("--peers", action="store_true", help="also what --full alone has otherwise: the optional runtimes and the "
                        "workloads known elsewhere, in five times the time")
    parser.add_argument("--filter", metavar="RE", help="only benchmarks whose name this regular expression finds, those of --peers too")
    parser.add_argument("--out", metavar="DIR", help="put the run's folder under DIR instead of results/")
    parser.add_argument("--seconds", metavar="N", type=float, help="time for the rounds instead of the mode's")
    parser.add_argument("--seed", metavar="N", type=int, help="repeat the order of an earlier run")
    chosen = parser.parse_args(arguments)
    chosen.mode = MODES["quick" if chosen.quick else "full" if chosen.full else "default"]
    if chosen.peers:
        chosen.mode.seconds = WITH_PEERS[chosen.mode.name]
    if chosen.seconds is not None:
        if not 0 < chosen.seconds < 1e6:
            raise usage.Stop("--seconds wants a positive number")
        chosen.mode.seconds = chosen.seconds
    try:
        chosen.pattern = re.compile(chosen.filter or "")
    except re.error as error:
        raise usage.Stop("--filter: not a regular expression: %s" % error) from None
    chosen.wide = chosen.full or chosen.peers or bool(chosen.filter)
    chosen.seed = int.from_bytes(os.urandom(4), "big") if chosen.seed is None else chosen.seed
    return chosen


def build(progress):
    """Configure and build the release preset; nothing to do takes a second. Returns the build folder."""
    if os.environ.get("WEFT_BUILD"):  # a tree that is built already: other revisions, and the tests of this script
        return os.path.abspath(os.environ["WEFT_BUILD"])
    for tool in ("cmake", "ninja"):
        if not shutil.which(tool):
            raise usage.Stop("%s is not installed; run scripts/setup" % tool)
    progress.say("measure: building")
    for what, command in (("configure", ["cmake", "--preset", "release"]),
                          ("build", ["cmake", "--build", "--preset", "release"])):
        done = process.run(command, 900, cwd=ROOT, merge=True)
        if done.status != 0:
            raise usage.Stop("%s failed: %s (all of it: %s)" % (what, process.complaint(done, ROOT), " ".join(command)))
    return os.path.join(ROOT, "build", "release")


def build_peers(chosen, build_folder, progress):
    """{name: why it could not be built}, of the optional runtimes."""
    if os.environ.get("WEFT_BUILD") or not (chosen.full or chosen.peers):
        return {}
    progress.say("measure: building the other runtimes")
    return peers.build(ROOT, build_folder, lambda text: progress.say("measure: note: " + text))


class Run:
    def __init__(self, chosen, build_folder, broken, aside, progress):
        self.chosen, self.mode, self.aside, self.progress = chosen, chosen.mode, aside, progress
        self.build_folder, self.counts = build_folder, None
        footprint, self.omitted = programs_.footprint_commands(build_folder, self.mode.counts, self.mode.depths,
                                                               self.mode.threads, machine.memory()["available_bytes"])
        self.programs, more = programs_.discover(build_folder, footprint)
        others, omitted = peers.discover(os.path.join(build_folder, "baselines"), chosen.wide, broken)
        self.programs += others
        self.omitted += more + omitted
        self.asked = {}  # name -> (program, how to ask)
        narrow = set() if chosen.wide else workloads.known()
        for program in self.programs:
            for name, how in program.names().items():
                if naming.parse(name).workload in narrow:
                    continue
                if chosen.pattern.search(name):
                    self.asked[name] = (program, how)
        if narrow:
            self.omitted.append({"name": "workloads known elsewhere", "reason": "only with --peers, --full or --filter"})
        self.samples, self.entries, self.costs, self.dropped = [], [], {}, set()
        self.started = time.monotonic()
        self.deadline = self.started + self.mode.seconds
        self.rounds_done = self.rounds_planned = 0

    def go(self):
        """A round over everything, then as many more of each as the time allows."""
        self.rounds_planned = 1
        self.rounds_done = int(self.round(0, plan.shuffled(self.asked, self.chosen.seed, 0)))
        alive = [n for n in self.asked if n not in self.dropped and n in self.costs]
        groups = plan.group_costs({n: self.costs[n] for n in alive})
        left = max((self.deadline - time.monotonic()) * 0.97, 0)
        allotted = plan.allot(groups, left, self.mode.fewest - 1, self.mode.most - 1)
        rounds = plan.schedule(alive, allotted, self.chosen.seed)
        self.rounds_planned = 1 + len(rounds)
        for index, some in enumerate(rounds, 1):
            later = sum(self.costs.get(n, 0) for r in rounds[index:] for n in r)
            if not self.round(index, some, later, len(rounds) + 1):
                break
            self.rounds_done = index + 1

    def round(self, index, some, later=None, of=None):
        """False where the time was over before its end."""
        due = [n for n in some if n not in self.dropped]
        for order, name in enumerate(due):
            now = time.monotonic()
            over = now > self.deadline + 0.1 * self.mode.seconds if index else now > self.deadline
            if over:
                return False
            rest = sum(self.costs.get(n, 0.1) for n in due[order:])
            left = rest + later if later is not None else self.deadline - now
            self.progress.show("round %d%s  %d/%d  %s" % (index + 1, " of %d" % of if of else "", order + 1, len(due), name),
                               min(left, max(self.deadline - now, 0) + 0.1 * self.mode.seconds))
            self.take(index, order, name)
        return True

    def take(self, round_, order, name):
        program, how = self.asked[name]
        before = time.monotonic() - self.started
        watch = disturb.Watch()
        fields, raw = program.sample(name, how, self.mode.min_time, LIMIT[self.mode.name])
        seen = watch.read()
        sample = {"name": name, "round": round_, "order": order, "source": program.source, "reason": None,
                  "started_s": round(before, 3), **fields, **seen}
        self.samples.append(sample)
        self.aside.append(samples_.FILE, samples_.line(sample))
        self.costs[name] = max(self.costs.get(name, 0), seen["wall_s"])
        if raw is not None:
            if program.raw == programs_.GoogleBenchmark.raw:
                self.entries.append(dict(raw, repetition_index=round_))
            else:
                self.aside.append(program.raw, samples_.line(dict(raw, name=name, round=round_)))
        if fields["status"] == "timeout" or [s["status"] for s in self.samples if s["name"] == name][-2:].count("ok") == 0 \
                and round_ > 0:
            self.dropped.add(name)  # twice in a row, or once out of time: the time is better spent on the rest

    def not_reached(self):
        taken = {s["name"] for s in self.samples}
        return [{"name": n, "reason": "the run ended before its turn"} for n in self.asked if n not in taken]


def describe(run, chosen, fit, before, interrupted, arguments):
    """machine.json"""
    google = next((p.context for p in run.programs if isinstance(p, programs_.GoogleBenchmark)), None)
    version = next((p.version for p in run.programs if isinstance(p, programs_.LineProgram) and p.path.endswith("/go_bench")
                    and p.version), None)
    after = machine.pressure()
    hardware, source = machine.hardware(), machine.source(ROOT)
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    return {
        "schema": 1,
        "name": "-".join((date[:10], machine.slug(hardware), source["short"])),
        "date": date,
        "hardware": hardware,
        "source": source,
        "build": machine.build(ROOT, run.build_folder),
        "peers": dict(machine.peers(ROOT, version), **peers_about(run)),
        "google_benchmark_context": google,
        "counters": programs_.counters(run.build_folder),
        "counts": run.counts,
        "before": before, "after": after, "steal_share": machine.steal_share(before, after), "fitness": fit,
        "command": " ".join(["scripts/measure"] + public(arguments)),
        "run": {"mode": chosen.mode.name, "seed": chosen.seed, "min_time_s": chosen.mode.min_time,
                "seconds": round(time.monotonic() - run.started, 1), "rounds": run.rounds_done, "rounds_planned": run.rounds_planned,
                "samples": samples_.count(os.path.join(run.aside.path, samples_.FILE)), "interrupted": interrupted,
                "filter": chosen.filter, "process_limit_s": LIMIT[chosen.mode.name]},
        "omitted": run.omitted + run.not_reached(),
        "workloads": workloads.definitions(),
    }


def peers_about(run):
    """What the optional runtimes that were asked say of themselves."""
    asked = {id(program) for program, _ in run.asked.values()}
    return {os.path.basename(os.path.dirname(p.path)): p.about() for p in run.programs
            if isinstance(p, programs_.LineProgram) and id(p) in asked and not p.path.endswith("/go_bench")}


def public(arguments):
    """The command line without the path that --out names."""
    out, skip = [], False
    for word in arguments:
        out.append("DIR" if skip else "--out=DIR" if word.startswith("--out=") else word)
        skip = word == "--out"
    return out


def finish(run, chosen, fit, before, interrupted, arguments):
    """Write what remains and publish. Returns (path, summary)."""
    run.aside.close()
    description = describe(run, chosen, fit, before, interrupted, arguments)
    google = next((p.context for p in run.programs if isinstance(p, programs_.GoogleBenchmark)), None)
    if run.entries:
        run.aside.write_json(programs_.GoogleBenchmark.raw, {"context": google or {}, "benchmarks": run.entries})
    run.aside.write_json("machine.json", description)
    try:
        if os.path.exists(os.path.join(run.aside.path, claims_take.FILE)):
            claims.write(run.aside.path)
        found = report.write_page(run.aside.path)  # after the claims, which it links
    except Exception as error:
        if isinstance(error, OSError):
            raise
        kept = run.aside.publish(description["name"])  # a mistake in the page must not cost the samples
        raise RuntimeError("the page failed; the raw data is in %s" % kept) from error
    return run.aside.publish(description["name"]), found


def shown(path):
    inside = os.path.relpath(path)
    return path if inside.startswith("..") else inside


def main(arguments):
    chosen = options(arguments)
    process.interrupt_on_term()
    progress = progress_.Progress()
    aside = folder.Aside(os.path.abspath(chosen.out) if chosen.out else os.path.join(ROOT, "results"))
    try:
        return measure(chosen, aside, progress, arguments)
    except KeyboardInterrupt:
        aside.drop()
        progress.clear()
        raise
    except BaseException:
        aside.drop()
        raise


def measure(chosen, aside, progress, arguments):
    build_folder = build(progress)
    try:
        run = Run(chosen, build_folder, build_peers(chosen, build_folder, progress), aside, progress)
    except (OSError, ValueError) as error:
        raise usage.Stop(str(error)) from None
    if not run.asked:
        raise usage.Stop("no benchmark matches %r" % chosen.filter if chosen.filter else "no benchmark was built in %s: %s" % (
            shown(build_folder), "; ".join(o["reason"] for o in run.omitted)))
    before = machine.pressure()
    fit = machine.fitness(0.5 if chosen.mode.name == "quick" else 2.0)
    for warning in fit["warnings"]:
        progress.say("measure: note: " + warning)
    progress.say("measure: %d benchmarks, about %s" % (len(run.asked), progress_.clock(run.mode.seconds)))
    run.started = time.monotonic()
    run.deadline = run.started + run.mode.seconds
    interrupted = False
    try:
        run.go()
    except KeyboardInterrupt:
        progress.clear()
        if run.rounds_done < 1:
            raise
        interrupted = True
        progress.say("measure: interrupted in round %d; writing what is there (again: keep nothing)" % (run.rounds_done + 1))
    progress.clear()
    if chosen.mode.name != "quick" and not chosen.filter and not interrupted:
        claims_take.take(build_folder, aside.path, progress)
        if chosen.full:
            try:
                run.counts = counts.take(build_folder, progress)
            except (usage.Stop, OSError, KeyboardInterrupt) as why:  # the samples are there: they are not lost for this
                progress.say("measure: note: nothing is counted under Valgrind: %s" % (str(why) or "interrupted"))
    path, found = finish(run, chosen, fit, before, interrupted, arguments)
    sys.stdout.write(table.text(found))
    failed = [r for r in found["rows"] if r["failed"]]
    for row in failed:
        sys.stdout.write("FAILED %s: %s\n" % (row["name"], "; ".join(row["failures"])))
    sys.stdout.write("\n%s\n" % shown(os.path.join(path, "report.html")))
    if interrupted:
        sys.stderr.write("measure: interrupted; %d samples of %d whole rounds are kept in %s\n" % (
            len(run.samples), run.rounds_done, shown(path)))
        return usage.INTERRUPTED
    return usage.FAILED if failed else usage.OK


if __name__ == "__main__":
    usage.run("measure", main)

# SPDX-License-Identifier: Apache-2.0
"""One sample of any Google Benchmark program: a fresh process, pinned, with an environment of a length of its own, and what the machine
did to it meanwhile."""

import json
import os
import re
import resource
import select
import subprocess
from collections import namedtuple

import disturb
import names as naming
import process
import programs
import usage

LIMIT_S = 60  # one process may take that long
RUN_DELAY = 0.10  # a sample that waited for a processor for more than this share of its time is flagged
PAD = "GATE_PAD"  # environment variable whose length moves the stack

Ended = namedtuple("Ended", "status timed_out out err used run_delay_ns")


class Broken(usage.Stop):
    """A sample that is none: one line, and never a verdict."""


class Program:
    """words: its command. label: what messages call it. paths: programs that take turns in place of the first word (layouts). env: what
    its environment has beside the gate's own."""

    def __init__(self, words, label, paths=(), env=None):
        self.words, self.label, self.paths, self.env = list(words), label, list(paths), dict(env or {})
        self.context = None
        self._names = None

    def names(self):
        """{name: as Google Benchmark spells it}"""
        if self._names is None:
            ended = run(self.words + ["--benchmark_list_tests=true"], 30)
            lines = [line.strip() for line in ended.out.splitlines() if line.strip()]
            if ended.status or ended.timed_out:
                raise Broken("%s: can't list its benchmarks: %s" % (self.label, process.describe(_done(ended))))
            if not lines or any(line.startswith("-") for line in lines):
                raise Broken("%s: not a Google Benchmark program: it lists no benchmarks" % self.label)
            self._names = {naming.without_clock(line): line for line in lines}
        return self._names

    def sample(self, asked, min_time, cpus, chance):
        """Fields of the sample. chance: a random.Random that draws layout and padding."""
        layout, pad = chance.randrange(len(self.paths)) if self.paths else None, chance.randrange(4096)
        words = [self.paths[layout]] + self.words[1:] if self.paths else self.words
        answer = os.memfd_create("google_benchmark")  # its own stdout may belong to the workload
        watch = disturb.Watch()
        try:
            ended = run(words + ["--benchmark_filter=^%s$" % escaped(asked), "--benchmark_min_time=%g" % min_time, "--benchmark_repetitions=1",
                                 "--benchmark_out=/dev/fd/%d" % answer, "--benchmark_out_format=json"], LIMIT_S, cpus=cpus, keep=answer,
                        env=dict(os.environ, **self.env, **{PAD: "x" * pad}))
            seen = watch.read()
            text = _all_of(answer)
        finally:
            os.close(answer)
        wall = max(seen["wall_s"], 1e-9)
        sample = dict(seen, layout=layout, pad=pad, value=self._value(asked, ended, text), run_delay=round(ended.run_delay_ns / 1e9 / wall, 4),
                      involuntary=ended.used.ru_nivcsw, user_s=round(ended.used.ru_utime, 6), system_s=round(ended.used.ru_stime, 6))
        sample["contaminated"] = disturb.contaminated(sample) or sample["run_delay"] > RUN_DELAY
        return sample

    def _value(self, asked, ended, text):
        where = "%s: %s" % (self.label, naming.without_clock(asked))
        if ended.status or ended.timed_out:
            raise Broken("%s: %s" % (where, process.describe(_done(ended))))
        try:
            answer = json.loads(text)
            entries = [e for e in answer["benchmarks"] if e.get("run_type", "iteration") == "iteration"]
            entries[0]["name"]
        except (ValueError, KeyError, IndexError, TypeError):
            raise Broken("%s: no result in its JSON; is it a Google Benchmark program?" % where) from None
        failed = next((e for e in entries if e.get("error_occurred")), None)
        if failed:  # its exit status is 0 all the same
            raise Broken("%s: %s" % (where, failed.get("error_message") or "an error without a message"))
        if self.context is None:
            self.context = {k: v for k, v in answer.get("context", {}).items() if k not in ("host_name", "executable", "date", "load_avg")}
        values = sorted(self._one(e) for e in entries)
        if values[0] <= 0:
            raise Broken("%s: reports a time of %g" % (where, values[0]))
        return values[len(values) // 2]

    def _one(self, entry):
        """Nanoseconds: ours are per operation (bench/WORKLOADS.md), everybody's else real time per iteration."""
        if "weft_build_type" in self.context and entry.get("items_per_second"):
            return 1e9 / entry["items_per_second"]
        return float(entry["real_time"]) * programs._UNIT[entry.get("time_unit", "ns")]


def escaped(name):
    """For either kind of regular expression that Google Benchmark may have been built with."""
    return re.sub(r"([.\[\]{}()\\*+?|^$])", r"\\\1", name)


def _all_of(file):
    return os.pread(file, os.fstat(file).st_size, 0).decode("utf-8", "replace")


def _done(ended):
    return process.Done(ended.status, ended.out, ended.err, ended.timed_out)


def run(command, limit, cpus=None, env=None, keep=None, cwd=None):
    """To the end or the limit. While it is a zombie its time spent waiting for a processor can still be read, which process.run,
    with pipes and a wait of its own, has no place for."""
    out, err = os.memfd_create("stdout"), os.memfd_create("stderr")
    before = os.sched_getaffinity(0)
    try:
        if cpus:
            os.sched_setaffinity(0, cpus)  # inherited
        try:
            child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env, cwd=cwd, start_new_session=True,
                                     pass_fds=() if keep is None else (keep,))
        except OSError as error:
            raise Broken("%s: %s" % (command[0], usage.explain(OSError(error.errno, "")))) from None
        finally:
            os.sched_setaffinity(0, before)
        return _wait(child, limit, out, err)
    finally:
        os.close(out)
        os.close(err)


def _wait(child, limit, out, err):
    handle = os.pidfd_open(child.pid)
    try:
        over = not select.select([handle], [], [], limit)[0]
        if over:
            process.kill(child)
            select.select([handle], [], [], 30)
        delay = _run_delay(child.pid)
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        status = child.wait()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    except BaseException:
        process.kill(child)
        child.wait()
        raise
    finally:
        os.close(handle)
    spent = resource.struct_rusage([b - a for a, b in zip(used, after)])
    return Ended(status, over, _all_of(out), _all_of(err), spent, delay)


def _run_delay(pid):
    """Nanoseconds that the first thread was ready and had no processor; 0 where the kernel doesn't say."""
    try:
        with open("/proc/%d/schedstat" % pid, encoding="ascii") as stat:
            return int(stat.read().split()[1])
    except (OSError, IndexError, ValueError):
        return 0


def cpus_for(count):
    """The last of the allowed ones: the first has more of the machine's own work."""
    return set(sorted(os.sched_getaffinity(0))[-count:])

"""The programs that measure, and how each is asked for one sample in a fresh process.

Every program offers
  names()                       what it can measure: {name: how to ask for it}
  sample(name, min_time, limit) -> (fields of the sample, raw record or None)
and `raw`, the file its own output is kept in. `missing` says why one isn't there; nothing is left out in silence.
"""

import json
import os
import re
import shutil

import names as naming
import process

_STANDARD = {"name", "family_index", "per_family_instance_index", "run_name", "run_type", "repetitions",
             "repetition_index", "threads", "iterations", "real_time", "cpu_time", "time_unit", "items_per_second",
             "bytes_per_second", "error_occurred", "error_message", "label"}
_UNIT = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}


def failed(status, reason):
    return {"status": status, "reason": reason, "value": None, "checksum_ok": False if status == "error" else None}


def _number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _failure(done):
    return failed("timeout" if done.timed_out else "crash", process.describe(done))


class GoogleBenchmark:
    """weft_bench: everything written in C, weft's and pthread's alike, through the one shim."""
    raw = "google_benchmark.json"
    source = "google_benchmark"

    def __init__(self, path):
        self.path = path
        self.context = None

    def names(self):
        done = process.run([self.path, "--benchmark_list_tests=true"], 30)
        if done.status != 0:
            raise OSError("weft_bench can't list its benchmarks: " + process.describe(done))
        return {naming.strip(line): line.strip() for line in done.out.splitlines() if line.strip().count("/") >= 1}

    def sample(self, name, asked, min_time, limit):
        memory = os.memfd_create("google_benchmark")  # its own stdout may belong to the workload
        try:
            done = process.run([self.path, "--benchmark_filter=^" + re.escape(asked).replace("\\-", "-") + "$",
                                "--benchmark_min_time=%g" % min_time, "--benchmark_repetitions=1",
                                "--benchmark_out=/dev/fd/%d" % memory, "--benchmark_out_format=json"],
                               limit, pass_fds=(memory,))
            size = os.fstat(memory).st_size
            text = os.pread(memory, size, 0).decode("utf-8", "replace")
        finally:
            os.close(memory)
        if done.status != 0 or done.timed_out:
            return _failure(done), None
        try:
            answer = json.loads(text)
            entry = [b for b in answer["benchmarks"] if b.get("run_type", "iteration") == "iteration"][0]
        except (ValueError, KeyError, IndexError):
            return failed("crash", "no result in its JSON"), None
        for private in ("host_name", "executable"):
            answer.get("context", {}).pop(private, None)
        self.context = self.context or answer.get("context")
        return self._fields(entry), entry

    @staticmethod
    def _fields(entry):
        if entry.get("error_occurred"):
            return failed("error", entry.get("error_message") or "error without a message")
        counters = {k: v for k, v in entry.items() if k not in _STANDARD and _number(v)}
        items = entry.get("items_per_second")
        scale = _UNIT[entry.get("time_unit", "ns")]
        value = 1e9 / items if items else entry["real_time"] * scale
        per_item = value / (entry["real_time"] * scale) if entry["real_time"] else 1.0
        return {"status": "ok", "metric": "ns_per_op", "value": value, "checksum_ok": True,
                "cpu_ns_per_op": counters.pop("cpu_ns_per_op", entry.get("cpu_time", 0.0) * scale * per_item),
                "iterations": entry.get("iterations"), "counters": counters}


class LineProgram:
    """A peer's own program, baselines/<runtime>/<runtime>_bench: one JSON line per repetition."""
    raw = "peers.jsonl"
    source = "line"

    def __init__(self, path):
        self.path = path
        self.version = None

    def about(self):
        """{"version": …, "workers": …, …}: what it says of itself; nothing, where it doesn't."""
        done = process.run([self.path, "--about"], 30)
        try:
            found = json.loads(done.out)
            return {str(k): str(v) for k, v in found.items()} if done.status == 0 else {}
        except (ValueError, AttributeError):
            return {}

    def names(self):
        done = process.run([self.path, "--list"], 30)
        if done.status != 0:
            raise OSError("%s can't list its benchmarks: %s" % (os.path.basename(self.path), process.describe(done)))
        found = {}
        for line in done.out.splitlines():
            line = line.strip()
            name = json.loads(line)["name"] if line.startswith("{") else line
            if name.count("/") >= 1:
                found[naming.strip(name)] = name
        return found

    def sample(self, name, asked, min_time, limit):
        done = process.run([self.path, "--filter", "^" + re.escape(asked).replace("\\-", "-") + "$",
                            "--min-time", "%g" % min_time, "--repetitions", "1"], limit)
        if done.status != 0 and not done.out.strip() or done.timed_out:
            return _failure(done), None
        try:
            entry = json.loads([line for line in done.out.splitlines() if line.startswith("{")][-1])
        except (ValueError, IndexError):
            return failed("crash", "no JSON line in its output"), None
        self.version = self.version or next((v for k, v in entry.items() if k.endswith("_version")), None)
        if not entry.get("checksum_ok"):
            return failed("error", entry.get("error") or "wrong checksum"), entry
        items = entry.get("items_per_second")
        if not items:
            return failed("error", entry.get("error") or "no items_per_second"), entry
        iterations = entry.get("iterations") or 1
        counters = {k: v for k, v in entry.get("counters", {}).items() if _number(v)}
        counters.update({k: v for k, v in entry.items() if re.fullmatch(r"p\d+_ns", k) and _number(v)})
        cpu = entry.get("cpu_time_ns")
        real = entry.get("real_time_ns")
        return {"status": "ok", "metric": "ns_per_op", "value": 1e9 / items, "checksum_ok": True,
                "cpu_ns_per_op": cpu / real * 1e9 / items if cpu is not None and real else None,
                "iterations": iterations, "counters": counters}, entry


class Footprint:
    """Bytes per parked task. {name: command}; the task count and depth are part of the name."""
    raw = "footprint.jsonl"
    source = "footprint"

    def __init__(self, commands):
        self.commands = commands

    def names(self):
        return self.commands

    def sample(self, name, asked, min_time, limit):
        done = process.run(asked, limit)
        try:
            entry = json.loads([line for line in done.out.splitlines() if line.startswith("{")][-1])
        except (ValueError, IndexError):
            return _failure(done) if done.status or done.timed_out else failed("crash", "no JSON line"), None
        value = entry.get("bytes_per_task")
        if done.status != 0 or not entry.get("checksum_ok") or not _number(value):
            why = entry.get("error") or entry.get("reason") or (process.describe(done) if done.status else "wrong checksum")
            return failed("error", why), entry
        return {"status": "ok", "metric": "bytes_per_task", "value": float(value), "checksum_ok": True,
                "counters": {k: v for k, v in entry.items() if _number(v) and k != "bytes_per_task"}}, entry


class Hyperfine:
    """Whole programs, start and end included: hyperfine can't interleave, so it is asked for one run at a time."""
    raw = "hyperfine.jsonl"
    source = "hyperfine"

    def __init__(self, commands):
        self.commands = commands

    def names(self):
        return self.commands

    def sample(self, name, asked, min_time, limit):
        memory = os.memfd_create("hyperfine")
        try:
            done = process.run(["hyperfine", "-N", "--style", "none", "--runs", "1", "--export-json",
                                "/dev/fd/%d" % memory, " ".join(asked)], limit, pass_fds=(memory,))
            text = os.pread(memory, os.fstat(memory).st_size, 0).decode("utf-8", "replace")
        finally:
            os.close(memory)
        if done.status != 0 or done.timed_out:
            return _failure(done), None
        entry = json.loads(text)["results"][0]
        entry["command"] = os.path.basename(asked[0]) + "".join(" " + w for w in asked[1:])
        return {"status": "ok", "metric": "ns_per_run", "value": entry["times"][0] * 1e9, "checksum_ok": None,
                "counters": {"user_s": entry["user"], "system_s": entry["system"]}}, entry


def footprint_commands(build, counts, depths, thread_limit, memory):
    """Weft, pthreads and Go at the same numbers of parked tasks. Threads are made up to a limit only, and nothing that would
    need more than half of the memory that is free."""
    weft = os.path.join(build, "bench", "weft_footprint")
    go = os.path.join(build, "baselines", "go", "go_bench")
    ways = (("weft", weft, ["--runtime", "weft", "--n"], 5000), ("pthread", weft, ["--runtime", "pthread", "--n"], 37000),
            ("go", go, ["--footprint"], 3000))
    commands, omitted = {}, []
    for n in counts:
        for depth in depths:
            for runtime, program, arguments, each in ways:
                if not os.access(program, os.X_OK):
                    continue
                name = "footprint/%s/n:%d" % (runtime, n) + ("/depth:%d" % depth if depth else "")
                needed = n * (each + 3 * depth)
                if runtime == "pthread" and n > thread_limit:
                    omitted.append({"name": name, "reason": "threads are made up to %d in this mode" % thread_limit})
                elif needed > memory / 2:
                    omitted.append({"name": name, "reason": "needs about %.1f GiB; %.1f are free" % (needed / 2 ** 30, memory / 2 ** 30)})
                else:
                    commands[name] = [program] + arguments + [str(n)] + (["--depth", str(depth)] if depth else [])
    return commands, omitted


def whole_programs(build):
    """The literal alphabet programs."""
    commands = {}
    bench = os.path.join(build, "bench")
    for procs in (1, 2):
        for runtime, path in (("weft", os.path.join(bench, "weft_alphabet")),
                              ("go", os.path.join(build, "baselines", "go", "go_alphabet"))):
            if os.access(path, os.X_OK):
                commands["alphabet_program/%s/procs:%d" % (runtime, procs)] = [path, "--procs", str(procs)]
    path = os.path.join(bench, "pthread_alphabet")
    if os.access(path, os.X_OK):
        commands["alphabet_program/pthread"] = [path]
    return commands


def discover(build, footprint):
    """(programs, omitted): everything that was built, and a reason for what was not; but for the optional runtimes (peers.py)."""
    programs, omitted = [], []
    path = os.path.join(build, "bench", "weft_bench")
    if os.access(path, os.X_OK):
        programs.append(GoogleBenchmark(path))
    else:
        omitted.append({"name": "*/weft, */pthread", "reason": "bench/weft_bench was not built"})
    go = os.path.join(build, "baselines", "go", "go_bench")
    if os.access(go, os.X_OK):
        programs.append(LineProgram(go))
    else:
        omitted.append({"name": "*/go", "reason": "no go on PATH (Debian: golang-go)" if not shutil.which("go")
                        else "baselines/go/go_bench was not built"})
    programs.append(Footprint(footprint))
    if not footprint:
        omitted.append({"name": "footprint/*", "reason": "bench/weft_footprint was not built"})
    whole = whole_programs(build)
    if not whole:
        omitted.append({"name": "alphabet_program/*", "reason": "bench/weft_alphabet was not built"})
    elif not shutil.which("hyperfine"):
        omitted.append({"name": "alphabet_program/*", "reason": "hyperfine is not installed"})
    else:
        programs.append(Hyperfine(whole))
    return programs, omitted


def counters(build):
    """What bench/weft_counters says about this machine, or a reason why it says nothing."""
    path = os.path.join(build, "bench", "weft_counters")
    if not os.access(path, os.X_OK):
        return {"status": "bench/weft_counters was not built"}
    try:
        done = process.run([path], 20)
        return json.loads(done.out)
    except (OSError, ValueError):
        return {"status": "weft_counters gave no JSON"}

"""A stand-in for build/release: programs that answer as the real ones do, at once, with figures known beforehand.

    fake_tree.py DIR [--mischief]      makes the tree; with mischief also benchmarks that fail in every way
"""

import os
import stat
import sys

BENCH = r'''#!/usr/bin/python3
import json, os, random, re, sys, time
FIGURES = %(figures)r
options = dict(a[2:].split("=", 1) for a in sys.argv[1:] if a.startswith("--") and "=" in a)
names = [n + "/manual_time/process_time" for n in FIGURES]
if "benchmark_list_tests" in options:
    print("\n".join(names)); sys.exit(0)
out = []
for full in names:
    if not re.search(options.get("benchmark_filter", "."), full): continue
    ns = FIGURES[full.split("/manual_time")[0]]
    entry = {"name": full, "run_name": full, "run_type": "iteration", "repetitions": 1, "repetition_index": 0, "threads": 1,
             "iterations": 1000, "real_time": 0.0, "cpu_time": 0.0, "time_unit": "ns"}
    if ns == "wrong": entry.update(error_occurred=True, error_message="checksum 41, expected 42")
    elif ns == "crash": os.abort()
    elif ns == "hang": time.sleep(100)
    elif ns == "fill":
        with open(os.environ["FAKE_FILL"], "wb") as hole:
            while True: hole.write(b"x" * 65536); hole.flush()
    else:
        ns *= random.lognormvariate(0, 0.04)
        entry.update(real_time=ns, cpu_time=ns, items_per_second=1e9 / ns, voluntary_per_op=0.01, cpu_ns_per_op=ns * 1.5)
    out.append(entry)
time.sleep(float(os.environ.get("FAKE_DELAY", "0")))
json.dump({"context": {"host_name": "secret", "executable": "/secret", "library_build_type": "debug", "weft_build_type": "Release"},
           "benchmarks": out}, open(options["benchmark_out"], "w"))
'''

GO = r'''#!/usr/bin/python3
import json, random, re, sys
FIGURES = %(figures)r
if "--list" in sys.argv: print("\n".join(FIGURES)); sys.exit(0)
def value(flag, default=None): return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else default
if "--footprint" in sys.argv:
    print(json.dumps({"name": "footprint/go", "bytes_per_task": 2690 + random.randrange(5), "checksum_ok": True})); sys.exit(0)
for name, ns in FIGURES.items():
    if re.search(value("--filter", "."), name):
        ns *= random.lognormvariate(0, 0.04)
        print(json.dumps({"name": name, "repetition": 0, "iterations": 10, "real_time_ns": ns * 10, "cpu_time_ns": ns * 10,
                          "items_per_second": 1e9 / ns, "checksum_ok": True, "go_version": "go1.19.8"}))
'''

FOOTPRINT = r'''#!/usr/bin/python3
import json, random, sys
def value(flag, default=None): return sys.argv[sys.argv.index(flag) + 1] if flag in sys.argv else default
small = {"weft": 4700, "pthread": 32260}[value("--runtime")]
print(json.dumps({"name": "footprint", "bytes_per_task": small + random.randrange(9), "rss": 1 << 20, "page_tables": 1 << 12,
                  "checksum_ok": True}))
'''

COUNTERS = r'''#!/bin/sh
echo '{"summary":"n/a (no PMU: ENOENT)","events":[{"name":"cycles_user","value":null,"source":"none","status":"no_pmu","errno":"ENOENT"}]}'
'''

C_FIGURES = {
    "spawn/weft/procs:1": 14.0, "spawn/weft/procs:2": 18.0, "spawn/pthread": 19800.0, "spawn/pthread/stack_16k": 15100.0,
    "spawn/pthread/pool": 210.0, "yield/weft/procs:1/tasks:2": 5.1, "yield/weft/procs:2/tasks:2": 6.2,
    "yield/pthread/same_core/tasks:2": 1311.0, "pingpong/weft/procs:1": 30.0, "pingpong/weft/procs:2": 34.0,
    "pingpong/pthread/futex/same_core": 3990.0, "pingpong/pthread/condvar/same_core": 5200.0,
    "pingpong/pthread/futex/cross_core": 59000.0, "pingpong/pthread/spin/cross_core": 25.0, "mutex/weft/procs:1": 10.0,
    "mutex/weft/procs:2": 25.0, "mutex/pthread": 12.9, "fib/weft/procs:1": 150.0,
}
GO_FIGURES = {"spawn/go/procs:1": 205.0, "spawn/go/procs:2": 220.0, "yield/go/procs:1/tasks:2": 88.0,
              "yield/go/procs:2/tasks:2": 97.0, "pingpong/go/procs:1": 314.0, "pingpong/go/procs:2": 287.0,
              "mutex/go/procs:1": 11.8, "mutex/go/procs:2": 25.2}
PEER = r'''#!/usr/bin/python3
import json, sys
NAME = %(name)r
if "--about" in sys.argv: print(json.dumps({"version": NAME + " 7.1", "workers": "as procs:N says", "stack": "4 KiB", "allocator": "its own"}))
elif "--list" in sys.argv: print("mutex/" + NAME + "/procs:1")
else: print(json.dumps({"name": "mutex/" + NAME + "/procs:1", "iterations": 1, "real_time_ns": 20.0, "cpu_time_ns": 20.0, "items_per_second": 5e7,
                        "checksum_ok": True}))
'''
MISCHIEF = {"select/weft/procs:1": "wrong", "select/weft/procs:2": "crash"}


def put(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


def make(root, extra=None, go=True):
    figures = dict(C_FIGURES, **(extra or {}))
    put(os.path.join(root, "bench", "weft_bench"), BENCH % {"figures": figures})
    put(os.path.join(root, "bench", "weft_footprint"), FOOTPRINT)
    put(os.path.join(root, "bench", "weft_counters"), COUNTERS)
    put(os.path.join(root, "bench", "weft_alphabet"), "#!/bin/sh\necho\n")
    put(os.path.join(root, "bench", "pthread_alphabet"), "#!/bin/sh\necho\n")
    if go:
        put(os.path.join(root, "baselines", "go", "go_bench"), GO % {"figures": GO_FIGURES})
    return root


def add_peers(root):
    """An optional runtime, one that CMake found missing, one that is killed when asked, and one that nobody built."""
    baselines = os.path.join(root, "baselines")
    put(os.path.join(baselines, "fibers", "fibers_bench"), PEER % {"name": "fibers"})
    put(os.path.join(baselines, "missing", "absent"), "no missing compiler (Debian: missing)\n")
    put(os.path.join(baselines, "broken", "broken_bench"), "#!/bin/sh\nkill -SEGV $$\n")
    os.makedirs(os.path.join(baselines, "unbuilt"))


if __name__ == "__main__":
    make(sys.argv[1], MISCHIEF if "--mischief" in sys.argv else None)

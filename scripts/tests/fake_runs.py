"""Runs' folders with figures known beforehand, as scripts/measure writes them but without measuring."""

import json
import os

MACHINE = {
    "schema": 1, "command": "scripts/measure --quick", "peers": {"go": {"version": "go1.26.8"}, "pthread": {"library": "glibc 2.36"}},
    "before": {"loadavg": "0.00", "psi": {"cpu": "not exposed"}}, "after": {"loadavg": "0.00", "psi": {"cpu": "not exposed"}},
    "fitness": {"warnings": []}, "build": {"type": "Release", "compiler": "cc 12.2.0", "flags": "-O2"}, "omitted": [], "workloads": {},
    "hardware": {"cpu": "Fake \"CPU\"", "architecture": "x86_64", "cpus_online": 2, "affinity": [0, 1], "smt": "off", "caches": ["L1d 32K"],
                 "governor": "not exposed", "boost": "not exposed", "hypervisor": "KVM", "cgroup_cpu_quota": "none", "kernel": "6.1.0 #1",
                 "distribution": "Debian", "clocksource": "tsc", "mitigations": {}, "memory": {"total_bytes": 1 << 34, "swap_bytes": 0},
                 "family_model_stepping": "1/2/3", "microcode": "0x1", "transparent_hugepages": "madvise", "vm.max_map_count": "65530",
                 "vm.overcommit_memory": "0", "kernel.threads-max": "1000"},
    "run": {"mode": "quick", "seed": 1, "seconds": 1.0, "min_time_s": 0.01, "interrupted": False, "filter": None},
}


def sample(name, round_, value, **more):
    metric = "bytes_per_task" if name.startswith("footprint/") else "ns_per_op"
    return dict({"name": name, "round": round_, "order": 0, "source": "line", "metric": metric, "value": value, "status": "ok", "reason": None,
                 "checksum_ok": True, "cpu_ns_per_op": value, "iterations": 10, "counters": {}, "steal": 0.0, "others": 0.0}, **more)


def failed(name, round_):
    return sample(name, round_, None, status="error", reason="checksum 41, expected 42", checksum_ok=False)


def make(parent, day, figures, hardware=None, dirty=False, samples=None):
    """A folder for the run of the day-th day. figures: {name: value}, three samples each; or samples as they are. Returns its path."""
    date = "2026-%02d-%02d 12:00 UTC" % (1 + day // 28, 1 + day % 28)
    commit = "%040x" % (0xabc0000000 + day)
    short = commit[-10:] + ("-dirty" if dirty else "")
    name = "%s-fake-2cpu-%s" % (date[:10], short)
    path = os.path.join(parent, name)
    os.makedirs(path)
    machine = dict(MACHINE, name=name, date=date, source={"commit": commit, "short": short, "dirty": dirty},
                   hardware=dict(MACHINE["hardware"], **(hardware or {})))
    if samples is None:
        samples = [sample(n, r, v * (1 + 0.001 * r)) for r in range(3) for n, v in figures.items()]
    rounds = 1 + max(s["round"] for s in samples)
    machine["run"] = dict(MACHINE["run"], samples=len(samples), rounds=rounds, rounds_planned=rounds)
    with open(os.path.join(path, "machine.json"), "w", encoding="utf-8") as out:
        json.dump(machine, out)
    with open(os.path.join(path, "samples.jsonl"), "w", encoding="utf-8") as out:
        out.writelines(json.dumps(s) + "\n" for s in samples)
    return path

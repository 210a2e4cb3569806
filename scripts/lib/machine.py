"""What the machine, the build and the peers are: everything a reader needs to judge or repeat a run.

No host name, no user name, no path outside the repository goes into it. What can't be read is said to be "not exposed".
"""

import glob
import os
import platform
import re
import shutil
import subprocess
import time

NOT_EXPOSED = "not exposed"


def _read(path, default=None):
    try:
        with open(path, encoding="utf-8", errors="replace") as text:
            return text.read().strip()
    except OSError:
        return default


def _output(*command):
    """First line of a command's output, or None."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=10, text=True, errors="replace")
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else None


def _cpuinfo():
    info = {}
    for line in (_read("/proc/cpuinfo") or "").splitlines():
        key, colon, value = line.partition(":")
        if colon:
            info.setdefault(key.strip(), value.strip())
    return info


def _caches():
    out = []
    for index in sorted(glob.glob("/sys/devices/system/cpu/cpu0/cache/index*")):
        kind = {"Data": "d", "Instruction": "i"}.get(_read(index + "/type"), "")
        out.append("L%s%s %s, shared by CPUs %s" % (_read(index + "/level"), kind, _read(index + "/size"),
                                                    _read(index + "/shared_cpu_list")))
    return out or NOT_EXPOSED


def _hypervisor(info):
    if "hypervisor" not in info.get("flags", "").split():
        return "none seen" if info.get("flags") else NOT_EXPOSED
    line = next((l for l in (_lscpu() or "").splitlines() if l.startswith("Hypervisor vendor")), "")
    return line.partition(":")[2].strip() or "yes, vendor not exposed"


def _lscpu():
    try:
        return subprocess.run(["lscpu"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=10, text=True,
                              env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"}).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None


def _quota():
    """CPUs that the tightest cgroup of all ancestors allows, or None."""
    tightest = None
    for line in (_read("/proc/self/cgroup") or "").splitlines():
        _, controllers, path = line.split(":", 2)
        v2 = controllers == ""
        if not v2 and "cpu" not in controllers.split(","):
            continue
        roots = ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") if v2 else ("/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/cpu")
        while True:
            for root in roots:
                if v2:
                    quota, _, period = (_read(root + path + "/cpu.max") or "max").partition(" ")
                else:
                    quota = _read(root + path + "/cpu.cfs_quota_us") or "max"
                    period = _read(root + path + "/cpu.cfs_period_us") or ""
                if quota.isdigit() and period.isdigit() and int(period):
                    cpus = int(quota) / int(period)
                    tightest = cpus if tightest is None else min(tightest, cpus)
            if path in ("/", ""):
                break
            path = os.path.dirname(path)
    return tightest


def memory():
    kib = {k: int(v) for k, v in re.findall(r"^(\w+):\s+(\d+) kB", _read("/proc/meminfo") or "", re.M)}
    return {"total_bytes": kib.get("MemTotal", 0) << 10, "available_bytes": kib.get("MemAvailable", 0) << 10,
            "swap_bytes": kib.get("SwapTotal", 0) << 10}


def pressure():
    """PSI, steal and load at this moment; taken before and after a run."""
    psi = {}
    for what in ("cpu", "memory", "io"):
        text = _read("/proc/pressure/" + what)
        psi[what] = text.splitlines()[0] if text else NOT_EXPOSED
    cpu = [int(x) for x in (_read("/proc/stat") or "cpu 0").splitlines()[0].split()[1:]]
    return {"psi": psi, "loadavg": _read("/proc/loadavg", NOT_EXPOSED),
            "steal_ticks": cpu[7] if len(cpu) > 7 else None, "all_ticks": sum(cpu[:8])}


def steal_share(before, after):
    ticks = after["all_ticks"] - before["all_ticks"]
    return None if not ticks or after["steal_ticks"] is None else (after["steal_ticks"] - before["steal_ticks"]) / ticks


def hardware():
    info = _cpuinfo()
    vulnerabilities = "/sys/devices/system/cpu/vulnerabilities/"
    smt = _read("/sys/devices/system/cpu/smt/active")
    governor = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", NOT_EXPOSED)
    names = sorted(os.listdir(vulnerabilities)) if os.path.isdir(vulnerabilities) else []
    quota = _quota()
    release = dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', _read("/etc/os-release") or "", re.M))
    return {
        "cpu": info.get("model name") or info.get("CPU part") or platform.machine(),
        "architecture": platform.machine(),
        "family_model_stepping": "/".join(info.get(k, "?") for k in ("cpu family", "model", "stepping")),
        "microcode": info.get("microcode", NOT_EXPOSED),
        "mhz_now": info.get("cpu MHz", NOT_EXPOSED),
        "cpus_online": os.cpu_count(),
        "affinity": sorted(os.sched_getaffinity(0)),
        "smt": {"1": "on", "0": "off"}.get(smt, NOT_EXPOSED),
        "caches": _caches(),
        "governor": governor,
        "boost": _read("/sys/devices/system/cpu/cpufreq/boost", NOT_EXPOSED),
        "hypervisor": _hypervisor(info),
        "cgroup_cpu_quota": "none" if quota is None else "%g CPUs" % quota,
        "memory": memory(),
        "kernel": "%s %s" % (platform.release(), platform.version()),
        "distribution": release.get("PRETTY_NAME", NOT_EXPOSED),
        "clocksource": _read("/sys/devices/system/clocksource/clocksource0/current_clocksource", NOT_EXPOSED),
        "mitigations": {name: _read(vulnerabilities + name, NOT_EXPOSED) for name in names} or NOT_EXPOSED,
        "transparent_hugepages": _read("/sys/kernel/mm/transparent_hugepage/enabled", NOT_EXPOSED),
        "vm.max_map_count": _read("/proc/sys/vm/max_map_count", NOT_EXPOSED),
        "vm.overcommit_memory": _read("/proc/sys/vm/overcommit_memory", NOT_EXPOSED),
        "kernel.threads-max": _read("/proc/sys/kernel/threads-max", NOT_EXPOSED),
    }


def source(root):
    """Commit and dirty flag; results/ doesn't count, since a run writes there itself."""
    def git(*arguments):
        try:
            done = subprocess.run(("git", "-C", root) + arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                  stdin=subprocess.DEVNULL, timeout=20, text=True)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() if done.returncode == 0 else None
    commit = git("rev-parse", "HEAD")
    if commit is None:
        return {"commit": None, "dirty": None, "short": "nogit"}
    dirty = bool(git("status", "--porcelain", "--", ".", ":(exclude)results"))
    return {"commit": commit, "dirty": dirty, "short": commit[:10] + ("-dirty" if dirty else "")}


def _cache_variables(build):
    return dict(re.findall(r"^([\w-]+):\w+=(.*)$", _read(os.path.join(build, "CMakeCache.txt")) or "", re.M))


def build(root, folder):
    """Compiler and flags, as the build folder itself records them."""
    cache = _cache_variables(folder)
    compiler = cache.get("CMAKE_C_COMPILER")
    kind = cache.get("CMAKE_BUILD_TYPE", "")
    flags = " ".join(filter(None, (cache.get("CMAKE_C_FLAGS"), cache.get("CMAKE_C_FLAGS_" + kind.upper()))))
    out = {"type": kind or NOT_EXPOSED, "compiler": (compiler and _output(compiler, "--version")) or NOT_EXPOSED,
           "flags": flags or NOT_EXPOSED}
    commands = _read(os.path.join(folder, "compile_commands.json")) or _read(os.path.join(folder, "build.ninja")) or ""
    line = re.search(r'"command": "([^"\n]*sched/proc\.c[^"\n]*)"', commands)
    if line:
        words = [w for w in line.group(1).split()[1:] if w.startswith(("-f", "-m", "-O", "-std", "-D", "-g", "-z"))]
        out["flags"] = " ".join(w for w in words if root not in w)  # the cache's are not what CMakeLists.txt makes of them
    return out


def peers(root, go_version=None):
    """Each peer's version and tuning."""
    soft = _output("sh", "-c", "ulimit -s")
    go = go_version or (_output("go", "version") if shutil.which("go") else None)
    package = _output("dpkg-query", "-W", "-f", "${Version}", "libbenchmark-dev")
    return {
        "pthread": {"library": " ".join(platform.libc_ver()), "stack": "%s KiB by default" % soft if soft else NOT_EXPOSED,
                    "allocator": "the C library's malloc", "workers": "one thread per task"},
        "go": {"version": go or "not installed", "GOMAXPROCS": "as procs:N says", "GOGC": os.environ.get("GOGC", "default"),
               "stack": "2 KiB, grows by copying", "allocator": "Go's"},
        "google_benchmark": {"version": package or NOT_EXPOSED},
        "hyperfine": {"version": (_output("hyperfine", "--version") or NOT_EXPOSED)},
    }


def slug(hardware_):
    """A machine's short name for folders: the CPU and how many of them."""
    words = re.sub(r"\((r|tm)\)|\bcpu\b|\bprocessor\b|@.*|\d+-core", " ", hardware_["cpu"].lower())
    words = re.sub(r"[^a-z0-9]+", "-", words).strip("-")
    return "%s-%dcpu" % (words[:32].strip("-") or "unknown", hardware_["cpus_online"])


def fitness(seconds=1.0):
    """The machine check: is it quiet enough to be believed? Warnings, never a refusal; the report shows them."""
    from disturb import Watch
    watch = Watch()
    time.sleep(seconds)
    seen = watch.read()
    warnings = []
    if seen["others"] > 0.05:
        warnings.append("other processes use %.0f %% of the machine" % (100 * seen["others"]))
    if seen["steal"] > 0.01:
        warnings.append("the hypervisor takes %.1f %% of the machine for others" % (100 * seen["steal"]))
    governor = _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor not in (None, "performance"):
        warnings.append("the frequency governor is '%s'" % governor)
    if len(os.sched_getaffinity(0)) < (os.cpu_count() or 1):
        warnings.append("only %d of %d CPUs may be used" % (len(os.sched_getaffinity(0)), os.cpu_count()))
    if memory()["available_bytes"] < (1 << 30):
        warnings.append("less than 1 GiB of memory is available")
    return {"idle_second": seen, "warnings": warnings}

"""A run's folder, read and checked: whoever prints, exports or indexes a run gets it from here, or one line that says what is wrong.

A folder of another schema, or one whose files were cut short, is refused as a whole: half of a run is no run.
"""

import calendar
import json
import math
import os
import time

import gate_calibrate
import samples
import summary
import usage

SCHEMA = 1
CLAIMS = "claims.html"  # what scripts/claims writes beside the report
METRICS = ("ns_per_op", "bytes_per_task", "ns_per_run")
# What a page can't be written without; everything else may be missing.
NEEDED = ("name", "date", "command", "peers", "before.loadavg", "before.psi.cpu", "after.loadavg", "after.psi.cpu", "fitness.warnings",
          "hardware.cpu", "hardware.architecture", "hardware.cpus_online", "hardware.affinity", "hardware.smt", "hardware.caches",
          "hardware.governor", "hardware.boost", "hardware.hypervisor", "hardware.cgroup_cpu_quota", "hardware.kernel",
          "hardware.distribution", "hardware.clocksource", "hardware.mitigations", "hardware.memory.total_bytes",
          "hardware.memory.swap_bytes", "hardware.family_model_stepping", "hardware.microcode", "hardware.transparent_hugepages",
          "hardware.vm\\.max_map_count", "hardware.vm\\.overcommit_memory", "hardware.kernel\\.threads-max", "source.commit",
          "source.dirty", "source.short", "build.type", "build.compiler", "build.flags", "run.mode", "run.seed", "run.rounds",
          "run.seconds", "run.min_time_s")


class Loaded:
    """A run's folder, read. Raises usage.Stop where it isn't a whole run that this version knows."""

    def __init__(self, path):
        self.path = path
        try:
            self.machine = _machine(os.path.join(path, "machine.json"))
            self.samples = samples.read(os.path.join(path, samples.FILE))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise usage.Stop("%s is not a run's folder: no %s" % (path, os.path.basename(error.filename))) from None
        except ValueError as error:
            raise usage.Stop("%s: %s" % (path, error)) from None
        self.name = self.machine["name"]  # not the folder's: that may get a number, or be renamed
        self.claims = CLAIMS if os.path.exists(os.path.join(path, CLAIMS)) else None
        try:
            _check(self.samples, self.machine)
            self.summary = summary.summarize(self.samples, self.machine)
        except ValueError as error:
            raise usage.Stop("%s: %s" % (path, error)) from None


def _machine(path):
    with open(path, encoding="utf-8") as text:
        try:
            found = json.load(text)
        except ValueError as error:
            raise ValueError("machine.json is not whole: %s" % error) from None
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema != SCHEMA:
        raise ValueError("machine.json has schema %s; this version reads %d" % (schema, SCHEMA))
    for path in NEEDED:
        at = found
        for word in path.replace("\\.", "\0").split("."):
            word = word.replace("\0", ".")
            if not isinstance(at, dict) or word not in at:
                raise ValueError("machine.json has no %s" % path.replace("\\.", "."))
            at = at[word]
    return found


def _check(some, machine):
    if not some:
        raise ValueError("%s is empty" % samples.FILE)
    try:
        date(machine)
    except (ValueError, TypeError):
        raise ValueError("machine.json has no date such as 2026-01-31 23:59 UTC: %s" % machine["date"]) from None
    stated = machine["run"].get("samples")
    if stated is not None and stated != len(some):
        raise ValueError("%s has %d samples; machine.json says %d" % (samples.FILE, len(some), stated))
    for number, sample in enumerate(some, 1):
        value = sample.get("value")
        if sample["status"] != "ok":
            continue
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
            raise ValueError("%s:%d: a good sample of %s without a positive value" % (samples.FILE, number, sample["name"]))
        if sample.get("metric") not in METRICS:
            raise ValueError("%s:%d: %s has a metric that this version doesn't know: %s" % (samples.FILE, number, sample["name"], sample.get("metric")))


def date(machine):
    """Seconds since 1970."""
    return calendar.timegm(time.strptime(machine["date"], "%Y-%m-%d %H:%M UTC"))


def find(places):
    """The runs' folders among some paths, each a run's folder or one that has some in it; by name. Calibrations of the gate are none."""
    out = []
    for place in places:
        if os.path.exists(os.path.join(place, "machine.json")):
            out.append(place)
            continue
        try:
            inside = sorted(os.listdir(place))
        except (FileNotFoundError, NotADirectoryError):
            raise usage.Stop("%s is neither a run's folder nor a folder of them" % place) from None
        some = [os.path.join(place, name) for name in inside if not name.startswith((".", gate_calibrate.PREFIX))]
        some = [path for path in some if os.path.isdir(path)]
        if not some:
            raise usage.Stop("%s has no run in it" % place)
        out += some
    return list(dict.fromkeys(os.path.abspath(path) for path in out))

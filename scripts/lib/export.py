"""A run in other tools' formats. An exporter is a function from a run (runs.Loaded) to text; FORMATS has them all.

  benchstat    Go's benchmark format, a line a sample: benchstat compares two such files (go.dev/design/14313-benchmark-format)
  bencher      Bencher Metric Format, JSON: the median and its interval
  google       Google Benchmark's JSON, one median for each benchmark, as github-action-benchmark ("googlecpp") reads it
  csv          a line a sample (RFC 4180)
  openmetrics  OpenMetrics text, medians with their intervals and the ratios, in seconds and bytes, at the run's time

Benchmarks that failed, and samples that did, are in none of them: a reader of these formats takes any number for a figure.
"""

import csv as csv_
import io
import json

import disturb
import names as naming
import runs

GO_UNIT = {"ns_per_op": "ns/op", "ns_per_run": "ns/op", "bytes_per_task": "B/task"}
MEASURE = {"ns_per_op": "latency", "ns_per_run": "latency", "bytes_per_task": "bytes-per-task"}  # "latency" is Bencher's own, in ns


def good(run):
    return [s for s in run.samples if s["status"] == "ok"]


def figures(run):
    return [r for r in run.summary["rows"] if r["median"] is not None]


def _plain(number):
    """As short as it can be and still the same; never 1e-07 with a comma, an inf or a nan."""
    return repr(float(number)) if not float(number).is_integer() or abs(number) >= 1e15 else "%d" % number


# ---- benchstat ----

def _go_name(name):
    """BenchmarkPingpong/runtime=pthread/variant=futex,same_core/mode=latency-2: benchstat can sort, filter and pair by each key."""
    parsed = naming.parse(name)
    parts = ["Benchmark" + parsed.workload[:1].upper() + parsed.workload[1:], "runtime=" + parsed.runtime]
    if parsed.variant:
        parts.append("variant=" + parsed.variant.replace("/", ","))
    parts += ["%s=%s" % arg for arg in parsed.args]
    return "/".join(parts) + ("-%d" % parsed.procs if parsed.procs is not None else "")


def benchstat(run):
    h = run.machine["hardware"]
    out = ["%s: %s" % pair for pair in (("goos", "linux"), ("goarch", {"x86_64": "amd64", "aarch64": "arm64"}.get(h["architecture"], h["architecture"])),
                                        ("pkg", "weft"), ("cpu", "%s %s" % (h["cpu"], h["family_model_stepping"])))]
    out += ["# run %s, commit %s" % (run.name, run.machine["source"]["short"])]  # as keys they would keep two runs in tables of their own
    out += ["Unit B/task better=lower", "Unit cpu-ns/op better=lower"]
    for s in good(run):
        line = [_go_name(s["name"]), "%d" % (s.get("iterations") or 1), _plain(s["value"]), GO_UNIT[s["metric"]]]
        if s.get("cpu_ns_per_op"):
            line += [_plain(s["cpu_ns_per_op"]), "cpu-ns/op"]
        out.append(" ".join(line))
    return "\n".join(out) + "\n"


# ---- JSON ----

def bencher(run):
    out = {r["name"]: {MEASURE[r["metric"]]: {"value": r["median"], "lower_value": r["low"], "upper_value": r["high"]}} for r in figures(run)}
    return json.dumps(out, indent=1, sort_keys=True, allow_nan=False) + "\n"


def google(run):
    """Times alone: the format has no unit for bytes. Names as ours are, since history is kept by them."""
    context = {k: v for k, v in (run.machine.get("google_benchmark_context") or {}).items() if k not in ("host_name", "executable")}
    entries = []
    for index, r in enumerate(r for r in figures(run) if r["metric"] != "bytes_per_task"):
        entries.append({"name": r["name"], "family_index": index, "per_family_instance_index": 0, "run_name": r["name"], "run_type": "aggregate",
                        "aggregate_name": "median", "aggregate_unit": "time", "repetitions": r["n"], "threads": 1, "iterations": r["n"],
                        "real_time": r["median"], "cpu_time": r["median"] if r["cpu_ns_per_op"] is None else r["cpu_ns_per_op"], "time_unit": "ns"})
    return json.dumps({"context": dict(context, date=run.machine["date"]), "benchmarks": entries}, indent=1, allow_nan=False) + "\n"


# ---- CSV ----

COLUMNS = ("run", "date", "commit", "name", "workload", "runtime", "variant", "procs", "args", "round", "metric", "value", "cpu_ns_per_op", "disturbed")


def csv(run):
    out = io.StringIO()
    writer = csv_.writer(out)
    writer.writerow(COLUMNS)
    for s in good(run):
        parsed = naming.parse(s["name"])
        writer.writerow((run.name, run.machine["date"], run.machine["source"]["short"], s["name"], parsed.workload, parsed.runtime, parsed.variant,
                         "" if parsed.procs is None else parsed.procs, " ".join("%s:%s" % a for a in parsed.args), s["round"], s["metric"],
                         _plain(s["value"]), "" if s.get("cpu_ns_per_op") is None else _plain(s["cpu_ns_per_op"]), int(disturb.contaminated(s))))
    return out.getvalue()


# ---- OpenMetrics ----

def _labels(pairs):
    quoted = ((k, str(v).replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')) for k, v in pairs)
    return "{%s}" % ",".join('%s="%s"' % pair for pair in quoted)


def _of(row):
    return (("benchmark", row["name"]), ("workload", row["workload"]), ("runtime", row["runtime"]), ("variant", row["variant"]),
            ("procs", "" if row["procs"] is None else row["procs"]))


def openmetrics(run):
    when = runs.date(run.machine)
    out = []

    def family(name, unit, text, some):
        some = list(some)
        if some:
            out.append("# TYPE %s gauge" % name)
            if unit:
                out.append("# UNIT %s %s" % (name, unit))
            out.append("# HELP %s %s" % (name, text))
            out.extend("%s%s %s %d" % (name, labels, _plain(value), when) for labels, value in some)

    m = run.machine
    out += ["# TYPE weft_run info", "# HELP weft_run The run that these figures are of.",
            "weft_run_info%s 1 %d" % (_labels((("run", run.name), ("commit", m["source"]["short"]), ("cpu", m["hardware"]["cpu"]),
                                               ("cpus", m["hardware"]["cpus_online"]), ("kernel", m["hardware"]["kernel"].split()[0]),
                                               ("mode", m["run"]["mode"]))), when)]
    for key, what in (("median", "Median"), ("low", "Lower end of the median's interval"), ("high", "Upper end of the median's interval")):
        family("weft_benchmark_%s_seconds" % key, "seconds", what + " of the time per operation.",
               ((_labels(_of(r)), r[key] / 1e9) for r in figures(run) if r["metric"] != "bytes_per_task"))
        family("weft_benchmark_%s_bytes" % key, "bytes", what + " of the memory per parked task.",
               ((_labels(_of(r)), r[key]) for r in figures(run) if r["metric"] == "bytes_per_task"))
    family("weft_benchmark_ratio", "", "The rival's figure over Weft's; above 1 Weft is ahead.",
           ((_labels((("benchmark", c["weft"]), ("rival", c["rival"]), ("kind", c["kind"]))), c["ratio"]) for c in run.summary["comparisons"]))
    return "\n".join(out + ["# EOF"]) + "\n"


FORMATS = {"benchstat": benchstat, "bencher": bencher, "google": google, "csv": csv, "openmetrics": openmetrics}
